#include "cli/dialogue_charts.h"

#include <gtest/gtest.h>

namespace quern::cli {

TEST(dialogue_charts, a_line_for_each_predictor_with_its_intervals) {
  std::vector<apps::LearningPoint> points;
  for (const std::size_t n : {50, 100, 400}) {
    const double r = 0.5 + static_cast<double>(n) / 1000;
    points.push_back({.n_dialogues = n,
                      .rows = {{.name = "linear", .recall_1 = r, .margin = 0.02},
                               {.name = "tanh", .recall_1 = r - 0.1, .margin = 0.03}}});
  }
  const Chart chart =
      learning_chart(points, "R@1", &apps::ChoiceMetrics::recall_1, &apps::ChoiceMetrics::margin);
  ASSERT_EQ(chart.series.size(), 2u);
  EXPECT_EQ(chart.series[1].name, "tanh");
  EXPECT_EQ(chart.series[1].margins, (std::vector<double>{0.03, 0.03, 0.03}));
  EXPECT_EQ(chart.x.from, 50);
  EXPECT_EQ(chart.x.to, 400);
  ASSERT_EQ(chart.x.ticks.size(), 3u);
  EXPECT_EQ(chart.x.ticks[2].second, "400");
  EXPECT_LT(chart.y.from, 0.45 - 0.03);
  EXPECT_GT(chart.y.to, 0.9 + 0.02);
  EXPECT_TRUE(learning_chart({}, "", &apps::ChoiceMetrics::mrr, &apps::ChoiceMetrics::mrr_margin)
                  .series.empty());
}

TEST(dialogue_charts, a_memory_has_its_capacity_in_its_name) {
  const Chart chart = memory_chart({{.name = "tanh", .recalled = {1, 0.5, 0.25}}});
  EXPECT_EQ(chart.series[0].name, "tanh: 1.8 in all");
  EXPECT_EQ(chart.series[0].points[1], std::pair(1.0, 0.5));
  EXPECT_EQ(chart.x.to, 2);
}

}  // namespace quern::cli
