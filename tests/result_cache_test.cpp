// Results that are kept are those that are computed, to the bit: every form of output, through the
// whole engine over the small models of tests/data.

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture_engine.h"

namespace quern {
namespace {

namespace fs = std::filesystem;
using engine::EngineOptions;
using engine::Outcome;
using engine::OutputKind;
using engine::Request;
using engine::Response;
using engine::Task;

const std::vector<std::string> kTexts = {"the cat sat on the mat", "a dog ran", "tax law",
                                         "the cat sat on the mat", "",          "hello, world"};

/// One way to ask a model for something.
struct Wish {
  const char* model;
  Task task = Task::kEmbed;
  std::optional<OutputKind> output = {};
  std::vector<int> dimensions = {0};
};

std::vector<Wish> wishes() {
  return {
      {.model = "tiny-mean-f32", .dimensions = {0, 1, 5, 16, 0}},
      {.model = "tiny-cls", .dimensions = {0, 3}},
      {.model = "tiny-st-chain", .dimensions = {0, 4}},
      {.model = "tiny-nli", .task = Task::kClassify},
      {.model = "tiny-splade", .output = OutputKind::kSparse},
      {.model = "tiny-m3"},
      {.model = "tiny-m3", .output = OutputKind::kSparse},
      {.model = "tiny-m3", .output = OutputKind::kRows},
      {.model = "tiny-late", .output = OutputKind::kRows},
      {.model = "tiny-tags", .task = Task::kTag},
  };
}

std::vector<Request> requests_of(const Wish& wish) {
  std::vector<Request> out;
  for (const int dimensions : wish.dimensions) {
    for (const bool normalize : {true, false}) {
      Request r = request_of(fixture_model(wish.model), kTexts);
      r.task = wish.task;
      r.output = wish.output;
      r.dimensions = dimensions;
      const bool has_length = wish.task == Task::kEmbed && wish.output != OutputKind::kSparse;
      if (has_length) r.normalize = normalize;
      out.push_back(r);
    }
  }
  return out;
}

void expect_same(const Response& got, const Response& want) {
  ASSERT_EQ(got.status.message(), want.status.message());
  ASSERT_EQ(got.outcomes.size(), want.outcomes.size());
  for (std::size_t i = 0; i < want.outcomes.size(); ++i) {
    const Outcome& a = got.outcomes[i];
    const Outcome& b = want.outcomes[i];
    EXPECT_EQ(a.status.message(), b.status.message());
    EXPECT_EQ(a.values, b.values) << i;  // To the bit: no number here is -0 or no number.
    EXPECT_EQ(a.ids, b.ids);
    EXPECT_EQ(a.spans, b.spans);
    EXPECT_EQ(a.n_tokens, b.n_tokens);
    EXPECT_EQ(a.n_dropped, b.n_dropped);
  }
}

EngineOptions keeping(const std::string& disk_folder = {}) {
  EngineOptions options{.precision = "f32", .results = engine::ResultCacheOptions{}};
  options.results->disk_folder = disk_folder;
  options.results->disk_bytes = disk_folder.empty() ? 0 : 64 << 20;
  return options;
}

}  // namespace

TEST(kept_results, have_the_bits_of_computed_ones_in_every_form_and_size) {
  const auto computing = make_test_engine();
  const auto keeps = make_test_engine(keeping());
  for (int round = 0; round < 2; ++round) {
    for (const Wish& wish : wishes()) {
      SCOPED_TRACE(wish.model);
      for (const Request& r : requests_of(wish)) expect_same(keeps->run(r), computing->run(r));
    }
  }
  const engine::ResultCacheStats stats = *keeps->stats().results;
  EXPECT_GT(stats.n_memory_hits, stats.n_misses);
  EXPECT_EQ(stats.n_unusable, 0);
  EXPECT_EQ(keeps->stats().n_texts, computing->stats().n_texts);
  EXPECT_LT(keeps->stats().n_tokens, computing->stats().n_tokens / 2);
}

TEST(kept_results, serve_rerank_and_pairs_too) {
  const auto computing = make_test_engine();
  const auto keeps = make_test_engine(keeping());
  for (int round = 0; round < 2; ++round) {
    for (const char* model : {"tiny-reranker", "tiny-late"}) {
      Request r = request_of(fixture_model(model), kTexts);
      r.task = Task::kRerank;
      r.query = "where is the cat?";
      expect_same(keeps->run(r), computing->run(r));
    }
    Request pairs = request_of(fixture_model("tiny-nli"), kTexts);
    pairs.task = Task::kClassify;
    for (auto& input : pairs.inputs) input.text_pair = "a pair";
    expect_same(keeps->run(pairs), computing->run(pairs));
  }
}

TEST(kept_results, survive_the_engine_on_disk_and_need_no_weights) {
  const cli::TempFolder folder;
  const auto computing = make_test_engine();
  {
    const auto first = make_test_engine(keeping(folder.file("cache")));
    for (const Wish& wish : wishes()) {
      for (const Request& r : requests_of(wish)) first->run(r);
    }
  }
  const auto second = make_test_engine(keeping(folder.file("cache")));
  for (const Wish& wish : wishes()) {
    SCOPED_TRACE(wish.model);
    for (const Request& r : requests_of(wish)) expect_same(second->run(r), computing->run(r));
  }
  const engine::ResultCacheStats stats = *second->stats().results;
  EXPECT_EQ(stats.n_misses, 0);
  EXPECT_GT(stats.n_disk_hits, 0);
  EXPECT_EQ(second->stats().n_batches, 0);
  for (const auto& tenant : second->stats().tenants) {
    EXPECT_FALSE(tenant.name.starts_with("weights/")) << tenant.name;
  }
}

// Files that are replaced, another precision, another pooling: nothing old comes out.
TEST(kept_results, are_never_those_of_another_model) {
  const cli::TempFolder folder;
  const std::string model = folder.file("model");
  const std::string cache = folder.file("cache");
  const auto run = [&](EngineOptions options) {
    const auto engine = make_test_engine(std::move(options));
    return engine->run(request_of(model, kTexts));
  };
  const auto expect_computed = [&](EngineOptions options) {
    EngineOptions computing = options;
    computing.results = std::nullopt;
    expect_same(run(options), run(computing));
    expect_same(run(std::move(options)), run(std::move(computing)));
  };
  fs::copy(fixture_model("tiny-mean-f32"), model, fs::copy_options::recursive);
  expect_computed(keeping(cache));
  EngineOptions pooled = keeping(cache);
  pooled.pooling = "cls";
  expect_computed(std::move(pooled));
  EngineOptions precise = keeping(cache);
  precise.precision = "int8";
  expect_computed(std::move(precise));

  // While an engine has it open: the next request is for the new files.
  const auto engine = make_test_engine(keeping(cache));
  const Response old = engine->run(request_of(model, kTexts));
  ASSERT_TRUE(old.status.ok()) << old.status.message();
  fs::remove_all(model);
  fs::copy(fixture_model("tiny-max"), model, fs::copy_options::recursive);
  const Response now = engine->run(request_of(model, kTexts));
  ASSERT_TRUE(now.status.ok()) << now.status.message();
  EXPECT_NE(now.outcomes[0].values, old.outcomes[0].values);
  expect_same(now, run({.precision = "f32"}));
  expect_computed(keeping(cache));
}

}  // namespace quern
