#include "base/utf8.h"

#include <cstring>

namespace quern {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080ull;

// What may follow a lead byte: how many bytes, and the narrowed range of the first of them.
struct Lead {
  int n_more;
  unsigned char low, high;
  CodePoint bits;
};

Lead lead_of(unsigned char byte) {
  if (byte < 0xC2) return {0, 0, 0, 0};  // Continuation bytes and overlong leads.
  if (byte < 0xE0) return {1, 0x80, 0xBF, byte & 0x1Fu};
  if (byte == 0xE0) return {2, 0xA0, 0xBF, 0};
  if (byte == 0xED) return {2, 0x80, 0x9F, 0xD};  // No surrogates.
  if (byte < 0xF0) return {2, 0x80, 0xBF, byte & 0xFu};
  if (byte == 0xF0) return {3, 0x90, 0xBF, 0};
  if (byte < 0xF4) return {3, 0x80, 0xBF, byte & 0x7u};
  if (byte == 0xF4) return {3, 0x80, 0x8F, 4};
  return {0, 0, 0, 0};
}

}  // namespace

Decoded decode_utf8(std::string_view utf8, std::size_t pos) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(utf8[i]); };
  if (at(pos) < 0x80) return {at(pos), 1, true};
  const Lead lead = lead_of(at(pos));
  if (lead.n_more == 0) return {kReplacement, 1, false};
  CodePoint code = lead.bits;
  unsigned char low = lead.low;
  unsigned char high = lead.high;
  for (int i = 1; i <= lead.n_more; ++i) {
    const std::size_t next = pos + static_cast<std::size_t>(i);
    if (next >= utf8.size() || at(next) < low || at(next) > high) return {kReplacement, i, false};
    code = code << 6 | (at(next) & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  return {code, lead.n_more + 1, true};
}

void append_utf8(CodePoint code, std::string& out) {
  const auto byte = [&](CodePoint value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

std::size_t find_non_ascii(std::string_view utf8, std::size_t pos) {
  std::uint64_t word;
  while (pos + sizeof(word) <= utf8.size()) {
    std::memcpy(&word, utf8.data() + pos, sizeof(word));
    if ((word & kHighBits) != 0) break;
    pos += sizeof(word);
  }
  while (pos < utf8.size() && static_cast<unsigned char>(utf8[pos]) < 0x80) ++pos;
  return pos;
}

bool is_valid_utf8(std::string_view utf8) {
  for (std::size_t pos = find_non_ascii(utf8, 0); pos < utf8.size();) {
    const Decoded c = decode_utf8(utf8, pos);
    if (!c.valid) return false;
    pos += static_cast<std::size_t>(c.n_bytes);
    if (pos < utf8.size() && static_cast<unsigned char>(utf8[pos]) < 0x80) {
      pos = find_non_ascii(utf8, pos);
    }
  }
  return true;
}

std::string_view repair_utf8(std::string_view utf8, std::string& storage) {
  if (is_valid_utf8(utf8)) return utf8;
  storage.clear();
  storage.reserve(utf8.size() + 16);
  for (std::size_t pos = 0; pos < utf8.size();) {
    const Decoded c = decode_utf8(utf8, pos);
    append_utf8(c.code, storage);
    pos += static_cast<std::size_t>(c.n_bytes);
  }
  return storage;
}

std::size_t count_chars(std::string_view utf8) {
  std::size_t n = 0;
  for (const char byte : utf8) n += !is_continuation_byte(byte);
  return n;
}

std::size_t last_char(std::string_view utf8) {
  std::size_t pos = utf8.size() - 1;
  while (pos > 0 && is_continuation_byte(utf8[pos])) --pos;
  return pos;
}

}  // namespace quern
