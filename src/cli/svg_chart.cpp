#include "cli/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

namespace quern::cli {
namespace {

constexpr double kWidth = 860;
constexpr double kHeight = 320;
constexpr double kLeft = 70;
constexpr double kRight = 20;
constexpr double kTop = 44;
constexpr double kBottom = 52;

double place_on(const ChartAxis& axis, double value) {
  const double bounded = std::clamp(value, axis.from, axis.to);
  if (!(axis.to > axis.from)) return 0;
  if (axis.kind == AxisKind::kLinear) return (bounded - axis.from) / (axis.to - axis.from);
  return std::log(bounded / axis.from) / std::log(axis.to / axis.from);
}

double x_of(const Chart& chart, double value) {
  return kLeft + place_on(chart.x, value) * (kWidth - kLeft - kRight);
}

double y_of(const Chart& chart, double value) {
  return kHeight - kBottom - place_on(chart.y, value) * (kHeight - kTop - kBottom);
}

std::vector<std::pair<double, std::string>> ticks_of(const ChartAxis& axis) {
  if (!axis.ticks.empty()) return axis.ticks;
  std::vector<std::pair<double, std::string>> ticks;
  for (const double value : nice_ticks(axis)) ticks.emplace_back(value, fmt::format("{:g}", value));
  return ticks;
}

std::string text_at(double x, double y, const char* anchor, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped_html(text));
}

std::string line_at(double x1, double y1, double x2, double y2) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", x1, y1,
                     x2, y2);
}

std::string axes_of(const Chart& chart) {
  const double bottom = kHeight - kBottom;
  std::string out = "<g stroke=\"#ccd\" stroke-width=\"1\">\n";
  for (const auto& [value, text] : ticks_of(chart.y)) {
    const double y = y_of(chart, value);
    out += line_at(kLeft, y, kWidth - kRight, y);
  }
  out += "</g>\n<g fill=\"#445\" font-size=\"12\">\n";
  for (const auto& [value, text] : ticks_of(chart.y)) {
    out += text_at(kLeft - 8, y_of(chart, value) + 4, "end", text);
  }
  for (const auto& [value, text] : ticks_of(chart.x)) {
    out += text_at(x_of(chart, value), bottom + 18, "middle", text);
  }
  out += text_at((kLeft + kWidth - kRight) / 2, kHeight - 10, "middle", chart.x.title);
  out += text_at(kLeft - 60, kTop - 10, "start", chart.y.title);
  out += "</g>\n<g stroke=\"#667\">\n" + line_at(kLeft, bottom, kWidth - kRight, bottom);
  return out + "</g>\n";
}

std::string bars_of(const Chart& chart, const ChartSeries& series) {
  std::string out = fmt::format("<g fill=\"{}\">\n", escaped_html(series.colour));
  const double bottom = kHeight - kBottom;
  for (std::size_t i = 0; i + 1 < series.points.size(); ++i) {
    const double x = x_of(chart, series.points[i].first);
    const double y = y_of(chart, series.points[i].second);
    const double width = std::max(0.5, x_of(chart, series.points[i + 1].first) - x - 0.5);
    if (bottom - y < 0.05) continue;
    out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n", x,
                       y, width, bottom - y);
  }
  return out + "</g>\n";
}

std::string line_of(const Chart& chart, const ChartSeries& series) {
  std::string points;
  for (const auto& [x, y] : series.points) {
    points += fmt::format("{:.1f},{:.1f} ", x_of(chart, x), y_of(chart, y));
  }
  return fmt::format("<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" points=\"{}\"/>\n",
                     escaped_html(series.colour), points);
}

std::string margins_of(const Chart& chart, const ChartSeries& series) {
  std::string out =
      fmt::format("<g stroke=\"{}\" stroke-opacity=\"0.5\">\n", escaped_html(series.colour));
  for (std::size_t i = 0; i < std::min(series.margins.size(), series.points.size()); ++i) {
    const auto& [value, middle] = series.points[i];
    const double x = x_of(chart, value);
    out += line_at(x, y_of(chart, middle - series.margins[i]), x,
                   y_of(chart, middle + series.margins[i]));
  }
  return out + "</g>\n";
}

std::string legend_of(const Chart& chart) {
  std::string out = "<g font-size=\"12\">\n";
  double x = kWidth - kRight;
  for (std::size_t i = chart.series.size(); i-- > 0;) {
    const ChartSeries& series = chart.series[i];
    x -= 8.0 * static_cast<double>(series.name.size()) + 24;
    out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"12\" height=\"4\" fill=\"{}\"/>\n",
                       x, kTop - 18, escaped_html(series.colour));
    out += text_at(x + 16, kTop - 12, "start", series.name);
  }
  return out + "</g>\n";
}

std::string inside_of(const Chart& chart) {
  std::string out =
      fmt::format("<text x=\"{}\" y=\"20\" font-size=\"15\" fill=\"#112\">{}</text>\n", kLeft - 60,
                  escaped_html(chart.title));
  out += axes_of(chart);
  for (const ChartSeries& series : chart.series) {
    out += series.is_bars ? bars_of(chart, series) : line_of(chart, series);
    if (!series.margins.empty()) out += margins_of(chart, series);
  }
  return out + legend_of(chart);
}

}  // namespace

std::string escaped_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        // Control characters may not stand in XML at all.
        out += static_cast<unsigned char>(c) < 32 ? ' ' : c;
    }
  }
  return out;
}

std::vector<double> nice_ticks(const ChartAxis& axis) {
  std::vector<double> ticks;
  if (!(axis.to > axis.from)) return ticks;
  if (axis.kind == AxisKind::kLog) {
    const int n_decades = static_cast<int>(std::ceil(std::log10(axis.to / axis.from)));
    for (int i = static_cast<int>(std::floor(std::log10(axis.from)));
         ticks.size() < 60 && std::pow(10.0, i) <= axis.to * 1.0001; ++i) {
      for (const double step : {1.0, 2.0, 5.0}) {
        const double value = step * std::pow(10.0, i);
        if (step > 1 && n_decades > 3) continue;
        if (value >= axis.from * 0.9999 && value <= axis.to * 1.0001) ticks.push_back(value);
      }
    }
    return ticks;
  }
  const double rough = (axis.to - axis.from) / 5;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double ratio = rough / power;
  const double step = power * (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1);
  const double first = std::ceil(axis.from / step - 1e-9);
  for (int i = 0; i < 20 && (first + i) * step <= axis.to + step * 1e-9; ++i) {
    ticks.push_back((first + i) * step);
  }
  return ticks;
}

std::string svg_of(const Chart& chart) { return svg_of_charts({chart}); }

std::string svg_of_charts(const std::vector<Chart>& charts) {
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\">\n<rect width=\"{0}\" height=\"{1}\" "
      "fill=\"#fff\"/>\n",
      kWidth, kHeight * static_cast<double>(charts.size()));
  for (std::size_t i = 0; i < charts.size(); ++i) {
    out += fmt::format("<g transform=\"translate(0 {})\">\n{}</g>\n",
                       kHeight * static_cast<double>(i), inside_of(charts[i]));
  }
  return out + "</svg>\n";
}

}  // namespace quern::cli
