#include "text/analysis/code_words.h"

#include <utf8proc.h>

#include "base/char_class.h"
#include "base/utf8.h"

namespace quern::text {
namespace {

enum class Kind { kOutside, kUnderscore, kDigit, kUpper, kLower };

struct Char {
  Kind kind = Kind::kOutside;
  std::size_t end = 0;
};

Kind kind_of(CodePoint code) {
  if (code >= 'a' && code <= 'z') return Kind::kLower;
  if (code >= 'A' && code <= 'Z') return Kind::kUpper;
  if (code >= '0' && code <= '9') return Kind::kDigit;
  if (code == '_') return Kind::kUnderscore;
  if (code < 0x80 || !is_word_char(code)) return Kind::kOutside;
  if (is_number(code)) return Kind::kDigit;
  const auto c = static_cast<utf8proc_int32_t>(code);
  // Scripts without case count as lower: nothing in them begins a part.
  return utf8proc_tolower(c) != c ? Kind::kUpper : Kind::kLower;
}

Char char_at(std::string_view utf8, std::size_t pos) {
  if (pos >= utf8.size()) return {Kind::kOutside, pos};
  const Decoded c = decode_utf8(utf8, pos);
  return {c.valid ? kind_of(c.code) : Kind::kOutside, pos + static_cast<std::size_t>(c.n_bytes)};
}

bool is_text(Kind kind) { return kind != Kind::kOutside && kind != Kind::kUnderscore; }

// A part ends between `before` and `here`, given what comes after `here`.
bool ends_part(Kind before, Kind here, Kind after) {
  if (!is_text(here)) return true;
  if ((before == Kind::kDigit) != (here == Kind::kDigit)) return true;
  if (here != Kind::kUpper) return false;
  return before == Kind::kLower || after == Kind::kLower;
}

}  // namespace

std::optional<WordSpan> next_identifier(std::string_view utf8, std::size_t pos) {
  while (pos < utf8.size()) {
    WordSpan span = {pos, pos};
    bool has_text = false;
    Char c = char_at(utf8, pos);
    for (; c.kind != Kind::kOutside; c = char_at(utf8, span.end)) {
      has_text = has_text || is_text(c.kind);
      span.end = c.end;
    }
    if (has_text) return span;
    pos = c.end;
  }
  return std::nullopt;
}

std::optional<WordSpan> next_part(std::string_view identifier, std::size_t pos) {
  Char c = char_at(identifier, pos);
  while (pos < identifier.size() && !is_text(c.kind)) {
    pos = c.end;
    c = char_at(identifier, pos);
  }
  if (pos >= identifier.size()) return std::nullopt;
  WordSpan part = {pos, c.end};
  for (int n_chars = 1; n_chars < kMaxWordChars; ++n_chars) {
    const Char next = char_at(identifier, c.end);
    if (ends_part(c.kind, next.kind, char_at(identifier, next.end).kind)) break;
    part.end = next.end;
    c = next;
  }
  return part;
}

}  // namespace quern::text
