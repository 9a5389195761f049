// Regular expressions by PCRE2, with a bound on the work of any pattern on any text.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/status.h"

struct pcre2_real_code_8;
struct pcre2_real_match_data_8;
struct pcre2_real_match_context_8;

namespace quern::text {

/// What matching needs besides the pattern; one per call of encode. How many steps all matches
/// together may take, and how much time where none is found, grows with the length of the text:
/// when they are spent, patterns that want many find nothing.
class RegexScratch {
 public:
  explicit RegexScratch(std::size_t text_bytes);
  ~RegexScratch();
  RegexScratch(const RegexScratch&) = delete;
  RegexScratch& operator=(const RegexScratch&) = delete;

 private:
  friend class Regex;

  /// Takes steps from the allowance; false, with a warning the first time, when it is spent.
  bool spend(std::uint64_t n_steps);

  /// False when the time is over, counted from the first call.
  bool has_time();

  pcre2_real_match_data_8* data_ = nullptr;        // Made at first use.
  pcre2_real_match_context_8* context_ = nullptr;  //
  std::uint64_t n_steps_left_;
  std::chrono::nanoseconds time_limit_;
  std::chrono::steady_clock::time_point start_ = {};
};

struct RegexMatch {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Threads: immutable; each thread matches with a scratch of its own.
class Regex {
 public:
  /// `pattern` in Oniguruma's syntax, as huggingface/tokenizers reads it.
  /// Errors: kUnsupported naming the pattern, and what of it PCRE2 does not take.
  static Result<Regex> compile(std::string_view pattern);

  /// Finds the leftmost match at or after `from` <= text.size(); `text` is well formed. False
  /// without one, or when the steps are spent (a warning is logged).
  bool find(std::string_view text, std::size_t from, RegexScratch& scratch, RegexMatch& out) const;

  /// Calls `take(RegexMatch)` for each match in order. No empty one touches the one before.
  template <typename Take>
  void for_each(std::string_view text, RegexScratch& scratch, const Take& take) const {
    std::size_t last_end = SIZE_MAX;
    RegexMatch match;
    for (std::size_t from = 0; from <= text.size() && find(text, from, scratch, match);) {
      if (match.begin == match.end && match.end == last_end) {
        from = next_char(text, from);
        continue;
      }
      from = last_end = match.end;
      take(match);
    }
  }

  std::size_t resident_bytes() const;

 private:
  struct Free {
    void operator()(pcre2_real_code_8* code) const;
  };

  int match_near(std::string_view text, std::size_t from, std::size_t last,
                 RegexScratch& scratch) const;
  static std::size_t next_char(std::string_view text, std::size_t pos);

  std::shared_ptr<pcre2_real_code_8> code_;
};

}  // namespace quern::text
