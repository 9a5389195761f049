#include "apps/claims/calibration.h"

#include <gtest/gtest.h>

namespace quern::apps {

TEST(calibration, comes_back_as_it_was) {
  Calibration made = default_calibration();
  made.model = "nli \"x\"";
  made.digest = "ab12";
  made.fitted_on = "SciFact train, 809 claims";
  made.temperature = 1.0 / 3;
  for (std::size_t i = 0; i < kRelevanceSignals; ++i) {
    made.relevance_weights[i] = 0.1 * static_cast<double>(i) - 1.0 / 3;
    made.usual[i] = 1.0 / static_cast<double>(i + 3);
  }
  made.stance_weights = {0.1, 0.2, -0.3, 1e-9};
  made.unheard = {0.25, 0.25, 0.5};
  made.conformal_level = 0.9;
  made.conformal_least = 1.0 / 7;
  made.report = {.n_claims = 300, .accuracy = 0.7, .ece = 0.04, .brier = 0.5};
  const std::string json = json_from_calibration(made);
  const auto back = calibration_from_json(json);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(back->model, made.model);
  EXPECT_EQ(back->temperature, made.temperature);  // To the bit.
  EXPECT_EQ(back->relevance_weights, made.relevance_weights);
  EXPECT_EQ(back->usual, made.usual);
  EXPECT_EQ(back->stance_weights, made.stance_weights);
  EXPECT_EQ(back->unheard, made.unheard);
  EXPECT_EQ(back->conformal_least, made.conformal_least);
  EXPECT_EQ(back->report.n_claims, 300u);
  EXPECT_EQ(json_from_calibration(*back), json);
}

TEST(calibration, every_beginning_of_one_is_refused) {
  const std::string json = json_from_calibration(default_calibration());
  for (std::size_t n = 0; n < json.size(); ++n) {
    EXPECT_EQ(calibration_from_json(json.substr(0, n)).status().code(), Code::kBadInput) << n;
  }
}

TEST(calibration, what_makes_no_sense_is_refused) {
  const auto refused = [](const std::string& from, const std::string& to) {
    std::string json = json_from_calibration(default_calibration());
    const std::size_t at = json.find(from);
    EXPECT_NE(at, std::string::npos) << from << " in " << json;
    json.replace(at, from.size(), to);
    return calibration_from_json(json).status().code();
  };
  EXPECT_EQ(refused("\"version\":1", "\"version\":99"), Code::kUnsupported);
  EXPECT_EQ(refused("\"temperature\":", "\"temperature\":-"), Code::kBadInput);
  EXPECT_EQ(refused("\"temperature\":", "\"temperature\":1e300,\"x\":"), Code::kBadInput);
  EXPECT_EQ(refused("\"model\":\"\"", "\"model\":3"), Code::kBadInput);
  EXPECT_EQ(refused("\"overlap\":", "\"overlap\":1e7,\"x\":"), Code::kBadInput);
  EXPECT_EQ(refused("\"nli_scale\":", "\"nli_scale\":0,\"x\":"), Code::kBadInput);
  EXPECT_EQ(refused("\"gate\":", "\"gate\":2,\"x\":"), Code::kBadInput);
  // A verdict from nothing.
  EXPECT_EQ(refused("{\"supported\":0.15,\"refuted\":0.1,\"not_enough_info\":0.75}",
                    "{\"supported\":0.953,\"refuted\":0.02,\"not_enough_info\":0.027}"),
            Code::kBadInput);
  // Scores that do not sum to 1.
  EXPECT_EQ(refused("\"unheard\":{\"supported\":", "\"unheard\":{\"supported\":0.9,\"x\":"),
            Code::kBadInput);
}

}  // namespace quern::apps
