// UTF-8 <-> code points. Decoding never fails: ill-formed bytes become U+FFFD.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace quern {

using CodePoint = std::uint32_t;

constexpr CodePoint kReplacement = 0xFFFD;

struct Decoded {
  CodePoint code = 0;
  int n_bytes = 0;  // Consumed; at least 1.
  bool valid = true;
};

/// The character at `pos` < utf8.size(). Ill-formed bytes give U+FFFD and the length of the
/// maximal subpart. Source: Unicode 15, section 3.9, table 3-7 and "Substitution of Maximal
/// Subparts"; the same as Python's errors="replace".
Decoded decode_utf8(std::string_view utf8, std::size_t pos);

void append_utf8(CodePoint code, std::string& out);

/// Index of the first byte >= 0x80 at or after `pos`, or utf8.size().
std::size_t find_non_ascii(std::string_view utf8, std::size_t pos);

bool is_valid_utf8(std::string_view utf8);

/// `utf8` itself if it is well formed; else a repaired copy, which is kept in `storage`.
std::string_view repair_utf8(std::string_view utf8, std::string& storage);

/// Characters in well-formed text.
std::size_t count_chars(std::string_view utf8);

/// Start of the last character of well-formed, non-empty text.
std::size_t last_char(std::string_view utf8);

inline bool is_continuation_byte(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

}  // namespace quern
