// A run of at most 4,096 documents, scored list by list: the working part of a search that looks at
// many documents at once instead of one at a time.

#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "store/lexical/scored_list.h"

namespace quern::store {

constexpr std::uint32_t kWindowDocs = 4096;

class DocWindow {
 public:
  /// `allowed`: a bit for each document of the segment, or empty where all are.
  explicit DocWindow(std::span<const std::uint64_t> allowed) : allowed_(allowed) {
    sums_.fill(kUntouched);
  }

  /// Documents of [begin, end), ascending, and what the lists so far give each.
  std::uint32_t n() const { return n_; }
  ScoredDoc at(std::uint32_t i) const { return {scores_[i], docs_[i]}; }

  /// Starts anew with the documents of `lists` in [begin, end) that are allowed and may reach `bar`
  /// with `rest` on top. A list's blocks with a bound that cannot reach it with `others` on top
  /// (`others[i]`: the bounds of all lists but lists[i]) are passed over. All lists stand at
  /// `begin` or before it.
  void gather(std::span<ScoredList* const> lists, std::span<const double> others,
              std::uint32_t begin, std::uint32_t end, double rest, double bar);

  /// Starts anew with these documents, ascending and at most kWindowDocs, from anywhere.
  void set(std::span<const ScoredDoc> docs);

  /// Adds what `list` gives; those that cannot reach `bar` with `rest` on top go.
  void complete(ScoredList& list, double rest, double bar);

  enum class Keep { kMatching, kOthers };

  /// Adds what `lists` give to those documents that are in any of them, and lets the others go; or
  /// lets those go that are in any.
  void keep(std::span<ScoredList> lists, Keep which);

 private:
  static constexpr double kUntouched = -1;

  bool is_allowed(std::uint32_t doc) const {
    return allowed_.empty() || (allowed_[doc / 64] >> doc % 64 & 1) != 0;
  }
  void gather_one(ScoredList& list, double others, std::uint32_t begin, std::uint32_t end,
                  double rest, double bar);
  void add_all(ScoredList& list, double others, std::uint32_t begin, std::uint32_t end, double bar);
  void take_sums(std::uint32_t begin, double rest, double bar);

  std::span<const std::uint64_t> allowed_;
  std::uint32_t n_ = 0;
  std::array<std::uint32_t, kWindowDocs> docs_;
  std::array<double, kWindowDocs> scores_;
  std::array<double, kWindowDocs> sums_;  // By document; kUntouched between calls.
  std::uint32_t n_touched_ = 0;
  std::array<std::uint16_t, kWindowDocs + 1> touched_;  // Documents with a sum, list by list.
};

}  // namespace quern::store
