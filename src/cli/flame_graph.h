// Where time went, as a picture: each box as wide as its time, what it is made of below it.

#pragma once

#include <string>
#include <vector>

namespace quern::cli {

struct FlameNode {
  std::string name;
  double seconds = 0;
  std::vector<FlameNode> children = {};  // Together at most its seconds.
};

/// An <svg> element; boxes tell their time and share when pointed at.
std::string flame_graph(const FlameNode& root);

}  // namespace quern::cli
