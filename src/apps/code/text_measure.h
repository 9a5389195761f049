// Where the lines of a text begin, and how much of it is more than white space.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "apps/code/code_chunk.h"

namespace quern::apps {

/// Blank here is ASCII white space alone, and lines end at '\n': the same everywhere in apps/code.
constexpr bool is_blank(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

/// Of texts below 4 GB. The text outlives it.
class TextMeasure {
 public:
  explicit TextMeasure(std::string_view text);

  std::string_view text() const { return text_; }

  /// Characters in [begin, end) that are not blank, each counted at its first byte.
  int n_chars(std::size_t begin, std::size_t end) const {
    return static_cast<int>(chars_before_[end] - chars_before_[begin]);
  }

  /// From 0.
  int line_at(std::size_t byte) const;
  std::size_t line_begin(int line) const { return lines_[static_cast<std::size_t>(line)]; }
  /// Behind its '\n', or the text's end.
  std::size_t line_end(int line) const;
  int n_lines() const { return static_cast<int>(lines_.size()); }

  /// The bytes without blanks at either end, but with those before it on its first line where
  /// nothing else of [begin, end) or of the line is there. Empty, at `begin`, where all is blank.
  CodeSpan trimmed(std::size_t begin, std::size_t end) const;

 private:
  std::string_view text_;
  std::vector<std::uint32_t> chars_before_;  // [text.size() + 1]
  std::vector<std::size_t> lines_;           // First bytes.
};

}  // namespace quern::apps
