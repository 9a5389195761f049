// A claim in parts, as users of the program meet it.

#include <gtest/gtest.h>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

class claims_parts_program : public ProgramTest {};

}  // namespace

TEST_F(claims_parts_program, statements_come_one_a_line) {
  const Ended two = quern("claims parts 'Low zinc causes fever and reduces growth.'");
  EXPECT_EQ(two.exit_code, 0) << two.err;
  EXPECT_EQ(two.out, "Low zinc causes fever\nLow zinc reduces growth\n");
  EXPECT_EQ(quern("claims parts 'Zinc and copper are metals.'").out,
            "Zinc and copper are metals.\n");
  const auto lines = json_lines(quern("claims parts --json 'Zinc is low; copper is high'").out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1]["claim"], "copper is high");
  EXPECT_EQ(lines[1]["span"], (nlohmann::json{13, 27}));
}

TEST_F(claims_parts_program, what_is_no_claim_is_refused) {
  const Ended none = quern("claims parts '...'");
  EXPECT_NE(none.exit_code, 0);
  EXPECT_PRED2(contains, none.err, "neither a letter nor a digit");
}

}  // namespace quern::cli
