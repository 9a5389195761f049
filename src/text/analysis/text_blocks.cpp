#include "text/analysis/text_blocks.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace quern::text {
namespace {

bool is_blank_byte(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_small(char c) { return c >= 'a' && c <= 'z'; }

// Without the blanks at its ends.
std::string_view trimmed(std::string_view line) {
  while (!line.empty() && is_blank_byte(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_blank_byte(line.back())) line.remove_suffix(1);
  return line;
}

// "- ", "3. ", "(b) ": there may be such in the midst of a text, too.
bool has_marker(std::string_view line) {
  std::size_t at = 0;
  if (line.starts_with('-') || line.starts_with('*') || line.starts_with('+')) {
    at = 1;
  } else {
    if (line.starts_with('(')) ++at;
    const std::size_t first = at;
    while (at < line.size() && at < first + 3 && is_digit(line[at])) ++at;
    if (at == first && at < line.size() && is_small(line[at])) ++at;
    if (at == first || at == line.size() || (line[at] != '.' && line[at] != ')')) return false;
    ++at;
  }
  return at < line.size() && is_blank_byte(line[at]);
}

bool has_bullet(std::string_view line) {
  for (const std::string_view bullet : {"\u2022", "\u2023", "\u25e6", "\u25aa", "\u00b7"}) {
    if (line.starts_with(bullet)) return true;
  }
  return false;
}

// The last word of a line that no heading, item or sentence ends with.
bool goes_on(std::string_view line) {
  const std::string_view word = line.substr(line.find_last_of(' ') + 1);
  for (const std::string_view one :
       {"a",    "an",    "and",  "are", "as",  "at",   "by",    "for",
        "from", "in",    "into", "is",  "of",  "on",   "or",    "that",
        "the",  "these", "this", "to",  "was", "were", "which", "with"}) {
    if (word == one) return true;
  }
  return false;
}

/// Lines without a blank one between them.
class Paragraph {
 public:
  void add(ByteSpan line, std::string_view text) {
    lines_.push_back({.span = line, .text = trimmed(text)});
    width_ = std::max(width_, lines_.back().text.size());
  }

  void flush(ByteSpans& out) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (i + 1 < lines_.size() && !ends_block(i)) continue;
      out.push_back({lines_[begin].span.begin, lines_[i].span.end});
      begin = i + 1;
    }
    lines_.clear();
    width_ = 0;
    is_list_ = false;
  }

 private:
  struct Line {
    ByteSpan span;
    std::string_view text;
  };

  bool ends_block(std::size_t i) {
    const std::string_view line = lines_[i].text;
    const std::string_view next = lines_[i + 1].text;
    is_list_ = is_list_ || has_marker(line) || has_bullet(line);
    if (has_bullet(next)) return true;
    if (has_marker(next) &&
        (is_list_ || std::string_view(".:;!?").find(line.back()) != std::string_view::npos)) {
      return true;
    }
    return had_room(line, next);
  }

  // Whoever wraps text puts as many words in a line as it holds. Of letters of different width that
  // is a guess: it takes a good deal of room.
  bool had_room(std::string_view line, std::string_view next) const {
    if (is_small(next.front())) return false;
    if (std::string_view(",;-(&/").find(line.back()) != std::string_view::npos) return false;
    if (goes_on(line)) return false;
    const std::size_t n_word = std::min(next.find_first_of(" \t"), next.size());
    return 4 * (line.size() + 1 + n_word) < 3 * width_;
  }

  std::vector<Line> lines_;
  std::size_t width_ = 0;  // Of the longest line, bytes.
  bool is_list_ = false;   // An item was among the lines.
};

}  // namespace

ByteSpans blocks_of(std::string_view utf8) {
  ByteSpans out;
  Paragraph paragraph;
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t end = std::min(utf8.find('\n', at), utf8.size());
    const std::string_view line = utf8.substr(at, end - at);
    if (trimmed(line).empty()) {
      paragraph.flush(out);
    } else {
      paragraph.add({at, end}, line);
    }
    at = end + 1;
  }
  paragraph.flush(out);
  return out;
}

}  // namespace quern::text
