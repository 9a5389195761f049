#include "cli/profile_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::cli {
namespace {

StageRecord record(Stage stage, double ms, int n_threads, double gops_done = 0, double mb = 0) {
  return {.stage = stage,
          .n_threads = static_cast<std::uint16_t>(n_threads),
          .ns = static_cast<std::int64_t>(ms * 1e6),
          .n_ops = static_cast<float>(gops_done * 1e9),
          .weight_bytes = static_cast<float>(mb * 1e6)};
}

// Two threads: a pass of 10 ms, of which each does 4 ms of products and both 2 ms of attention.
ProfileReport example() {
  ProfileReport report;
  report.model = "m";
  report.n_threads = 2;
  report.n_samples = 1;
  report.at_once = {.seconds = 0.01, .n_units = 5, .n_tokens = 50, .queue_ms = {1}};
  report.single_ms = {3, 1, 2};
  report.peak_gops = 1000;
  report.read_gbps = 10;
  report.records = {record(Stage::kFeedForwardUp, 4, 1, 1), record(Stage::kFeedForwardUp, 4, 1, 1),
                    record(Stage::kAttention, 2, 2, 0.1), record(Stage::kForward, 10, 2),
                    record(Stage::kTokenise, 1, 1)};
  return report;
}

const StageRow& row(const std::vector<StageRow>& rows, const std::string& name) {
  for (const StageRow& each : rows) {
    if (each.name.ends_with(name)) return each;
  }
  ADD_FAILURE() << "no row " << name;
  return rows.front();
}

}  // namespace

TEST(profile_report, a_second_of_one_thread_of_two_is_half_a_second) {
  const std::vector<StageRow> rows = stage_rows(example());
  EXPECT_DOUBLE_EQ(row(rows, "feed forward up").total_s, 0.004);
  EXPECT_DOUBLE_EQ(row(rows, "attention").total_s, 0.002);
  EXPECT_DOUBLE_EQ(row(rows, "forward pass").total_s, 0.010);
  EXPECT_NEAR(row(rows, "rest of the passes").total_s, 0.004, 1e-12);
  EXPECT_EQ(row(rows, "feed forward up").count, 2);
  EXPECT_EQ(row(rows, "one alone").p50_ms, 2);
  EXPECT_EQ(row(rows, "one alone").max_ms, 3);
}

TEST(profile_report, hot_operations_are_held_against_what_the_machine_reaches) {
  const std::vector<HotOperation> hot = hot_operations(example());
  ASSERT_EQ(hot.size(), 2u);
  EXPECT_EQ(hot[0].name, "feed forward up");
  EXPECT_NEAR(hot[0].gops, 500, 0.1);
  EXPECT_NEAR(hot[0].share_of_peak, 0.5, 1e-3);
  EXPECT_NEAR(hot[1].share_of_peak, 0.05, 1e-3);
  ProfileReport reading = example();
  reading.records = {record(Stage::kLogits, 10, 2, 0.1, 90)};
  EXPECT_TRUE(hot_operations(reading)[0].is_bound_by_reading);
  EXPECT_NEAR(hot_operations(reading)[0].share_of_peak, 0.9, 1e-3);
}

TEST(profile_report, a_slow_kernel_slow_loading_and_slow_weights_are_named_first) {
  ProfileReport slow = example();
  slow.records.push_back(record(Stage::kAttention, 50, 2, 0.1));
  EXPECT_EQ(bottlenecks(slow).at(0).name, "attention");
  ProfileReport loading = example();
  loading.load_s = 2;
  EXPECT_EQ(bottlenecks(loading).at(0).name, "load");
  ProfileReport weights = example();
  weights.records.push_back(record(Stage::kWeights, 80, 2));
  EXPECT_EQ(bottlenecks(weights).at(0).name, "weights");
}

TEST(profile_report, the_flame_graph_holds_every_stage_within_its_parent) {
  const FlameNode root = flame_of(example());
  double sum = 0;
  for (const FlameNode& child : root.children) {
    sum += child.seconds;
    double inside = 0;
    for (const FlameNode& grandchild : child.children) inside += grandchild.seconds;
    EXPECT_LE(inside, child.seconds + 1e-12);
  }
  EXPECT_DOUBLE_EQ(sum, root.seconds);
  const std::string svg = flame_graph(root);
  EXPECT_NE(svg.find("<title>attention: 0.002 s, "), std::string::npos) << svg;
  EXPECT_NE(flame_graph({}).find("</svg>"), std::string::npos);
}

TEST(profile_report, text_and_json_tell_the_same) {
  ProfileReport report = example();
  report.advice = {{.what = "use 4 threads", .number = "2 of 4 processors compute", .gain = 1.5}};
  report.memory = {{.at_s = 0.1, .tenants = {{"weights/m", 1000}}, .resident_bytes = 5000}};
  const auto json = nlohmann::json::parse(profile_json(report));
  EXPECT_EQ(json["recommendations"][0]["gain"], 1.5);
  EXPECT_EQ(json["memory_peak_bytes"]["weights/m"], 1000);
  EXPECT_EQ(json["per_second"], 500);
  EXPECT_EQ(json["stages"]["feed forward up"]["count"], 2);
  const std::string text = profile_text(report);
  for (const char* part : {"bottleneck: ", "use 4 threads: 1.50 times as fast", "500.0 texts/s",
                           "weights/m", "50.0 % of the peak"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << text;
  }
  EXPECT_NE(memory_svg(report).find("weights/m"), std::string::npos);
}

}  // namespace quern::cli
