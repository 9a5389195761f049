#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "apps/code/file_kind.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

enum class Encoding { kUtf8, kUtf8Mark, kUtf16Little, kUtf16Big, kUtf32Little, kUtf32Big };

bool begins(std::string_view bytes, std::string_view with) {
  return bytes.substr(0, with.size()) == with;
}

// By the byte order mark. FF FE 00 00 is UTF-32: a text in UTF-16 has no NUL.
Encoding encoding_of(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (begins(bytes, "\xEF\xBB\xBF"sv)) return Encoding::kUtf8Mark;
  if (begins(bytes, "\xFF\xFE\0\0"sv)) return Encoding::kUtf32Little;
  if (begins(bytes, "\0\0\xFE\xFF"sv)) return Encoding::kUtf32Big;
  if (begins(bytes, "\xFF\xFE"sv)) return Encoding::kUtf16Little;
  if (begins(bytes, "\xFE\xFF"sv)) return Encoding::kUtf16Big;
  return Encoding::kUtf8;
}

// The n bytes at `pos` as a number.
CodePoint unit_at(std::string_view bytes, std::size_t pos, std::size_t n, bool is_big) {
  CodePoint unit = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t at = is_big ? pos + i : pos + n - 1 - i;
    unit = unit << 8 | static_cast<unsigned char>(bytes[at]);
  }
  return unit;
}

bool is_high(CodePoint unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(CodePoint unit) { return unit >= 0xDC00 && unit < 0xE000; }

std::string utf8_from_utf16(std::string_view bytes, bool is_big) {
  std::string out;
  out.reserve(bytes.size() / 2 + bytes.size() / 8);
  std::size_t pos = 2;
  for (; pos + 2 <= bytes.size(); pos += 2) {
    CodePoint code = unit_at(bytes, pos, 2, is_big);
    if (is_high(code) && pos + 4 <= bytes.size() && is_low(unit_at(bytes, pos + 2, 2, is_big))) {
      code = 0x10000 + ((code - 0xD800) << 10) + (unit_at(bytes, pos + 2, 2, is_big) - 0xDC00);
      pos += 2;
    } else if (is_high(code) || is_low(code)) {
      code = kReplacement;
    }
    append_utf8(code, out);
  }
  if (pos < bytes.size()) append_utf8(kReplacement, out);
  return out;
}

std::string utf8_from_utf32(std::string_view bytes, bool is_big) {
  std::string out;
  out.reserve(bytes.size() / 4 + bytes.size() / 16);
  std::size_t pos = 4;
  for (; pos + 4 <= bytes.size(); pos += 4) {
    const CodePoint code = unit_at(bytes, pos, 4, is_big);
    append_utf8(code > 0x10FFFF || is_high(code) || is_low(code) ? kReplacement : code, out);
  }
  if (pos < bytes.size()) append_utf8(kReplacement, out);
  return out;
}

// What windows-1252 has at 0x80 to 0x9F; the five bytes without a meaning are controls, as the
// web's standard has it. Source: https://encoding.spec.whatwg.org/#windows-1252
constexpr std::array<std::uint16_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

std::string utf8_from_windows1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : CodePoint{byte}, out);
  }
  return out;
}

}  // namespace

std::string utf8_from_source(std::string bytes) {
  switch (encoding_of(bytes)) {
    case Encoding::kUtf16Little:
      return utf8_from_utf16(bytes, false);
    case Encoding::kUtf16Big:
      return utf8_from_utf16(bytes, true);
    case Encoding::kUtf32Little:
      return utf8_from_utf32(bytes, false);
    case Encoding::kUtf32Big:
      return utf8_from_utf32(bytes, true);
    case Encoding::kUtf8Mark:
      bytes.erase(0, 3);
      break;
    case Encoding::kUtf8:
      break;
  }
  return is_valid_utf8(bytes) ? bytes : utf8_from_windows1252(bytes);
}

std::optional<std::string> why_no_text(std::string_view, std::string_view content) {
  const Encoding encoding = encoding_of(content);
  if (encoding == Encoding::kUtf8 || encoding == Encoding::kUtf8Mark) {
    if (content.find('\0') != std::string_view::npos) return "binary";
  }
  return std::nullopt;
}

}  // namespace quern::apps
