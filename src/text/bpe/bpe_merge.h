// The merge loop of byte pair encoding: best pair first, leftmost of equals, O(n log n).
// Source: Sennrich et al. 2016; the same order as huggingface/tokenizers and llama.cpp.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "text/tokenizer_spec.h"

namespace quern::text {

/// What two neighbours become. Lower ranks merge first.
struct Merge {
  static constexpr std::uint64_t kNone = UINT64_MAX;
  std::uint64_t rank = kNone;
  TokenId id = -1;
};

struct BpeSymbol {
  TokenId id = -1;
  std::uint32_t begin = 0;  // The bytes of the word it covers.
  std::uint32_t n_bytes = 0;
  int prev = -1;  // Used by the merge loop; neighbours that are left.
  int next = -1;
};

class BpeMerger {
 public:
  /// Merges `symbols` (a word's characters in order, no empty ones) until no pair has a merge, and
  /// leaves the remaining ones in order. `lookup(const BpeSymbol& left, const BpeSymbol& right)`
  /// returns the Merge of neighbours; it must depend on nothing else.
  template <typename Lookup>
  void run(std::vector<BpeSymbol>& symbols, const Lookup& lookup) {
    if (symbols.size() <= kFewSymbols) return run_few(symbols, lookup);
    run_many(symbols, lookup);
  }

 private:
  // Below this, scanning all pairs for the best beats a heap.
  static constexpr std::size_t kFewSymbols = 24;

  struct Candidate {
    std::uint64_t rank;
    int left;
    TokenId id;
    std::uint32_t n_bytes;  // Of both; tells a stale candidate, for symbols only grow.

    bool operator<(const Candidate& other) const {  // A max-heap's order, turned round.
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };

  template <typename Lookup>
  void run_few(std::vector<BpeSymbol>& symbols, const Lookup& lookup) {
    merges_.clear();
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      merges_.push_back(lookup(symbols[i], symbols[i + 1]));
    }
    while (!merges_.empty()) {
      const auto best =
          std::min_element(merges_.begin(), merges_.end(),
                           [](const Merge& a, const Merge& b) { return a.rank < b.rank; });
      if (best->rank == Merge::kNone) return;
      const auto i = best - merges_.begin();
      auto left = symbols.begin() + i;
      left->id = best->id;
      left->n_bytes += (left + 1)->n_bytes;
      symbols.erase(left + 1);
      merges_.erase(best);
      left = symbols.begin() + i;
      if (i > 0) merges_[static_cast<std::size_t>(i - 1)] = lookup(*(left - 1), *left);
      if (left + 1 != symbols.end()) merges_[static_cast<std::size_t>(i)] = lookup(*left, left[1]);
    }
  }

  template <typename Lookup>
  void run_many(std::vector<BpeSymbol>& symbols, const Lookup& lookup) {
    const int n = static_cast<int>(symbols.size());
    const auto at = [&](int i) -> BpeSymbol& { return symbols[static_cast<std::size_t>(i)]; };
    const auto push = [&](int left, int right) {
      if (left < 0 || right < 0) return;
      const Merge merge = lookup(at(left), at(right));
      if (merge.rank == Merge::kNone) return;
      heap_.push_back({merge.rank, left, merge.id, at(left).n_bytes + at(right).n_bytes});
      std::push_heap(heap_.begin(), heap_.end());
    };
    heap_.clear();
    for (int i = 0; i < n; ++i) {
      at(i).prev = i - 1;
      at(i).next = i + 1 < n ? i + 1 : -1;
    }
    for (int i = 0; i + 1 < n; ++i) push(i, i + 1);
    while (!heap_.empty()) {
      const Candidate best = heap_.front();
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
      BpeSymbol& left = at(best.left);
      if (left.n_bytes == 0 || left.next < 0) continue;
      BpeSymbol& right = at(left.next);
      if (left.n_bytes + right.n_bytes != best.n_bytes) continue;
      left.id = best.id;
      left.n_bytes = best.n_bytes;
      right.n_bytes = 0;
      left.next = right.next;
      if (left.next >= 0) at(left.next).prev = best.left;
      push(left.prev, best.left);
      push(best.left, left.next);
    }
    std::erase_if(symbols, [](const BpeSymbol& s) { return s.n_bytes == 0; });
  }

  std::vector<Merge> merges_;
  std::vector<Candidate> heap_;
};

}  // namespace quern::text
