#include "store/lexical/doc_window.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace quern::store {
namespace {

struct Range {
  std::uint32_t first, last;
};

// The documents of the list's block that lie in [begin, end).
Range range_within(ScoredList& list, std::uint32_t begin, std::uint32_t end) {
  const auto docs = list.docs();
  if (docs.empty()) return {0, 0};
  return {docs.front() < begin ? list.n_before(begin) : 0,
          docs.back() >= end ? list.n_before(end) : static_cast<std::uint32_t>(docs.size())};
}

// The documents of [begin, end) in blocks that may get past the bar.
template <typename Use>
void for_each_within(ScoredList& list, double others, std::uint32_t begin, std::uint32_t end,
                     double bar, const Use& use) {
  list.seek_block(begin);
  for (std::uint32_t doc = begin; list.block() < list.n_blocks() && doc < end;) {
    doc = list.last_doc(list.block()) + 1;
    if (list.bound(list.block()) + others >= bar) {
      const auto docs = list.docs();
      const auto scores = list.scores();
      const Range range = range_within(list, begin, end);
      for (std::uint32_t i = range.first; i < range.last; ++i) use(docs[i], scores[i]);
    }
    if (doc < end) list.seek_block(doc);
  }
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
  for_each_within(list, others, begin, end, bar, [&](std::uint32_t doc, double score) {
    docs_[n_] = doc;
    scores_[n_] = score;
    n_ += score + rest >= bar && is_allowed(doc) ? 1 : 0;
  });
}

void DocWindow::add_all(ScoredList& list, double others, std::uint32_t begin, std::uint32_t end,
                        double bar) {
  for_each_within(list, others, begin, end, bar, [&](std::uint32_t doc, double score) {
    const std::uint32_t at = doc - begin;
    const double sum = sums_[at];
    touched_[n_touched_] = static_cast<std::uint16_t>(at);
    n_touched_ += sum < 0 ? 1 : 0;
    sums_[at] = std::max(sum, 0.0) + score;
  });
}

void DocWindow::take_sums(std::uint32_t begin, double rest, double bar) {
  static_assert(kWindowDocs == 64 * 64);
  // Few get past the bar. Only these are put in order: as bits, and a bit for each word of bits.
  std::array<std::uint64_t, 64> bits;
  std::uint64_t words = 0;
  for (std::uint32_t i = 0; i < n_touched_; ++i) {
    const std::uint32_t at = touched_[i];
    if (sums_[at] + rest < bar || !is_allowed(begin + at)) {
      sums_[at] = kUntouched;
      continue;
    }
    const std::uint64_t word = std::uint64_t{1} << at / 64;
    if ((words & word) == 0) bits[at / 64] = 0;
    words |= word;
    bits[at / 64] |= std::uint64_t{1} << at % 64;
  }
  n_touched_ = 0;
  for (; words != 0; words &= words - 1) {
    const auto word = static_cast<std::uint32_t>(std::countr_zero(words));
    for (std::uint64_t left = bits[word]; left != 0; left &= left - 1) {
      const std::uint32_t at = 64 * word + static_cast<std::uint32_t>(std::countr_zero(left));
      docs_[n_] = begin + at;
      scores_[n_++] = sums_[at];
      sums_[at] = kUntouched;
    }
  }
}

void DocWindow::set(std::span<const ScoredDoc> docs) {
  QUERN_CHECK(docs.size() <= kWindowDocs);
  n_ = 0;
  for (const ScoredDoc& found : docs) {
    docs_[n_] = found.doc;
    scores_[n_++] = found.score;
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
