// The K best of many scored lines, in memory that does not grow with their number.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace quern::cli {

struct ScoredLine {
  float score = 0;
  long line = 0;  // Or whatever tells it from the others.
  std::string text;
  int n_tokens = 0;
  int n_dropped = 0;
};

class TopK {
 public:
  explicit TopK(int k) : k_(static_cast<std::size_t>(k)) {}

  /// Of equal scores the earlier line wins.
  void add(ScoredLine candidate);

  /// Of what is kept, for the ledger.
  std::size_t n_bytes() const { return n_text_bytes_ + heap_.size() * sizeof(ScoredLine); }

  /// Best first; empties the set.
  std::vector<ScoredLine> take();

 private:
  std::size_t k_;
  std::size_t n_text_bytes_ = 0;
  std::vector<ScoredLine> heap_;  // The worst kept one in front.
};

}  // namespace quern::cli
