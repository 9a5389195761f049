#include "cli/claims_stage_report.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace quern::cli {
namespace {

using ::testing::HasSubstr;

apps::ClaimTimings times_of(double nli_ms, double total_ms) {
  return {.embed_ms = 2,
          .retrieve_ms = 3,
          .nli_ms = nli_ms,
          .aggregate_ms = 1,
          .database_ms = 4,
          .total_ms = total_ms};
}

}  // namespace

TEST(claims_stage_report, a_worked_example) {
  // Totals 40, 60, 80, 100 and 120: 80 on average, the median 80, the last the 95th.
  std::vector<apps::ClaimTimings> times;
  for (int i = 0; i < 5; ++i) times.push_back(times_of(20 + 20 * i, 40 + 20 * i));
  const StageReport report = stage_report(times);
  EXPECT_DOUBLE_EQ(report.total.average_ms, 80);
  EXPECT_DOUBLE_EQ(report.total.median_ms, 80);
  EXPECT_DOUBLE_EQ(report.total.p95_ms, 120);
  ASSERT_EQ(report.rows.size(), 6u);
  EXPECT_EQ(report.rows[2].name, "NLI");
  EXPECT_DOUBLE_EQ(report.rows[2].average_ms, 60);
  EXPECT_DOUBLE_EQ(report.rows[2].share, 0.75);
  EXPECT_EQ(report.rows[5].name, "Overhead");
  EXPECT_DOUBLE_EQ(report.rows[5].average_ms, 10);  // What no step has of each total.
  EXPECT_TRUE(report.is_kept);
  double shares = 0;
  for (const ClaimStageRow& row : report.rows) shares += row.share;
  EXPECT_NEAR(shares, 1, 1e-12);
}

TEST(claims_stage_report, targets_are_the_write_ups_sixty_times_as_strict) {
  const apps::ClaimTimings fast[] = {times_of(600, 700)};
  EXPECT_TRUE(stage_report(fast).is_kept);
  const apps::ClaimTimings slow_step[] = {times_of(700, 720)};  // 40 of 60 s: 667 ms.
  const StageReport report = stage_report(slow_step);
  EXPECT_FALSE(report.is_kept);
  EXPECT_TRUE(report.total.is_kept);
  EXPECT_FALSE(report.rows[2].is_kept);
  EXPECT_THAT(stage_table(report), HasSubstr("FAIL"));
  const apps::ClaimTimings slow_all[] = {times_of(600, 1001)};
  EXPECT_FALSE(stage_report(slow_all).is_kept);
}

TEST(claims_stage_report, the_json_has_each_step_by_its_name) {
  const apps::ClaimTimings times[] = {times_of(20, 40)};
  const auto json = nlohmann::json::parse(stage_json(stage_report(times)));
  for (const char* name :
       {"embedding", "retrieval", "nli", "aggregation", "database", "overhead", "total"}) {
    EXPECT_TRUE(json[name]["average_ms"].is_number()) << name;
  }
  EXPECT_EQ(json["nli"]["median_ms"], 20);
  EXPECT_EQ(json["pass"], true);
  EXPECT_FALSE(json["overhead"].contains("target_ms"));
}

}  // namespace quern::cli
