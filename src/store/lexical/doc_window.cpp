#include "store/lexical/doc_window.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace quern::store {
namespace {

struct Range {
  std::size_t first, last;
};

// The part of ascending documents that lies in [begin, end).
Range part_within(std::span<const std::uint32_t> docs, std::uint32_t begin, std::uint32_t end) {
  Range range = {0, docs.size()};
  if (!docs.empty() && docs.front() < begin) {
    range.first =
        static_cast<std::size_t>(std::lower_bound(docs.begin(), docs.end(), begin) - docs.begin());
  }
  if (!docs.empty() && docs.back() >= end) {
    range.last =
        static_cast<std::size_t>(std::lower_bound(docs.begin(), docs.end(), end) - docs.begin());
  }
  return range;
}

}  // namespace

void DocWindow::gather(std::span<ScoredList* const> lists, std::span<const double> others,
                       std::uint32_t begin, std::uint32_t end, double rest, double bar) {
  QUERN_DCHECK(end - begin <= kWindowDocs);
  n_ = 0;
  if (lists.size() == 1) return gather_one(*lists[0], others[0], begin, end, rest, bar);
  for (std::size_t i = 0; i < lists.size(); ++i) add_all(*lists[i], others[i], begin, end, bar);
  take_sums(begin, rest, bar);
}

void DocWindow::gather_one(ScoredList& list, double others, std::uint32_t begin, std::uint32_t end,
                           double rest, double bar) {
  list.seek_block(begin);
  for (std::uint32_t doc = begin; list.block() < list.n_blocks() && doc < end;) {
    doc = list.last_doc(list.block()) + 1;
    if (list.bound(list.block()) + others >= bar) {
      const auto docs = list.docs();
      const auto scores = list.scores();
      const Range range = part_within(docs, begin, end);
      for (std::size_t i = range.first; i < range.last; ++i) {
        docs_[n_] = docs[i];
        scores_[n_] = scores[i];
        n_ += scores[i] + rest >= bar && is_allowed(docs[i]) ? 1 : 0;
      }
    }
    if (doc < end) list.seek_block(doc);
  }
}

void DocWindow::add_all(ScoredList& list, double others, std::uint32_t begin, std::uint32_t end,
                        double bar) {
  list.seek_block(begin);
  for (std::uint32_t doc = begin; list.block() < list.n_blocks() && doc < end;) {
    doc = list.last_doc(list.block()) + 1;
    if (list.bound(list.block()) + others >= bar) {
      const auto docs = list.docs();
      const auto scores = list.scores();
      const Range range = part_within(docs, begin, end);
      for (std::size_t i = range.first; i < range.last; ++i) {
        const std::uint32_t at = docs[i] - begin;
        sums_[at] += scores[i];
        bits_[at / 64] |= std::uint64_t{1} << at % 64;
      }
    }
    if (doc < end) list.seek_block(doc);
  }
}

void DocWindow::take_sums(std::uint32_t begin, double rest, double bar) {
  for (std::size_t word = 0; word < bits_.size(); ++word) {
    for (std::uint64_t bits = bits_[word]; bits != 0; bits &= bits - 1) {
      const auto at = static_cast<std::uint32_t>(word * 64) +
                      static_cast<std::uint32_t>(std::countr_zero(bits));
      const std::uint32_t doc = begin + at;
      docs_[n_] = doc;
      scores_[n_] = sums_[at];
      n_ += sums_[at] + rest >= bar && is_allowed(doc) ? 1 : 0;
      sums_[at] = 0;
    }
    bits_[word] = 0;
  }
}

void DocWindow::complete(ScoredList& list, double rest, double bar) {
  std::uint32_t n = 0;
  for (std::uint32_t i = 0; i < n_; ++i) {
    const std::uint32_t doc = docs_[i];
    double score = scores_[i];
    list.seek_block(doc);
    if (list.block() < list.n_blocks()) {
      if (score + list.bound(list.block()) + rest < bar) continue;
      score += list.find(doc).value_or(0);
    }
    docs_[n] = doc;
    scores_[n] = score;
    n += score + rest >= bar ? 1 : 0;
  }
  n_ = n;
}

void DocWindow::keep(std::span<ScoredList> lists, Keep which) {
  std::uint32_t n = 0;
  for (std::uint32_t i = 0; i < n_; ++i) {
    const std::uint32_t doc = docs_[i];
    double score = scores_[i];
    bool is_match = false;
    for (ScoredList& list : lists) {
      list.seek_block(doc);
      if (list.block() == list.n_blocks()) continue;
      const auto part = list.find(doc);
      is_match = is_match || part.has_value();
      if (which == Keep::kMatching) score += part.value_or(0);
    }
    docs_[n] = doc;
    scores_[n] = score;
    n += is_match == (which == Keep::kMatching) ? 1 : 0;
  }
  n_ = n;
}

}  // namespace quern::store
