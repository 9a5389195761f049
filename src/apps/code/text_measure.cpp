#include "apps/code/text_measure.h"

#include <algorithm>

#include "base/utf8.h"

namespace quern::apps {

TextMeasure::TextMeasure(std::string_view text) : text_(text), chars_before_(text.size() + 1) {
  std::uint32_t n = 0;
  lines_.push_back(0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    chars_before_[i] = n;
    const char byte = text[i];
    n += !is_blank(byte) && !is_continuation_byte(byte) ? 1 : 0;
    if (byte == '\n' && i + 1 < text.size()) lines_.push_back(i + 1);
  }
  chars_before_[text.size()] = n;
}

int TextMeasure::line_at(std::size_t byte) const {
  return static_cast<int>(std::upper_bound(lines_.begin(), lines_.end(), byte) - lines_.begin()) -
         1;
}

std::size_t TextMeasure::line_end(int line) const {
  return line + 1 < n_lines() ? line_begin(line + 1) : text_.size();
}

CodeSpan TextMeasure::trimmed(std::size_t begin, std::size_t end) const {
  std::size_t first = begin;
  while (first < end && is_blank(text_[first])) ++first;
  if (first == end) {
    const int line = line_at(begin) + 1;
    return {.begin = begin, .end = begin, .first_line = line, .last_line = line};
  }
  while (is_blank(text_[end - 1])) --end;
  CodeSpan span;
  span.end = end;
  const int line = line_at(first);
  const std::size_t at = line_begin(line);
  // What is before `begin` is another's, save for the blanks that indent this.
  std::size_t indent = first;
  while (indent > at && is_blank(text_[indent - 1])) --indent;
  span.begin = indent == at ? at : first;
  span.first_line = line + 1;
  span.last_line = line_at(end - 1) + 1;
  return span;
}

}  // namespace quern::apps
