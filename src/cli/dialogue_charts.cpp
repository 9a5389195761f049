#include "cli/dialogue_charts.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace quern::cli {
namespace {

constexpr const char* kColours[] = {"#888888", "#0072b2", "#d55e00", "#009e73", "#cc79a7"};

const char* colour_of(std::size_t i) { return kColours[i % std::size(kColours)]; }

// Room around what is shown, so that no line runs along an edge.
void fit(ChartAxis& axis, double least, double most) {
  const double room = 0.08 * std::max(most - least, 0.01);
  axis.from = std::max(0.0, least - room);
  axis.to = std::min(1.0, most + room);
}

}  // namespace

Chart learning_chart(const std::vector<apps::LearningPoint>& points, const std::string& title,
                     double apps::ChoiceMetrics::* measure, double apps::ChoiceMetrics::* margin) {
  Chart out = {.title = title,
               .x = {.title = "dialogues learnt from", .kind = AxisKind::kLog},
               .y = {.title = ""}};
  if (points.empty()) return out;
  out.x.from = static_cast<double>(points.front().n_dialogues);
  out.x.to = static_cast<double>(points.back().n_dialogues);
  double least = 1, most = 0;
  for (std::size_t row = 0; row < points.front().rows.size(); ++row) {
    ChartSeries series = {
        .name = points.front().rows[row].name, .colour = colour_of(row), .points = {}};
    for (const apps::LearningPoint& point : points) {
      const double value = point.rows[row].*measure, half = point.rows[row].*margin;
      // Beside each other, so that intervals can be told apart.
      const double x =
          static_cast<double>(point.n_dialogues) * (1 + 0.006 * static_cast<double>(row));
      series.points.emplace_back(x, value);
      series.margins.push_back(half);
      least = std::min(least, value - half);
      most = std::max(most, value + half);
    }
    out.series.push_back(std::move(series));
  }
  for (const apps::LearningPoint& point : points) {
    const auto n = static_cast<double>(point.n_dialogues);
    out.x.ticks.emplace_back(n, fmt::format("{}", point.n_dialogues));
  }
  fit(out.y, least, most);
  return out;
}

Chart memory_chart(const std::vector<MemoryLine>& lines) {
  Chart out = {.title = "What a readout finds again of the turn k steps back",
               .x = {.title = "k"},
               .y = {.title = "squared correlation", .from = 0, .to = 1}};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::vector<double>& recalled = lines[i].recalled;
    const double capacity = std::accumulate(recalled.begin(), recalled.end(), 0.0);
    ChartSeries series = {.name = fmt::format("{}: {:.1f} in all", lines[i].name, capacity),
                          .colour = colour_of(i + 1),
                          .points = {}};
    for (std::size_t k = 0; k < recalled.size(); ++k) {
      series.points.emplace_back(static_cast<double>(k), recalled[k]);
    }
    out.x.to = std::max(out.x.to, static_cast<double>(recalled.size()) - 1);
    out.series.push_back(std::move(series));
  }
  return out;
}

}  // namespace quern::cli
