#include "engine/cache/result_key.h"

#include <set>

#include <gtest/gtest.h>

#include "engine/cache/head_identity.h"

namespace quern::engine {
namespace {

text::Encoding encoding(std::vector<text::TokenId> ids) {
  text::Encoding e;
  e.type_ids.assign(ids.size(), 0);
  e.ids = std::move(ids);
  return e;
}

}  // namespace

TEST(result_key, is_the_same_for_what_has_the_same_result) {
  const ResultContext context = result_context("model", {});
  text::Encoding cut = encoding({1, 2});
  cut.n_dropped = 7;  // What was cut off is not seen.
  EXPECT_EQ(result_key(context, encoding({1, 2})), result_key(context, cut));
}

// Each difference that a forward pass sees makes another key.
TEST(result_key, differs_with_whatever_reaches_the_model) {
  std::set<ResultKey> keys;
  const auto add = [&](const ResultKey& key) { EXPECT_TRUE(keys.insert(key).second); };
  const ResultContext context = result_context("model", {});
  add(result_key(context, encoding({1, 2})));
  add(result_key(context, encoding({2, 1})));
  add(result_key(context, encoding({1, 2, 0})));
  add(result_key(context, encoding({})));
  text::Encoding e = encoding({1, 2});
  e.type_ids = {0, 1};
  add(result_key(context, e));
  e = encoding({1, 2});
  e.n_unpooled = 1;
  add(result_key(context, e));
  e = encoding({1, 2});
  e.n_unseen = 1;
  add(result_key(context, e));
  // One input's types are not another's ids: 1, 2 of types 0, 0 beside ids alone.
  e = encoding({1});
  e.type_ids = {2, 0, 0, 0, 0, 0};
  add(result_key(context, e));

  add(result_key(result_context("other model", {}), encoding({1, 2})));
  add(result_key(result_context("model", {.leaves_last_norm = true}), encoding({1, 2})));
  add(result_key(result_context("model", {.kind = OutputKind::kSparse}), encoding({1, 2})));
  add(result_key(result_context("model", {.kind = OutputKind::kRows}), encoding({1, 2})));
  add(result_key(result_context("model", {.kind = OutputKind::kLogits}), encoding({1, 2})));
  add(result_key(result_context("model", {.kind = OutputKind::kTags}), encoding({1, 2})));
}

TEST(head_identity, differs_with_each_fact_that_changes_bits) {
  std::set<std::string> seen;
  const auto add = [&](const formats::HeadFacts& head) {
    EXPECT_TRUE(seen.insert(head_identity(head)).second) << head_identity(head);
  };
  formats::HeadFacts head;
  head.n_values = 4;
  add(head);
  head.poolings = {formats::Pooling::kCls};
  add(head);
  head.poolings = {formats::Pooling::kCls, formats::Pooling::kMean};
  add(head);
  head.modules = {formats::normalize_module(4)};
  add(head);
  head.modules.push_back({.kind = formats::VectorModule::Kind::kDense, .n_in = 4, .n_out = 4});
  add(head);
  head.modules.back().activation = formats::HeadActivation::kTanh;
  add(head);
  head.modules.back().has_bias = true;
  add(head);
  head.sparse.emplace();
  add(head);
  head.sparse->sums = true;
  add(head);
  head.logit_score = formats::HeadFacts::LogitScore{.yes = 3};
  add(head);
  head.rows = formats::RowFacts{.n_values = 8};
  add(head);
  EXPECT_FALSE(has_weights_elsewhere(head));
  head.modules.back().folder = "2_Dense";
  EXPECT_TRUE(has_weights_elsewhere(head));
}

}  // namespace quern::engine
