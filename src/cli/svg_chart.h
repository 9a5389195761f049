// Charts as SVG, for reports that are one file: lines and bars over two axes, linear or
// logarithmic.

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace quern::cli {

enum class AxisKind { kLinear, kLog };

struct ChartAxis {
  std::string title;
  AxisKind kind = AxisKind::kLinear;
  double from = 0;
  double to = 1;
  std::vector<std::pair<double, std::string>> ticks = {};  // Empty: chosen.
};

struct ChartSeries {
  std::string name;
  std::string colour;  // Of CSS.
  std::vector<std::pair<double, double>> points;
  bool is_bars = false;              // Each from the point before it to the next.
  std::vector<double> margins = {};  // [points] How far each may be off, up and down; empty: none.
};

struct Chart {
  std::string title;
  ChartAxis x;
  ChartAxis y;
  std::vector<ChartSeries> series = {};
};

/// An <svg> element of 860 x 320, its text escaped. Points outside the axes are put on their edge.
std::string svg_of(const Chart& chart);

/// An <svg> element with one below the other.
std::string svg_of_charts(const std::vector<Chart>& charts);

/// Round values between the ends, about five of them; powers of ten and their halves on a
/// logarithmic axis.
std::vector<double> nice_ticks(const ChartAxis& axis);

/// `text` for the inside of an element or attribute of HTML and SVG.
std::string escaped_html(std::string_view text);

}  // namespace quern::cli
