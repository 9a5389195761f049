#include "engine/model_card.h"

#include <gtest/gtest.h>

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

}  // namespace

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
