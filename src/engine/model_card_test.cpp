#include "engine/model_card.h"

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

ModelCard embedder(int n_values, int truncate_to) {
  ModelCard card;
  card.name = "m";
  card.folder.config.n_positions = 100;
  card.folder.max_tokens = 50;
  card.folder.head.n_values = n_values;
  card.folder.head.truncate_to = truncate_to;
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

TEST(model_card, without_truncation_the_vector_is_whole) {
  const ModelCard card = embedder(8, 0);
  EXPECT_EQ(info_from(card, {}).dims, 8);
  EXPECT_EQ(plan_of(card, 0).slice_to, 0);
}

}  // namespace quern::engine
