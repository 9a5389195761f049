#include "store/rank/saved_fusion.h"

#include <string>

#include <gtest/gtest.h>

namespace quern::store {
namespace {

FusionFit fit() {
  FusionFit out{
      .choice = {.spec = {.kind = FusionKind::kZScore, .alpha = 0.1 + 0.2},
                 .fitted = LogisticModel()},
      .report = {.n_queries = 12, .lexical = 1.0 / 3, .dense = 0.25, .alpha = 0.5, .fitted = 0.75}};
  out.choice.fitted->bias = -1e-17;
  for (int i = 0; i < kFusionSignals; ++i) out.choice.fitted->weights.push_back(i / 7.0);
  return out;
}

std::string with(const std::string& from, const std::string& to) {
  std::string json = json_from_fusion(fit());
  const std::size_t at = json.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return json.replace(at, from.size(), to);
}

}  // namespace

TEST(saved_fusion, comes_back_to_the_bit) {
  const auto back = fusion_from_json(json_from_fusion(fit()));
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(back->choice.spec.alpha, 0.1 + 0.2);
  EXPECT_EQ(back->choice.spec.kind, FusionKind::kZScore);
  EXPECT_EQ(back->choice.fitted->weights, fit().choice.fitted->weights);
  EXPECT_EQ(back->choice.fitted->bias, -1e-17);
  EXPECT_EQ(back->report.n_queries, 12u);
  EXPECT_EQ(back->report.lexical, 1.0 / 3);
  FusionFit plain = fit();
  plain.choice.fitted.reset();
  EXPECT_FALSE(fusion_from_json(json_from_fusion(plain))->choice.fitted.has_value());
}

TEST(saved_fusion, what_cannot_be_is_refused) {
  for (const std::string& json :
       {std::string(), std::string("[]"), std::string("{}"), with("\"alpha\"", "\"beta\""),
        with("\"zscore\"", "\"zs\""), with("\"zscore\"", "7"), with("0.30000000000000004", "1.5"),
        with("0.30000000000000004", "\"x\""), with("\"bias\":-1e-17", "\"bias\":null"),
        with("\"bias\":-1e-17", "\"bias\":1e308"), with("\"weights\":[0.0,", "\"weights\":["),
        with("\"weights\":[0.0,", "\"weights\":[\"a\","), with("\"queries\":12", "\"queries\":-1"),
        with("\"logistic\":{", "\"logistic\":[],\"x\":{")}) {
    EXPECT_EQ(fusion_from_json(json).status().code(), Code::kBadInput) << json;
  }
}

}  // namespace quern::store
