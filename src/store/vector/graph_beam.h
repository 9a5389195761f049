// The best rows that a walk over a graph has met, best first, each taken once to go on from.

#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <vector>

namespace quern::store {

/// A score and a row in one number, which sorts as both do: higher scores first, then by row.
class GraphBeam {
 public:
  /// Rows of equal scores are ordered by row ^ tie_mask, the smaller one first: 0 is the order of
  /// rows, and any other mask another one. Rows are below 2^31.
  void start(std::size_t width, std::uint32_t tie_mask) {
    width_ = width;
    tie_mask_ = (tie_mask ^ kRowBits) & kRowBits;
    next_ = 0;
    keys_.clear();
    keys_.reserve(width + 1);
  }

  /// Ignores NaN, and whatever is worse than `width` others. A row is offered once.
  void offer(float score, std::uint32_t row) {
    if (score != score) return;
    const std::uint64_t key = key_of(score, row);
    if (keys_.size() == width_) {
      if (key <= keys_.back()) return;
      keys_.pop_back();
    }
    const auto at = std::lower_bound(keys_.begin(), keys_.end(), key, std::greater<>());
    const auto i = static_cast<std::size_t>(at - keys_.begin());
    keys_.insert(at, key);
    if (i < next_) next_ = i;
  }

  bool has_next() const { return next_ < keys_.size(); }

  /// The best that was not taken; where has_next().
  std::uint32_t peek() const { return row_of(keys_[next_]); }

  std::uint32_t take() {
    const std::uint32_t row = peek();
    keys_[next_] |= kTaken;
    do {
      ++next_;
    } while (next_ < keys_.size() && (keys_[next_] & kTaken) != 0);
    return row;
  }

  std::size_t size() const { return keys_.size(); }
  bool is_full() const { return keys_.size() == width_; }
  float score(std::size_t i) const { return score_of(keys_[i]); }
  std::uint32_t row(std::size_t i) const { return row_of(keys_[i]); }

 private:
  static constexpr std::uint32_t kRowBits = 0x7FFFFFFF;
  static constexpr std::uint64_t kTaken = 1;
  static constexpr std::uint32_t kSign = 0x80000000;

  // Of floats, the bits of the positive ones ascend, those of the negative ones descend.
  std::uint64_t key_of(float score, std::uint32_t row) const {
    const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);
    const std::uint32_t ordered = bits ^ ((bits & kSign) != 0 ? 0xFFFFFFFF : kSign);
    return std::uint64_t{ordered} << 32 | std::uint64_t{row ^ tie_mask_} << 1;
  }
  std::uint32_t row_of(std::uint64_t key) const {
    return (static_cast<std::uint32_t>(key) >> 1) ^ tie_mask_;
  }
  static float score_of(std::uint64_t key) {
    const auto ordered = static_cast<std::uint32_t>(key >> 32);
    return std::bit_cast<float>(ordered ^ ((ordered & kSign) != 0 ? kSign : 0xFFFFFFFF));
  }

  std::size_t width_ = 0;
  std::uint32_t tie_mask_ = 0;
  std::size_t next_ = 0;             // Of those not taken, the best.
  std::vector<std::uint64_t> keys_;  // Descending.
};

/// Rows that a walk has met, a bit each.
class SeenRows {
 public:
  void start(std::uint32_t n_rows) { words_.assign((n_rows + 63u) / 64, 0); }

  /// Was it not there yet?
  bool add(std::uint32_t row) {
    std::uint64_t& word = words_[row / 64];
    const std::uint64_t bit = std::uint64_t{1} << (row % 64);
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }
  bool has(std::uint32_t row) const { return (words_[row / 64] >> (row % 64) & 1) != 0; }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace quern::store
