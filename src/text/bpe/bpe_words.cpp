#include "text/bpe/bpe_words.h"

#include <array>

#include "base/char_class.h"
#include "base/check.h"
#include "base/utf8.h"

namespace quern::text {
namespace {

enum class Kind : unsigned char { kLetter, kNumber, kNewline, kSpace, kOther, kEnd };

Kind kind_of(CodePoint code) {
  if (code == '\r' || code == '\n') return Kind::kNewline;
  if (is_white_space(code)) return Kind::kSpace;
  if (is_letter(code)) return Kind::kLetter;
  return is_number(code) ? Kind::kNumber : Kind::kOther;
}

struct Char {
  Kind kind = Kind::kEnd;
  std::size_t n_bytes = 0;
};

Char char_at(std::string_view text, std::size_t pos) {
  static const std::array<Kind, 128> ascii = [] {
    std::array<Kind, 128> kinds{};
    for (CodePoint c = 0; c < 128; ++c) kinds[c] = kind_of(c);
    return kinds;
  }();
  if (pos >= text.size()) return {};
  const auto byte = static_cast<unsigned char>(text[pos]);
  if (byte < 0x80) return {ascii[byte], 1};
  const Decoded c = decode_utf8(text, pos);
  return {kind_of(c.code), static_cast<std::size_t>(c.n_bytes)};
}

bool is_space(Kind kind) { return kind == Kind::kSpace || kind == Kind::kNewline; }

// End of the run of `kind` that starts at or after `pos`.
std::size_t run_end(std::string_view text, std::size_t pos, Kind kind) {
  for (Char c = char_at(text, pos); c.kind == kind; c = char_at(text, pos)) pos += c.n_bytes;
  return pos;
}

enum class Case { kExact, kIgnored };

// Bytes of 's 't 're 've 'm 'll 'd at the front, or 0.
std::size_t contraction_bytes(std::string_view text, Case match) {
  if (text.size() < 2 || text[0] != '\'') return 0;
  const auto at = [&](std::size_t i) {
    const char c = i < text.size() ? text[i] : '\0';
    return match == Case::kIgnored && c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  };
  const char a = at(1);
  const char b = at(2);
  if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
  if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return 3;
  // U+017F, the long s, folds to s.
  if (match == Case::kIgnored && text.substr(1).starts_with("\u017F")) return 3;
  return 0;
}

// \s+(?!\S)|\s+ on text that starts with white space: all of the run if `stop` or the end follows
// it, else all but its last character, which goes with the next word. A run of one is whole.
std::size_t space_bytes(std::string_view text, Kind stop) {
  std::size_t end = 0;
  std::size_t last = 0;
  Char c = char_at(text, 0);
  for (; is_space(c.kind); c = char_at(text, end)) {
    last = end;
    end += c.n_bytes;
  }
  return c.kind == Kind::kEnd || c.kind == stop || last == 0 ? end : last;
}

enum class Numbers { kRuns, kAlone };

std::size_t gpt2_bytes(std::string_view text, Numbers numbers) {
  if (const std::size_t n = contraction_bytes(text, Case::kExact)) return n;
  const std::size_t start = text[0] == ' ' ? 1 : 0;
  const Char c = char_at(text, start);
  const bool alone = c.kind == Kind::kNumber && numbers == Numbers::kAlone;
  if (alone && start == 0) return c.n_bytes;
  if (c.kind != Kind::kEnd && !is_space(c.kind) && !alone) return run_end(text, start, c.kind);
  return space_bytes(text, numbers == Numbers::kAlone ? Kind::kNumber : Kind::kEnd);
}

// \s*[\r\n]+ : white space up to its last newline, or 0.
std::size_t space_to_newline_bytes(std::string_view text) {
  std::size_t end = 0;
  std::size_t pos = 0;
  for (Char c = char_at(text, 0); is_space(c.kind); c = char_at(text, pos)) {
    pos += c.n_bytes;
    if (c.kind == Kind::kNewline) end = pos;
  }
  return end;
}

std::size_t llama3_bytes(std::string_view text, int max_digits) {
  if (const std::size_t n = contraction_bytes(text, Case::kIgnored)) return n;
  const Char first = char_at(text, 0);
  if (first.kind == Kind::kLetter) return run_end(text, 0, Kind::kLetter);
  if (first.kind == Kind::kNumber) {
    std::size_t end = 0;
    Char c = first;
    for (int i = 0; i < max_digits && c.kind == Kind::kNumber; ++i, c = char_at(text, end)) {
      end += c.n_bytes;
    }
    return end;
  }
  if (first.kind != Kind::kNewline && char_at(text, first.n_bytes).kind == Kind::kLetter) {
    return run_end(text, first.n_bytes, Kind::kLetter);
  }
  const std::size_t start = text[0] == ' ' ? 1 : 0;
  if (char_at(text, start).kind == Kind::kOther) {
    return run_end(text, run_end(text, start, Kind::kOther), Kind::kNewline);
  }
  if (const std::size_t n = space_to_newline_bytes(text)) return n;
  return space_bytes(text, Kind::kEnd);
}

std::size_t word_bytes(BpeWords rules, std::string_view text) {
  switch (rules) {
    case BpeWords::kGpt2:
      return gpt2_bytes(text, Numbers::kRuns);
    case BpeWords::kSmolLm:
      return gpt2_bytes(text, Numbers::kAlone);
    case BpeWords::kLlama3:
      return llama3_bytes(text, 3);
    case BpeWords::kQwen2:
      return llama3_bytes(text, 1);
  }
  return text.size();
}

}  // namespace

pre_tokenizers::Split words_split(BpeWords rules) {
  QUERN_CHECK(rules == BpeWords::kLlama3 || rules == BpeWords::kQwen2);
  const std::string digits = rules == BpeWords::kLlama3 ? R"(\p{N}{1,3})" : R"(\p{N})";
  return {.pattern =
              regex_pattern(R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)" + digits +
                            R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)")};
}

std::string_view next_bpe_word(BpeWords rules, std::string_view& rest) {
  const std::string_view word = rest.substr(0, word_bytes(rules, rest));
  rest.remove_prefix(word.size());
  return word;
}

}  // namespace quern::text
