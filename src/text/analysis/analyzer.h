// From a text to the terms that an index holds.
//
//   english   Unicode's words, without 's, in lower case, without Lucene's 33 stop words, stemmed
//             by Porter: Lucene's EnglishAnalyzer
//   standard  Unicode's words in lower case: Lucene's StandardAnalyzer
//   code      identifiers, whole and in their parts, in lower case; nothing stemmed or left out
//   code_english
//             the same, and beside each part that is no stop word its stem behind "~"
//   simple    runs of letters in lower case

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/status.h"

namespace quern::text {

/// The most bytes that a term has: 255 characters of 4.
constexpr std::size_t kMaxTermBytes = 1020;

struct Term {
  std::string_view text;       // Well-formed UTF-8; valid during the call that hands it over.
  std::uint32_t position = 0;  // Counts up; a stop word takes one and leaves a gap.
  std::size_t begin = 0;       // Bytes of the source that it came from.
  std::size_t end = 0;
  bool is_overlap = false;  // At the position of the term before: not counted in a text's length.
};

using TermSink = std::function<void(const Term&)>;

/// Threads: one object per thread.
class Analyzer {
 public:
  explicit Analyzer(std::string_view name);  // One of analyzer_names().
  Analyzer(Analyzer&& other) noexcept;
  Analyzer& operator=(Analyzer&& other) noexcept;
  ~Analyzer();

  /// Hands over the terms of a text in the order of their positions. Any bytes will do: ill-formed
  /// ones part words. Positions beyond 2^32 - 1 wrap: the caller limits a text to 4 GB.
  void analyze(std::string_view utf8, const TermSink& sink);

  std::string_view name() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Errors: kBadInput naming what there is.
Result<Analyzer> make_analyzer(std::string_view name);

std::span<const std::string_view> analyzer_names();

}  // namespace quern::text
