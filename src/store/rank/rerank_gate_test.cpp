#include "store/rank/rerank_gate.h"

#include <vector>

#include <gtest/gtest.h>

namespace quern::store {
namespace {

/// Questions whose leads go from 0 to 1, of which reranking mends those below `mended_below`.
std::vector<GateQuery> questions(int n, double mended_below) {
  std::vector<GateQuery> out;
  for (int i = 0; i < n; ++i) {
    // 7 and 100 have no common factor: each fold has leads of all sizes.
    const double lead = (i * 7 % n) / static_cast<double>(n);
    out.push_back({.lead = lead, .fused = lead < mended_below ? 0.5 : 0.9, .reranked = 0.9});
  }
  return out;
}

}  // namespace

TEST(rerank_gate, those_that_lose_nothing_are_spared) {
  const auto gate = fit_rerank_gate(questions(100, 0.4));
  ASSERT_TRUE(gate.ok()) << gate.status().message();
  EXPECT_DOUBLE_EQ(gate->tau, 0.4);
  EXPECT_TRUE(gate->spares(0.4));
  EXPECT_FALSE(gate->spares(0.39));
  EXPECT_NEAR(gate->report.reranked, 0.9, 1e-12);
  EXPECT_GE(gate->report.gated, gate->report.reranked - kGateLoss);
  EXPECT_NEAR(gate->report.spared, 0.6, 0.02);
}

TEST(rerank_gate, who_agrees_on_nothing_is_reranked) {
  // All would gain, and the sides agree on none.
  std::vector<GateQuery> judged(50, {.lead = 0, .fused = 0.9, .reranked = 0.1});
  const auto gate = fit_rerank_gate(judged);
  ASSERT_TRUE(gate.ok());
  EXPECT_FALSE(gate->spares(1));
  EXPECT_EQ(gate->report.spared, 0);
}

TEST(rerank_gate, where_reranking_mends_everything_nothing_is_spared) {
  const auto gate = fit_rerank_gate(questions(100, 2));
  ASSERT_TRUE(gate.ok());
  EXPECT_FALSE(gate->spares(1));
}

// One fold in five has leads that mean nothing: what the others teach does not hold for it.
TEST(rerank_gate, what_the_folds_do_not_bear_out_is_not_kept) {
  std::vector<GateQuery> judged;
  for (int i = 0; i < 100; ++i) {
    const bool is_odd_one = i % 5 == 0;
    judged.push_back({.lead = 0.5, .fused = is_odd_one ? 0.1 : 0.95, .reranked = 0.9});
  }
  const auto gate = fit_rerank_gate(judged);
  ASSERT_TRUE(gate.ok());
  EXPECT_FALSE(gate->spares(1));
}

TEST(rerank_gate, of_few_questions_nothing_is_learnt) {
  EXPECT_EQ(fit_rerank_gate(questions(9, 0.4)).status().code(), Code::kBadInput);
}

TEST(rerank_gate, what_is_kept_comes_back_to_the_bit) {
  const RerankGate gate = *fit_rerank_gate(questions(100, 0.37));
  const auto back = gate_from_json(json_from_gate(gate));
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(back->tau, gate.tau);
  EXPECT_EQ(back->report.spared, gate.report.spared);
  EXPECT_EQ(json_from_gate(*back), json_from_gate(gate));
  const RerankGate none;
  EXPECT_FALSE(gate_from_json(json_from_gate(none))->spares(1));
  for (const char* text :
       {"", "[]", "{}", R"({"tau":0.5})", R"({"tau":"x","report":{}})", R"({"tau":-1,"report":{}})",
        R"({"tau":0,"report":{"queries":1,"fused":1,"reranked":1,"gated":1,"spared":1}})",
        R"({"tau":0.5,"report":{"queries":-1,"fused":1,"reranked":1,"gated":1,"spared":1}})",
        R"({"tau":0.5,"report":{"queries":1,"fused":1,"reranked":1,"gated":1}})"}) {
    EXPECT_FALSE(gate_from_json(text).ok()) << text;
  }
}

}  // namespace quern::store
