#include "serve/json/json_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

namespace quern::serve {
namespace {

static_assert(std::endian::native == std::endian::little,
              "append_base64 copies floats as they lie");

constexpr std::size_t kFloatChars = 16;  // "-1.17549435e-38" has 15.
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Length of the well-formed UTF-8 character at the front, 0 if there is none.
/// Source: Unicode 15, table 3-7.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto is_tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned b0 = byte(0), b1 = byte(1);
  if (b0 < 0x80) return 1;
  if (b0 >= 0xC2 && b0 <= 0xDF) return is_tail(1) ? 2 : 0;
  if (b0 >= 0xE0 && b0 <= 0xEF) {
    if (!is_tail(1) || !is_tail(2)) return 0;
    return (b0 == 0xE0 && b1 < 0xA0) || (b0 == 0xED && b1 > 0x9F) ? 0 : 3;
  }
  if (b0 >= 0xF0 && b0 <= 0xF4) {
    if (!is_tail(1) || !is_tail(2) || !is_tail(3)) return 0;
    return (b0 == 0xF0 && b1 < 0x90) || (b0 == 0xF4 && b1 > 0x8F) ? 0 : 4;
  }
  return 0;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
  }
}

/// Writes at `p` with at most kFloatChars + 2; returns the end.
char* write_float(char* p, float value) {
  char* const end = std::to_chars(p, p + kFloatChars, value).ptr;
  // "1" would be read as an integer, and "-0" lose its sign.
  if (std::trunc(value) != value || std::find(p, end, 'e') != end) return end;
  end[0] = '.';
  end[1] = '0';
  return end + 2;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t n = utf8_length(text);
    if (n == 0) {
      out += "\xEF\xBF\xBD";
    } else if (n > 1) {
      out += text.substr(0, n);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7F) {
      append_escaped(out, c);
    } else {
      out += c;
    }
    text.remove_prefix(n == 0 ? 1 : n);
  }
  out += '"';
}

void append_json_strings(std::string& out, std::string_view name,
                         std::span<const std::string> texts) {
  append_json_string(out, name);
  out += ":[";
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, texts[i]);
  }
  out += ']';
}

void append_json_float(std::string& out, float value) {
  char digits[kFloatChars + 2];
  out.append(digits, write_float(digits, value));
}

void append_json_floats(std::string& out, std::span<const float> values) {
  const std::size_t begin = out.size();
  out.resize(begin + 2 + values.size() * (kFloatChars + 3));
  char* p = out.data() + begin;
  *p++ = '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) *p++ = ',';
    p = write_float(p, values[i]);
  }
  *p++ = ']';
  out.resize(static_cast<std::size_t>(p - out.data()));
}

void append_base64(std::string& out, std::span<const float> values) {
  const std::size_t n_bytes = values.size_bytes();
  const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
  const std::size_t begin = out.size();
  out.resize(begin + (n_bytes + 2) / 3 * 4);
  char* p = out.data() + begin;
  std::size_t i = 0;
  for (; i + 3 <= n_bytes; i += 3) {
    const std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16 |
                                static_cast<std::uint32_t>(bytes[i + 1]) << 8 | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) *p++ = kBase64[(group >> shift) & 63];
  }
  if (i == n_bytes) return;
  const bool has_two = i + 2 == n_bytes;
  const std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16 |
                              (has_two ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : 0u);
  *p++ = kBase64[group >> 18];
  *p++ = kBase64[(group >> 12) & 63];
  *p++ = has_two ? kBase64[(group >> 6) & 63] : '=';
  *p = '=';
}

}  // namespace quern::serve
