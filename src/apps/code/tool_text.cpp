#include "apps/code/tool_text.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/checksum.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

std::uint64_t seal_of(std::uint64_t state, std::size_t offset, std::string_view question) {
  const std::string all = fmt::format("{}.{}.{}", state, offset, question);
  return checksum64(std::as_bytes(std::span(all)));
}

// Takes digits and the dot behind them from the front.
bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != '.') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

std::size_t estimated_tokens(std::size_t n_bytes) { return (n_bytes + 2) / 3; }

std::string numbered_line(int number, std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::size_t n = std::min(line.size(), kMaxShownBytes);
  while (n > 0 && n < line.size() && is_continuation_byte(line[n])) --n;
  std::string storage;
  std::string out = fmt::format("{:>5} {}", number, repair_utf8(line.substr(0, n), storage));
  if (n < line.size()) out += fmt::format(" [cut: {} more bytes]", line.size() - n);
  return out + "\n";
}

int count_lines(std::string_view text) {
  const auto n = std::count(text.begin(), text.end(), '\n');
  return static_cast<int>(n) + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

std::string in_a_line(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return out;
}

bool ToolText::add(std::string_view part) {
  if (!fits(part.size())) return false;
  text_ += part;
  return true;
}

std::string make_cursor(std::uint64_t state, std::size_t offset, std::string_view question) {
  return fmt::format("{}.{}.{:016x}", state, offset, seal_of(state, offset, question));
}

Result<Cursor> read_cursor(std::string_view cursor, std::string_view question) {
  Cursor out;
  std::uint64_t offset = 0;
  std::string_view rest = cursor;
  const bool is_read = take_number(rest, out.state) && take_number(rest, offset);
  out.offset = offset;
  if (!is_read || cursor != make_cursor(out.state, out.offset, question)) {
    return {Code::kBadInput,
            "this cursor belongs to no answer to this question: pass the one that the last answer "
            "gave, with all other arguments as they were, or none to begin anew"};
  }
  return out;
}

}  // namespace quern::apps
