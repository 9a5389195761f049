#include "apps/claims/shipped_calibrations.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace quern::apps {

TEST(shipped_calibrations, each_is_of_one_model_and_says_what_it_was_fitted_on) {
  std::set<std::string> digests;
  for (const std::string_view json : shipped_calibrations()) {
    const auto read = calibration_from_json(json);
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(read->digest.size(), 64u);
    EXPECT_TRUE(digests.insert(read->digest).second);
    EXPECT_NE(read->fitted_on.find("(CC BY 4.0)"), std::string::npos);
    EXPECT_GT(read->report.n_claims, 100u);
    EXPECT_LT(read->report.ece, 0.06);
    EXPECT_GT(read->conformal_least, 0);
    EXPECT_EQ(json_from_calibration(calibration_for(read->digest)), json_from_calibration(*read));
  }
  EXPECT_FALSE(digests.empty());
}

TEST(shipped_calibrations, other_models_have_the_default) {
  for (const char* digest : {"", "0123", "74aeb2bd"}) {
    EXPECT_EQ(json_from_calibration(calibration_for(digest)),
              json_from_calibration(default_calibration()));
  }
}

}  // namespace quern::apps
