// Same text, same bits: a result does not depend on what else was in its batch, on the size of
// the batch, on the order, on the number of threads, or on who asked at the same time.

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

#include "fixture_engine.h"
#include "kernels/table.h"

namespace quern {
namespace {

// Plain kernels are a hundred times slower; fewer rounds there show as much.
bool on_plain_kernels() { return std::string_view(kernels::active().isa) == "plain"; }

using engine::Input;
using engine::Request;
using engine::Response;
using Values = std::vector<float>;

struct Case {
  std::string model;
  engine::Task task = engine::Task::kEmbed;
  std::string precision;
};

bool same_bits(const Values& a, const Values& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

std::string random_text(std::mt19937& random, int n_words) {
  static const char* const kWords[] = {"flow",  "over", "a",    "wing",    "boundary", "é",
                                       "layer", "2",    "文本", "surface", "unplayed", ","};
  std::string text;
  for (int i = 0; i < n_words; ++i) {
    text += kWords[random() % std::size(kWords)];
    text += ' ';
  }
  return text;
}

std::vector<Input> random_inputs(int n, int max_words, bool pairs) {
  std::mt19937 random(17);
  std::vector<Input> inputs(static_cast<std::size_t>(n));
  for (Input& input : inputs) {
    input.text = random_text(random, static_cast<int>(random() % (max_words + 1)));
    if (pairs && random() % 2 == 0) input.text_pair = random_text(random, 1 + random() % 20);
  }
  return inputs;
}

Request request_for(const Case& c, std::vector<Input> inputs) {
  Request request;
  request.model = c.model;
  request.task = c.task;
  request.inputs = std::move(inputs);
  return request;
}

// Each input alone, on one thread.
std::vector<Values> alone(const Case& c, const std::vector<Input>& inputs) {
  const auto engine =
      make_test_engine({.n_threads = 1, .precision = c.precision, .batch_tokens = 1});
  std::vector<Values> out;
  for (const Input& input : inputs) {
    const Response r = engine->run(request_for(c, {input}));
    EXPECT_TRUE(r.status.ok()) << r.status.message();
    if (!r.status.ok()) return {};
    out.push_back(r.outcomes[0].values);
  }
  return out;
}

// Random parts of the inputs in random order, from several threads at once.
int count_differences(engine::Engine& engine, const Case& c, const std::vector<Input>& inputs,
                      const std::vector<Values>& want, int n_rounds) {
  std::atomic<int> n_different{0};
  std::vector<std::thread> clients;
  for (unsigned client = 0; client < 3; ++client) {
    clients.emplace_back([&, client] {
      std::mt19937 random(client);
      for (int round = 0; round < n_rounds; ++round) {
        std::vector<std::size_t> picks(1 + random() % inputs.size());
        std::vector<Input> part;
        for (std::size_t& p : picks) {
          p = random() % inputs.size();
          part.push_back(inputs[p]);
        }
        Request request = request_for(c, part);
        request.work_class =
            client == 0 ? engine::WorkClass::kBulk : engine::WorkClass::kInteractive;
        const Response r = engine.run(std::move(request));
        for (std::size_t i = 0; i < picks.size(); ++i) {
          if (!r.status.ok() || !same_bits(r.outcomes.at(i).values, want[picks[i]])) ++n_different;
        }
      }
    });
  }
  for (std::thread& t : clients) t.join();
  return n_different;
}

void expect_same_bits(const Case& c, const std::vector<Input>& inputs, int n_rounds) {
  const std::vector<Values> want = alone(c, inputs);
  ASSERT_EQ(want.size(), inputs.size());
  for (const int n_threads : {1, 2, 3, 5}) {
    for (const int batch_tokens : {7, 150, 0}) {
      SCOPED_TRACE(c.model + " " + c.precision + ", threads " + std::to_string(n_threads) +
                   ", batch tokens " + std::to_string(batch_tokens));
      const auto engine = make_test_engine(
          {.n_threads = n_threads, .precision = c.precision, .batch_tokens = batch_tokens});
      EXPECT_EQ(count_differences(*engine, c, inputs, want, n_rounds), 0);
    }
  }
}

}  // namespace

TEST(same_text_same_bits, embeddings) {
  for (const char* precision : {"f32", "bf16", "int8"}) {
    for (const char* name : {"tiny-mean-f32", "tiny-cls", "tiny-max"}) {
      expect_same_bits({.model = fixture_model(name), .precision = precision},
                       random_inputs(40, 60, false), on_plain_kernels() ? 1 : 6);
    }
  }
}

TEST(same_text_same_bits, classifications) {
  for (const char* precision : {"f32", "bf16", "int8"}) {
    expect_same_bits({.model = fixture_model("tiny-nli"),
                      .task = engine::Task::kClassify,
                      .precision = precision},
                     random_inputs(40, 60, true), on_plain_kernels() ? 1 : 6);
  }
}

// Texts of several hundred tokens reach the tiles of attention that the small models cannot.
TEST(same_text_same_bits, long_texts_of_a_real_model) {
  if (on_plain_kernels()) GTEST_SKIP() << "minutes long on plain kernels";
  const char* shared = std::getenv("QUERN_SHARED");
  const std::string folder =
      (shared != nullptr ? std::string(shared) : QUERN_SOURCE_DIR "/../shared") +
      "/models/nli-minilm-l6";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no model at " << folder;
  const Case c = {.model = folder, .task = engine::Task::kClassify, .precision = "f32"};
  const std::vector<Input> inputs = random_inputs(6, 330, true);
  const std::vector<Values> want = alone(c, inputs);
  const auto engine = make_test_engine({.n_threads = 3, .precision = "f32"});
  EXPECT_EQ(count_differences(*engine, c, inputs, want, 1), 0);
}

}  // namespace quern
