#include "cli/flame_graph.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/svg_chart.h"

namespace quern::cli {
namespace {

constexpr double kWidth = 1000;
constexpr double kRow = 24;
constexpr double kLetter = 7;  // Of the font below, about.
constexpr const char* kColours[] = {"#f4a259", "#f9c784", "#e8985e", "#fcd5a0", "#eb8258"};

int depth_of(const FlameNode& node) {
  int deepest = 0;
  for (const FlameNode& child : node.children) deepest = std::max(deepest, depth_of(child));
  return deepest + 1;
}

std::string label_of(const std::string& name, double width) {
  const auto n = static_cast<std::size_t>(std::max(0.0, (width - 6) / kLetter));
  if (n >= name.size()) return name;
  return n < 3 ? "" : name.substr(0, n - 2) + "..";
}

void add_box(const FlameNode& node, double whole, double x, int depth, int& i_colour,
             std::string& out) {
  const double width = kWidth * node.seconds / whole;
  if (width < 0.3) return;
  const double y = depth * kRow;
  out += fmt::format(
      "<g><title>{0}: {1:.3f} s, {2:.1f} %</title><rect x=\"{3:.1f}\" y=\"{4:.1f}\" "
      "width=\"{5:.1f}\" "
      "height=\"{6:.1f}\" fill=\"{7}\"/><text x=\"{8:.1f}\" y=\"{9:.1f}\">{10}</text></g>\n",
      escaped_html(node.name), node.seconds, 100 * node.seconds / whole, x, y,
      std::max(0.3, width - 1), kRow - 2, kColours[i_colour++ % std::size(kColours)], x + 4, y + 15,
      escaped_html(label_of(node.name, width)));
  for (const FlameNode& child : node.children) {
    add_box(child, whole, x, depth + 1, i_colour, out);
    x += kWidth * child.seconds / whole;
  }
}

}  // namespace

std::string flame_graph(const FlameNode& root) {
  const double height = kRow * depth_of(root);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n",
      kWidth, height);
  int i_colour = 0;
  if (root.seconds > 0) add_box(root, root.seconds, 0, 0, i_colour, out);
  return out + "</svg>\n";
}

}  // namespace quern::cli
