#include "engine/model_card.h"

#include <chrono>
#include <functional>

#include <gmock/gmock.h>

#include "formats/test_folder.h"

namespace quern::engine {
namespace {

ModelCard embedder(int n_values, int truncate_to) {
  EncoderFacts facts;
  facts.folder.config.n_positions = 100;
  facts.folder.max_tokens = 50;
  facts.folder.head.n_values = n_values;
  facts.folder.head.modules = {formats::normalize_module(n_values)};
  facts.folder.head.truncate_to = truncate_to;
  ModelCard card;
  card.name = "m";
  card.facts = std::move(facts);
  return card;
}

Plan plan_of(const ModelCard& card, int dimensions) {
  Request request;
  request.dimensions = dimensions;
  const Result<Plan> plan = plan_request(card, request);
  EXPECT_TRUE(plan.ok()) << plan.status().message();
  return plan.ok() ? *plan : Plan();
}

Status facts_with(const char* model, const std::function<void(formats::LateInteraction&)>& change) {
  formats::ModelFolder folder = *formats::read_model_folder(formats::fixture(model));
  change(*folder.head.rows->late);
  const auto encoder = text::TextEncoder::make(*formats::read_tokenizer(formats::fixture(model)));
  return encoder_facts(std::move(folder), *encoder).status();
}

}  // namespace

TEST(model_card, a_side_of_late_interaction_has_room_for_text) {
  const auto with = [](int query, int document) {
    return facts_with("tiny-late-pylate", [&](formats::LateInteraction& late) {
      late.query.max_tokens = query;
      late.document.max_tokens = document;
    });
  };
  // [CLS], the marker, [SEP].
  EXPECT_TRUE(with(4, 4).ok());
  EXPECT_TRUE(with(0, 0).ok());
  EXPECT_EQ(with(3, 4).code(), Code::kBadInput);
  EXPECT_THAT(with(3, 4).message(), testing::HasSubstr("queries get 3 tokens"));
  EXPECT_THAT(with(4, 3).message(), testing::HasSubstr("documents get 3 tokens"));
  const Status unmarked = facts_with("tiny-m3", [](formats::LateInteraction& late) {
    late.query.max_tokens = 3;
    late.document.max_tokens = 2;
  });
  EXPECT_THAT(unmarked.message(), testing::HasSubstr("documents get 2 tokens"));
}

TEST(model_card, tokens_to_skip_are_found_in_one_pass_over_the_vocabulary) {
  const std::string path = formats::fixture("tiny-late-pylate");
  text::TokenizerSpec spec = *formats::read_tokenizer(path);
  for (int i = 0; i < 200'000; ++i) spec.vocab.push_back("token" + std::to_string(1'000'000 + i));
  const Result<text::TextEncoder> encoder = text::TextEncoder::make(spec);
  ASSERT_TRUE(encoder.ok()) << encoder.status().message();
  formats::ModelFolder folder = *formats::read_model_folder(path);
  std::vector<std::string>& skipped = folder.head.rows->late->skipped;
  for (int i = 0; i < 40'000; ++i) skipped.push_back("token" + std::to_string(1'199'000 + i));
  const auto begin = std::chrono::steady_clock::now();
  const Result<EncoderFacts> facts = encoder_facts(std::move(folder), *encoder);
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_TRUE(facts.ok()) << facts.status().message();
  EXPECT_EQ(facts->ids.skipped.size(), 1000u + 2u);  // And the file's own, "," and ".".
  // Each word against each token are 8,000 million comparisons.
  EXPECT_LT(took, std::chrono::seconds(4));
}

TEST(model_card, a_models_own_truncation_cuts_and_a_request_overrides_it) {
  const ModelCard card = embedder(8, 4);
  EXPECT_EQ(info_from(card, {}).dims, 4);
  EXPECT_EQ(plan_of(card, 0).slice_to, 4);
  EXPECT_EQ(plan_of(card, 0).slice, Slice::kCutOnly);
  EXPECT_EQ(plan_of(card, 6).slice_to, 6);
  EXPECT_EQ(plan_of(card, 6).slice, Slice::kNormalize);
  EXPECT_EQ(plan_of(card, 8).slice_to, 0);  // The whole vector, of length 1 already.
}

TEST(model_card, a_role_finds_the_first_of_its_prompts_else_the_default) {
  ModelCard card = embedder(8, 0);
  formats::ModelFolder& folder = std::get<EncoderFacts>(card.facts).folder;
  folder.prompts = {{"passage", "p: "}, {"corpus", "c: "}, {"other", "o: "}};
  folder.default_prompt = "o: ";
  const auto prompt = [&](TextRole role) {
    Request request;
    request.role = role;
    return plan_request(card, request)->prompt;
  };
  EXPECT_EQ(prompt(TextRole::kAny), "o: ");
  EXPECT_EQ(prompt(TextRole::kQuery), "o: ");
  EXPECT_EQ(prompt(TextRole::kDocument), "p: ");
  folder.prompts["document"] = "";  // There, and empty.
  EXPECT_EQ(prompt(TextRole::kDocument), "");
}

TEST(model_card, without_truncation_the_vector_is_whole) {
  const ModelCard card = embedder(8, 0);
  EXPECT_EQ(info_from(card, {}).dims, 8);
  EXPECT_EQ(plan_of(card, 0).slice_to, 0);
}

TEST(model_card, a_generator_makes_neither_vectors_nor_labels) {
  ModelCard card;
  card.name = "m";
  card.facts = DecoderFacts();
  EXPECT_EQ(card.task(), Task::kGenerate);
  EXPECT_EQ(card.n_values(), 0);
  for (const Task task : {Task::kEmbed, Task::kClassify, Task::kGenerate}) {
    Request request;
    request.task = task;
    EXPECT_EQ(plan_request(card, request).status().message(),
              "model 'm' generates text, it cannot do what is asked");
  }
}

}  // namespace quern::engine
