#include "apps/claims/claim_rules.h"

#include <gtest/gtest.h>

namespace quern::apps {

TEST(claim_rules, a_negation_on_one_side_is_found) {
  const std::string claim = "Aspirin does not lower the risk.";
  const auto found = find_mismatches(claim, "Aspirin lowers the risk.");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, MismatchKind::kNegation);
  EXPECT_EQ(claim.substr(found[0].in_claim.begin, found[0].in_claim.end - found[0].in_claim.begin),
            "not");
  EXPECT_TRUE(find_mismatches(claim, "The risk isn't lower with aspirin.").empty());
}

}  // namespace quern::apps
