// The best k of many rows by (score, id): a strict order, so that the answer does not depend on
// the order in which rows come or on how they are split.

#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace quern::store {

struct Candidate {
  float score = 0;
  std::uint32_t id = 0;

  bool operator==(const Candidate&) const = default;
};

/// Higher scores first, lower ids first among equals. Scores must not be NaN.
inline bool is_better(const Candidate& a, const Candidate& b) {
  return a.score != b.score ? a.score > b.score : a.id < b.id;
}

/// Holds the best so far. Memory: k candidates, from the start.
class TopCandidates {
 public:
  /// k >= 1. What is below `floor` never enters.
  explicit TopCandidates(std::size_t k, float floor = -std::numeric_limits<float>::infinity())
      : k_(k), threshold_(floor) {
    heap_.reserve(k);
  }

  std::size_t k() const { return k_; }

  /// Below this score nothing enters any more: the floor until there are k.
  float threshold() const { return threshold_; }

  /// Ignores NaN.
  void offer(Candidate c) {
    if (!(c.score >= threshold_)) return;
    if (heap_.size() == k_) {
      if (!is_better(c, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), is_better);
      heap_.back() = c;
    } else {
      heap_.push_back(c);
    }
    std::push_heap(heap_.begin(), heap_.end(), is_better);
    if (heap_.size() == k_) threshold_ = heap_.front().score;
  }

  /// In no order.
  std::span<const Candidate> held() const { return heap_; }

  /// Best first. The last thing to be asked.
  std::vector<Candidate> take() {
    std::sort(heap_.begin(), heap_.end(), is_better);
    return std::move(heap_);
  }

 private:
  std::size_t k_;
  std::vector<Candidate> heap_;  // The worst in front.
  float threshold_;
};

}  // namespace quern::store
