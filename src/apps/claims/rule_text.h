// A claim or a sentence as the rules read it: words, numbers and marks, each with its bytes.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_spans.h"

namespace quern::apps {

enum class RuleTokenKind { kWord, kNumber, kMark };

struct RuleToken {
  RuleTokenKind kind = RuleTokenKind::kMark;
  ByteSpan span = {};
  // A word in lower case (ASCII; the micro sign as "u"), with "n't" kept; a mark in ASCII where
  // there is such a one (any dash "-", any quote "'", "<=", ">=", "~", "+-", "deg").
  std::string text = {};
  std::string stem = {};      // Of a word that says something; "" of "the", "of", "is", ...
  double value = 0;           // Of a number, as it is written: 1,200 is 1200.
  int n_decimals = 0;         // Behind its point.
  bool has_groups = false;    // Thousands apart, as in 1,200.
  bool touches_last = false;  // Nothing between it and the token before.
};

struct RuleText {
  std::string_view text;
  std::vector<RuleToken> tokens;

  std::string_view bytes(ByteSpan span) const {
    return text.substr(span.begin, span.end - span.begin);
  }
  /// The token at `i`, or one that is nothing where there is none.
  const RuleToken& at(std::size_t i) const;
  bool is_word(std::size_t i, std::string_view word) const;
  bool is_mark(std::size_t i, std::string_view mark) const;
};

/// Cost: linear. Any bytes will do: those that are not UTF-8 are parts of words.
RuleText read_rule_text(std::string_view text);

}  // namespace quern::apps
