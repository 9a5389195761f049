// The K best of many scored lines, in memory that does not grow with their number.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace quern::cli {

struct ScoredLine {
  float score = 0;
  long line = 0;
  std::string text;
};

class TopK {
 public:
  explicit TopK(int k) : k_(static_cast<std::size_t>(k)) {}

  /// Of equal scores the earlier line wins.
  void add(ScoredLine candidate);

  /// Best first; empties the set.
  std::vector<ScoredLine> take();

 private:
  std::size_t k_;
  std::vector<ScoredLine> heap_;  // The worst kept one in front.
};

}  // namespace quern::cli
