// The best documents so far, and the score that the next one must have.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "store/lexical/scored_list.h"

namespace quern::store {

/// Documents come in ascending order, so of equal scores those that came first stay.
class BestDocs {
 public:
  BestDocs(std::uint32_t n_wanted, double min_score) : n_wanted_(n_wanted), bar_(min_score) {}

  /// What scores less does not get in.
  double bar() const { return bar_; }

  /// As many documents as are wanted score at least `score`: no result is lost by it.
  void raise_bar(double score) { bar_ = std::max(bar_, score); }

  void add(ScoredDoc found) {
    if (found.score < bar_ || n_wanted_ == 0) return;
    if (heap_.size() == n_wanted_) {
      std::pop_heap(heap_.begin(), heap_.end(), is_better);
      heap_.back() = found;
    } else {
      heap_.push_back(found);
    }
    std::push_heap(heap_.begin(), heap_.end(), is_better);
    // Scores lie on a grid: this is the least one that is better than the worst.
    if (heap_.size() == n_wanted_) raise_bar(heap_.front().score + kScoreStep);
  }

  /// The best first; of equal scores the first document.
  std::vector<ScoredDoc> take() && {
    std::sort_heap(heap_.begin(), heap_.end(), is_better);
    return std::move(heap_);
  }

 private:
  static bool is_better(const ScoredDoc& a, const ScoredDoc& b) {
    return a.score != b.score ? a.score > b.score : a.doc < b.doc;
  }

  std::uint32_t n_wanted_;
  double bar_;
  std::vector<ScoredDoc> heap_;  // The worst first.
};

}  // namespace quern::store
