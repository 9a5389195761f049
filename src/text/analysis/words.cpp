#include "text/analysis/words.h"

#include <array>

#include "base/code_range.h"
#include "base/utf8.h"

namespace quern::text {
namespace {

// In the order of CLASSES in tools/make_word_break.py.
enum class WordBreak : unsigned char {
  kOther,
  kCr,
  kLf,
  kNewline,
  kExtend,
  kZwj,
  kFormat,
  kRegionalIndicator,
  kKatakana,
  kHebrewLetter,
  kALetter,
  kSingleQuote,
  kDoubleQuote,
  kMidNumLet,
  kMidLetter,
  kMidNum,
  kNumeric,
  kExtendNumLet,
  kWSegSpace,
  kLetterPictograph,  // ALetter that is Extended_Pictographic too.
  kPictograph,        // Extended_Pictographic shown as text by default: no word.
  kEmoji,             // Extended_Pictographic shown as a picture by default.
  kIdeograph,
  kHiragana,
  kSouthEastAsian,
};

#include "text/analysis/word_break_table.inc"

WordBreak find_class(CodePoint code) {
  const CodeRangeValue* range = find_range(kWordBreaks, code);
  return range == nullptr ? WordBreak::kOther : static_cast<WordBreak>(range->value);
}

const std::array<WordBreak, 128> kAsciiClass = [] {
  std::array<WordBreak, 128> classes{};
  for (CodePoint c = 0; c < 128; ++c) classes[c] = find_class(c);
  return classes;
}();

struct Char {
  WordBreak kind;
  std::size_t end;  // Where the next one begins.
};

Char char_at(std::string_view text, std::size_t pos) {
  const auto byte = static_cast<unsigned char>(text[pos]);
  if (byte < 0x80) return {kAsciiClass[byte], pos + 1};
  const Decoded c = decode_utf8(text, pos);
  const std::size_t end = pos + static_cast<std::size_t>(c.n_bytes);
  return {c.valid ? find_class(c.code) : WordBreak::kOther, end};
}

bool is_break_char(WordBreak c) {
  return c == WordBreak::kCr || c == WordBreak::kLf || c == WordBreak::kNewline;
}

// WB4: what joins the character before it.
bool is_ignored(WordBreak c) {
  return c == WordBreak::kExtend || c == WordBreak::kFormat || c == WordBreak::kZwj;
}

bool is_letter_class(WordBreak c) {
  return c == WordBreak::kALetter || c == WordBreak::kHebrewLetter ||
         c == WordBreak::kLetterPictograph;
}

bool is_pictographic(WordBreak c) {
  return c == WordBreak::kPictograph || c == WordBreak::kEmoji || c == WordBreak::kLetterPictograph;
}

bool is_mid_num_let_q(WordBreak c) {
  return c == WordBreak::kMidNumLet || c == WordBreak::kSingleQuote;
}

bool is_mid(WordBreak c) {
  return is_mid_num_let_q(c) || c == WordBreak::kMidLetter || c == WordBreak::kMidNum ||
         c == WordBreak::kDoubleQuote;
}

// The class and end of the first character at or after `pos` that WB4 does not pass over.
Char significant_at(std::string_view text, std::size_t pos) {
  while (pos < text.size()) {
    const Char c = char_at(text, pos);
    if (!is_ignored(c.kind)) return c;
    pos = c.end;
  }
  return {WordBreak::kOther, pos};
}

// WB5, WB8 to WB10, WB13 to WB13b: pairs that stay together whatever follows.
bool joins(WordBreak before, WordBreak after) {
  const bool before_word = is_letter_class(before) || before == WordBreak::kNumeric;
  const bool after_word = is_letter_class(after) || after == WordBreak::kNumeric;
  if (before_word && after_word) return true;
  if (before == WordBreak::kKatakana && after == WordBreak::kKatakana) return true;
  if (after == WordBreak::kExtendNumLet) {
    return before_word || before == WordBreak::kKatakana || before == WordBreak::kExtendNumLet;
  }
  if (before == WordBreak::kExtendNumLet) return after_word || after == WordBreak::kKatakana;
  return false;
}

// WB6, WB7, WB7b, WB7c, WB11, WB12: `mid` stands between two that it joins.
bool joins_across(WordBreak before, WordBreak mid, WordBreak after) {
  if (is_letter_class(before) && is_letter_class(after) &&
      (mid == WordBreak::kMidLetter || is_mid_num_let_q(mid))) {
    return true;
  }
  if (mid == WordBreak::kDoubleQuote) {
    return before == WordBreak::kHebrewLetter && after == WordBreak::kHebrewLetter;
  }
  return before == WordBreak::kNumeric && after == WordBreak::kNumeric &&
         (mid == WordBreak::kMidNum || is_mid_num_let_q(mid));
}

bool begins_word(WordBreak c) {
  return is_letter_class(c) || c == WordBreak::kNumeric || c == WordBreak::kKatakana ||
         c == WordBreak::kIdeograph || c == WordBreak::kHiragana ||
         c == WordBreak::kSouthEastAsian || c == WordBreak::kEmoji ||
         c == WordBreak::kRegionalIndicator;
}

// "_" joins words without being one: "_id" is a word, "__" is not.
bool has_word(std::string_view utf8, WordSpan span) {
  Char c = char_at(utf8, span.begin);
  while (c.kind == WordBreak::kExtendNumLet && c.end < span.end) c = significant_at(utf8, c.end);
  return begins_word(c.kind);
}

}  // namespace

std::size_t next_word_boundary(std::string_view utf8, std::size_t pos) {
  Char c = char_at(utf8, pos);
  std::size_t end = c.end;
  if (is_break_char(c.kind)) {
    const bool is_cr_lf = c.kind == WordBreak::kCr && end < utf8.size() && utf8[end] == '\n';
    return is_cr_lf ? end + 1 : end;
  }
  WordBreak before = c.kind;  // The last one that WB4 does not pass over,
  WordBreak last = c.kind;    // and the last one of all.
  int n_regional = before == WordBreak::kRegionalIndicator ? 1 : 0;
  while (end < utf8.size()) {
    c = char_at(utf8, end);
    if (is_ignored(c.kind)) {
      last = c.kind;
      end = c.end;
      continue;
    }
    const bool is_space_run = last == WordBreak::kWSegSpace && c.kind == WordBreak::kWSegSpace;
    const bool is_joined_picture = last == WordBreak::kZwj && is_pictographic(c.kind);
    const bool is_flag = c.kind == WordBreak::kRegionalIndicator && n_regional == 1;
    const bool is_quoted_hebrew =
        before == WordBreak::kHebrewLetter && c.kind == WordBreak::kSingleQuote;
    if (!is_space_run && !is_joined_picture && !is_flag && !is_quoted_hebrew &&
        !joins(before, c.kind)) {
      if (!is_mid(c.kind)) return end;
      const Char after = significant_at(utf8, c.end);
      if (!joins_across(before, c.kind, after.kind)) return end;
      c = after;
    }
    n_regional = c.kind == WordBreak::kRegionalIndicator ? n_regional + 1 : 0;
    before = last = c.kind;
    end = c.end;
  }
  return end;
}

std::optional<WordSpan> WordReader::next() {
  if (pos_ < cut_end_) return cut({pos_, cut_end_});
  while (pos_ < utf8_.size()) {
    WordSpan span = {pos_, next_word_boundary(utf8_, pos_)};
    pos_ = span.end;
    if (!has_word(utf8_, span)) continue;
    if (char_at(utf8_, span.begin).kind == WordBreak::kSouthEastAsian) {
      while (span.end < utf8_.size() &&
             char_at(utf8_, span.end).kind == WordBreak::kSouthEastAsian) {
        span.end = next_word_boundary(utf8_, span.end);
      }
    }
    return cut(span);
  }
  return std::nullopt;
}

WordSpan WordReader::cut(WordSpan word) {
  cut_end_ = pos_ = word.end;
  if (word.end - word.begin <= kMaxWordChars) return word;  // Of bytes, so of characters too.
  pos_ = word.begin;
  for (int n_chars = 0; pos_ < word.end && n_chars < kMaxWordChars; ++n_chars) {
    pos_ += static_cast<std::size_t>(decode_utf8(utf8_, pos_).n_bytes);
  }
  return {word.begin, pos_};
}

}  // namespace quern::text
