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

TEST_F(claims_parts_program, a_claim_in_parts_is_judged_by_them) {
  const std::string verify =
      "claims verify 'Low zinc causes fever and reduces growth.' --given 'Zinc causes fever.' "
      "--model " QUERN_SOURCE_DIR "/tests/data/models/tiny-nli --parts ";
  const Ended said = quern(verify + "--json");
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const auto whole = nlohmann::json::parse(said.out);
  EXPECT_EQ(whole["claim"], "Low zinc causes fever and reduces growth.");
  ASSERT_EQ(whole["parts"].size(), 2u);
  EXPECT_EQ(whole["parts"][0]["claim"], "Low zinc causes fever");
  EXPECT_EQ(whole["parts"][1]["claim"], "Low zinc reduces growth");
  EXPECT_EQ(whole["parts"][1]["span"], (nlohmann::json{26, 40}));
  // Each part is a claim of its own, said and kept as if it were alone.
  const auto alone = nlohmann::json::parse(
      quern("claims verify 'Low zinc causes fever' --given 'Zinc causes fever.' --json --no-keep "
            "--model " QUERN_SOURCE_DIR "/tests/data/models/tiny-nli")
          .out);
  EXPECT_EQ(whole["parts"][0]["scores"], alone["scores"]);
  EXPECT_PRED2(contains, said.err, "kept as claim 2");
  EXPECT_EQ(quern("claims replay --all").exit_code, 0);
  const Ended shown = quern(verify + "--no-keep");
  EXPECT_PRED2(contains, shown.out, "Part 2 of 2");
  EXPECT_PRED2(contains, shown.out, whole["reason"].get<std::string>());
  const Ended page = quern(verify + "--no-keep --report");
  EXPECT_PRED2(contains, page.out, "\n## Low zinc causes fever\n");
  EXPECT_PRED2(contains, page.out, "\n### Evidence\n");
}

TEST_F(claims_parts_program, what_has_one_part_is_judged_as_it_is) {
  const Ended said = quern(
      "claims verify 'Zinc and copper are metals.' --given 'Zinc is a metal.' --parts --json "
      "--no-keep --model " QUERN_SOURCE_DIR "/tests/data/models/tiny-nli");
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const auto whole = nlohmann::json::parse(said.out);
  ASSERT_EQ(whole["parts"].size(), 1u);
  EXPECT_EQ(whole["verdict"], whole["parts"][0]["verdict"]);
  EXPECT_EQ(whole["scores"], whole["parts"][0]["scores"]);
}

}  // namespace quern::cli
