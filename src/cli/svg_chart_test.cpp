#include "cli/svg_chart.h"

#include <gtest/gtest.h>

namespace quern::cli {

TEST(svg_chart, ticks_are_round_and_within_the_axis) {
  EXPECT_EQ(nice_ticks({.title = "", .from = 0, .to = 10}),
            (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(nice_ticks({.title = "", .from = 3, .to = 47}), (std::vector<double>{10, 20, 30, 40}));
  EXPECT_EQ(nice_ticks({.title = "", .kind = AxisKind::kLog, .from = 1, .to = 100}),
            (std::vector<double>{1, 2, 5, 10, 20, 50, 100}));
  EXPECT_TRUE(nice_ticks({.title = "", .from = 1, .to = 1}).empty());
}

TEST(svg_chart, points_lie_where_the_axes_say) {
  Chart chart{.title = "a <title> & \"more\"",
              .x = {.title = "x", .from = 0, .to = 10},
              .y = {.title = "y", .kind = AxisKind::kLog, .from = 1, .to = 100},
              .series = {{.name = "s", .colour = "#123", .points = {{0, 1}, {5, 10}, {10, 1000}}}}};
  const std::string svg = svg_of(chart);
  // Left and bottom, the middle, right and top: what is above the axis lies on its edge.
  EXPECT_NE(svg.find("points=\"70.0,268.0 455.0,156.0 840.0,44.0 \""), std::string::npos) << svg;
  EXPECT_NE(svg.find("a &lt;title&gt; &amp; &quot;more&quot;"), std::string::npos);
  EXPECT_EQ(svg.find("<title>"), std::string::npos);
  chart.series[0].is_bars = true;
  EXPECT_NE(svg_of(chart).find("<rect x=\"455.0\" y=\"156.0\""), std::string::npos);
}

TEST(svg_chart, a_chart_of_nothing_is_a_chart) {
  EXPECT_NE(svg_of({}).find("</svg>"), std::string::npos);
}

}  // namespace quern::cli
