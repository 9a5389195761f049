// Substrings and regular expressions, found in texts by PCRE2 within limits of work and time.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/lexical/trigram_query.h"

struct pcre2_real_code_8;
struct pcre2_real_match_data_8;
struct pcre2_real_match_context_8;

namespace quern::store {

inline constexpr std::size_t kMaxPatternBytes = 1 << 16;

enum class PatternKind {
  kSubstring,  // Every sign stands for itself.
  kRegex,      // As PCRE2 reads it, in Unicode; ^ and $ are ends of lines.
};
enum class LetterCase { kExact, kIgnored };

struct PatternSpec {
  std::string text;
  PatternKind kind = PatternKind::kRegex;
  LetterCase letters = LetterCase::kExact;
};

/// Threads: immutable.
class Pattern {
 public:
  /// Errors: kBadInput saying where the pattern is wrong and why.
  static Result<Pattern> compile(const PatternSpec& spec);

  /// What a document must have to match.
  const TrigramQuery& needs() const { return needs_; }

 private:
  friend class PatternMatcher;
  std::shared_ptr<pcre2_real_code_8> code_;
  TrigramQuery needs_;
};

struct PatternMatch {
  std::size_t begin = 0;  // Bytes.
  std::size_t end = 0;

  bool operator==(const PatternMatch&) const = default;
};

enum class Matched {
  kNo,
  kYes,
  kTooHard,    // The pattern takes too many steps on this text, or too much memory: not known.
  kOutOfTime,  // The deadline came first: not known.
};

/// Threads: an object per thread. The pattern outlives it.
class PatternMatcher {
 public:
  using Time = std::chrono::steady_clock::time_point;

  PatternMatcher(const Pattern& pattern, Time deadline);
  ~PatternMatcher();
  PatternMatcher(const PatternMatcher&) = delete;
  PatternMatcher& operator=(const PatternMatcher&) = delete;

  /// Appends the matches of a text in order, n_most at most. An empty one is only given where there
  /// is no other. `text` may have bytes that are not UTF-8: nothing matches these. What was found
  /// before a limit was reached stays: kYes.
  Matched find(std::string_view text, std::size_t n_most, std::vector<PatternMatch>& out);

  bool is_out_of_time() const { return std::chrono::steady_clock::now() >= deadline_; }

 private:
  Matched find_next(std::string_view text, std::size_t from, PatternMatch& found);
  int match_near(std::string_view text, std::size_t from, std::size_t last);

  const Pattern* pattern_;
  Time deadline_;
  pcre2_real_match_data_8* data_;
  pcre2_real_match_context_8* context_;
};

}  // namespace quern::store
