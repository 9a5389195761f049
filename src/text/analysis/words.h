// Words of a text by Unicode's default word boundaries, chosen and cut as Lucene's
// StandardTokenizer does.
//
// Source: Unicode 15, UAX #29 section 4.1; the classes are in word_break_table.inc
// (tools/make_word_break.py).

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace quern::text {

/// Longer words are cut into pieces of so many characters.
constexpr int kMaxWordChars = 255;

/// The first word boundary behind `pos`, which must be one and below utf8.size(). Ill-formed bytes
/// count as characters of no class.
std::size_t next_word_boundary(std::string_view utf8, std::size_t pos);

struct WordSpan {
  std::size_t begin = 0;  // Bytes.
  std::size_t end = 0;

  bool operator==(const WordSpan&) const = default;
};

/// The next stretch between boundaries that begins with a letter, a digit, an ideograph, a kana, a
/// flag or an emoji. A run of South East Asian letters, which Unicode cuts at every one, is one
/// word, as in Lucene. Threads: one object per thread.
class WordReader {
 public:
  explicit WordReader(std::string_view utf8) : utf8_(utf8) {}

  std::optional<WordSpan> next();

 private:
  WordSpan cut(WordSpan word);

  std::string_view utf8_;
  std::size_t pos_ = 0;
  std::size_t cut_end_ = 0;  // Of a long word of which pieces are still to come.
};

}  // namespace quern::text
