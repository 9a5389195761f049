#include "apps/code/line_chunks.h"

#include <algorithm>

#include "base/utf8.h"

namespace quern::apps {
namespace {

constexpr int kLooksAhead = 1 << 16;  // Bytes of a line that are looked at for a place to cut it.

// Where to end a piece that begins at `begin` and cannot have all of [begin, end), which is one
// line or the rest of one: behind as many characters as fit, or behind the last blank of their
// second half.
std::size_t end_within_line(const TextMeasure& measure, std::size_t begin, std::size_t end,
                            int max_chars) {
  const std::string_view text = measure.text();
  std::size_t at = begin;
  std::size_t behind_blank = 0;
  const std::size_t limit = std::min(end, begin + kLooksAhead);
  while (at < limit) {
    const std::size_t next = at + static_cast<std::size_t>(decode_utf8(text, at).n_bytes);
    if (measure.n_chars(begin, std::min(next, end)) > max_chars) break;
    at = std::min(next, end);
    if (is_blank(text[at - 1]) && measure.n_chars(begin, at) * 2 >= max_chars) behind_blank = at;
  }
  if (at == end) return end;
  return behind_blank != 0 ? behind_blank : std::max(at, begin + 1);
}

struct LineLook {
  bool is_blank = true;
  int indent = 0;
};

LineLook look(const TextMeasure& measure, int line) {
  LineLook out;
  const std::size_t end = measure.line_end(line);
  for (std::size_t i = measure.line_begin(line); i < end; ++i) {
    if (!is_blank(measure.text()[i])) {
      out.is_blank = false;
      break;
    }
    ++out.indent;
  }
  return out;
}

// How good it is to begin a piece at `line`: after blank lines before others, then by how little
// it is indented. A line that is blank itself is no beginning.
int worth_of_break(const TextMeasure& measure, int line) {
  const LineLook here = look(measure, line);
  if (here.is_blank) return -1;
  const bool after_blank = line > 0 && look(measure, line - 1).is_blank;
  return (after_blank ? 1000 : 0) + 500 - std::min(here.indent, 500);
}

// The line before which a piece from `first` ends, lines up to `last` (exclusive) fitting into it.
int best_break(const TextMeasure& measure, std::size_t begin, int first, int last, int max_chars) {
  int best = last;
  int best_worth = worth_of_break(measure, last);
  for (int line = last - 1; line > first; --line) {
    if (measure.n_chars(begin, measure.line_begin(line)) * 2 < max_chars) break;
    const int worth = worth_of_break(measure, line);
    if (worth > best_worth) {
      best = line;
      best_worth = worth;
    }
  }
  return best;
}

// Behind the last byte of the piece that begins at `begin`.
std::size_t end_of_piece(const TextMeasure& measure, std::size_t begin, std::size_t end,
                         int max_chars) {
  if (measure.n_chars(begin, end) <= max_chars) return end;
  const int first = measure.line_at(begin);
  int line = first;
  while (measure.n_chars(begin, std::min(measure.line_end(line), end)) <= max_chars) ++line;
  if (line == first) {
    return end_within_line(measure, begin, std::min(measure.line_end(line), end), max_chars);
  }
  return measure.line_begin(best_break(measure, begin, first, line, max_chars));
}

}  // namespace

void append_line_spans(const TextMeasure& measure, std::size_t begin, std::size_t end,
                       const CutSizes& sizes, std::vector<CodeSpan>& out) {
  while (begin < end) {
    const std::size_t next = end_of_piece(measure, begin, end, sizes.max_chars);
    const CodeSpan span = measure.trimmed(begin, next);
    if (span.begin < span.end) out.push_back(span);
    begin = next;
  }
}

ChunkedCode chunk_by_lines(std::string_view utf8, const CutSizes& sizes) {
  const TextMeasure measure(utf8);
  std::vector<CodeSpan> spans;
  append_line_spans(measure, 0, utf8.size(), sizes, spans);
  ChunkedCode out;
  out.chunks.reserve(spans.size());
  for (const CodeSpan& span : spans) out.chunks.push_back({.span = span, .symbol = {}});
  return out;
}

}  // namespace quern::apps
