#include "apps/papers/import/clean_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "base/char_class.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

enum class BlankLines { kKept, kJoined };

// Neither shown nor a blank: C0 and C1 controls, soft hyphens, zero-width marks of order.
bool is_invisible(CodePoint code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x200b ||
         code == 0xfeff || (code >= 0x202a && code <= 0x202e) || (code >= 0xfff9 && code <= 0xfffb);
}

std::string cleaned(std::string_view text, BlankLines blank_lines) {
  std::string out;
  out.reserve(text.size());
  int n_feeds = 0;
  bool is_behind_blank = false;
  for (std::size_t at = 0; at < text.size();) {
    const Decoded c = decode_utf8(text, at);
    at += static_cast<std::size_t>(c.n_bytes);
    if (is_white_space(c.code)) {
      is_behind_blank = true;
      if (c.code == '\n' || c.code == 0x2029) ++n_feeds;
      continue;
    }
    if (!c.valid || is_invisible(c.code)) continue;
    if (is_behind_blank && !out.empty()) {
      out += blank_lines == BlankLines::kKept && n_feeds >= 2 ? "\n\n" : " ";
    }
    is_behind_blank = false;
    n_feeds = 0;
    append_utf8(c.code, out);
  }
  return out;
}

// Of bytes 0x80 to 0x9f; 0: none.
constexpr std::array<std::uint16_t, 32> kWindows1252 = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

bool is_figure(char c) { return c >= '0' && c <= '9'; }

// Takes a number of at most `n_most` digits off the front; -1 where there is none.
int take_number(std::string_view& text, std::size_t n_most) {
  std::size_t n = 0;
  int out = 0;
  while (n < text.size() && n < n_most && is_figure(text[n])) out = 10 * out + (text[n++] - '0');
  text.remove_prefix(n);
  return n == 0 ? -1 : out;
}

bool take_separator(std::string_view& text) {
  if (text.empty() || (text[0] != '-' && text[0] != '/')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string one_line(std::string_view text) { return cleaned(text, BlankLines::kJoined); }

std::string in_paragraphs(std::string_view text) { return cleaned(text, BlankLines::kKept); }

std::string utf8_from_windows_1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 || byte >= 0xa0) {
      append_utf8(byte, out);
    } else {
      const CodePoint code = kWindows1252[byte - 0x80U];
      append_utf8(code == 0 ? kReplacement : code, out);
    }
  }
  return out;
}

std::string utf8_of_field(std::string_view bytes) {
  return is_valid_utf8(bytes) ? std::string(bytes) : utf8_from_windows_1252(bytes);
}

std::optional<std::string> utf8_from_utf16(std::string_view bytes) {
  const bool is_little = bytes.starts_with("\xff\xfe");
  if (!is_little && !bytes.starts_with("\xfe\xff")) return std::nullopt;
  const auto unit = [&](std::size_t at) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const auto second = static_cast<unsigned char>(bytes[at + 1]);
    return static_cast<CodePoint>(is_little ? first | second << 8 : first << 8 | second);
  };
  std::string out;
  for (std::size_t at = 2; at + 1 < bytes.size(); at += 2) {
    CodePoint code = unit(at);
    const bool is_high = code >= 0xd800 && code < 0xdc00 && at + 3 < bytes.size();
    const CodePoint low = is_high ? unit(at + 2) : 0;
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      at += 2;
    }
    append_utf8(code >= 0xd800 && code < 0xe000 ? kReplacement : code, out);
  }
  return out;
}

std::string in_small_letters(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
  return out;
}

int year_in(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (!is_figure(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_figure(text[end])) ++end;
    if (end - i == 4) {
      std::string_view digits = text.substr(i, 4);
      const int year = take_number(digits, 4);
      if (year >= 1500 && year <= 2100) return year;
    }
    i = end;
  }
  return 0;
}

std::string day_in(std::string_view text) {
  const int year = take_number(text, 4);
  if (year < 1000 || !take_separator(text)) return {};
  const int month = take_number(text, 2);
  if (month < 1 || month > 12 || !take_separator(text)) return {};
  const int day = take_number(text, 2);
  if (day < 1 || day > 31 || (!text.empty() && is_figure(text[0]))) return {};
  return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}

}  // namespace quern::apps
