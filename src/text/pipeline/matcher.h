// Where a Pattern occurs in a text.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/pipeline/regex.h"
#include "text/tokenizer_spec.h"

namespace quern::text {

class Matcher {
 public:
  /// Errors: as Regex::compile.
  static Result<Matcher> make(const Pattern& pattern);

  /// Calls `take(RegexMatch)` for each match, in order, none of which overlap.
  template <typename Take>
  void for_each(std::string_view text, RegexScratch& scratch, const Take& take) const {
    if (regex_) return regex_->for_each(text, scratch, take);
    for (std::size_t at = 0; (at = text.find(string_, at)) != std::string_view::npos;) {
      take(RegexMatch{at, at + string_.size()});
      at += string_.size();
    }
  }

  /// Appends `text` to `out` with `content` in place of each match.
  void append_replaced(std::string_view text, std::string_view content, RegexScratch& scratch,
                       std::string& out) const;

  std::size_t resident_bytes() const;

 private:
  std::string string_;  // Not empty, if it is the pattern.
  std::optional<Regex> regex_ = {};
};

}  // namespace quern::text
