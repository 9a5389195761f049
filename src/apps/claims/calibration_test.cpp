#include "apps/claims/calibration.h"

#include <gtest/gtest.h>

namespace quern::apps {

TEST(calibration, comes_back_as_it_was) {
  Calibration made = default_calibration();
  made.model = "nli \"x\"";
  made.digest = "ab12";
  made.fitted_on = "SciFact train, 809 claims";
  made.temperature = 1.0 / 3;
  made.report = {.n_claims = 300, .accuracy = 0.7, .ece = 0.04, .brier = 0.5};
  const std::string json = json_from_calibration(made);
  const auto back = calibration_from_json(json);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(back->model, made.model);
  EXPECT_EQ(back->temperature, made.temperature);  // To the bit.
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
}

}  // namespace quern::apps
