#include "text/analysis/snippets.h"

#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "text/analysis/words.h"

namespace quern::text {
namespace {

// What the same mark is worth again, of its weight.
constexpr float kAgain = 0.1f;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool ends_sentence(CodePoint code) {
  return code == '.' || code == '!' || code == '?' || code == 0x2026;  // An ellipsis.
}

// Behind these no blank is needed: full stops and their like of Chinese and Japanese.
bool ends_sentence_alone(CodePoint code) {
  return code == 0x3002 || code == 0xFF01 || code == 0xFF1F || code == 0xFF61;
}

/// Cuts a text into pieces that are never cut: short sentences as a whole, of long ones runs of
/// words.
class Pieces {
 public:
  Pieces(std::string_view utf8, std::span<const Mark> marks, std::size_t n_most)
      : utf8_(utf8), marks_(marks), n_most_(std::max<std::size_t>(n_most, 16)) {
    std::size_t begin = 0;
    for (const std::size_t end : sentence_ends(utf8)) {
      cut(begin, end);
      begin = end;
    }
  }

  const std::vector<TextSpan>& all() const { return pieces_; }

 private:
  void cut(std::size_t begin, std::size_t end) {
    while (end - begin > n_most_) {
      const std::size_t middle = behind_marks(last_boundary(begin, begin + n_most_ / 4));
      if (middle >= end) break;
      pieces_.push_back({begin, middle});
      begin = middle;
    }
    if (begin < end) pieces_.push_back({begin, end});
  }

  // Of words; in a word that is too long, of characters.
  std::size_t last_boundary(std::size_t begin, std::size_t most) const {
    std::size_t last = begin;
    // A word's end may lie far away: no further is looked than the limit.
    const std::string_view near = utf8_.substr(0, std::min(utf8_.size(), most + kMaxWordChars));
    for (std::size_t at = begin; at < most;) {
      at = next_word_boundary(near, at);
      if (at > most) break;
      last = at;
    }
    if (last > begin) return last;
    while (most > begin + 1 && is_continuation_byte(utf8_[most])) --most;
    return most;
  }

  std::size_t behind_marks(std::size_t at) const {
    auto mark =
        std::upper_bound(marks_.begin(), marks_.end(), at,
                         [](std::size_t place, const Mark& m) { return place <= m.span.begin; });
    // Marks ascend by their beginnings: those before may still end behind.
    while (mark != marks_.begin()) {
      --mark;
      if (mark->span.end > at) return mark->span.end;
      if (at - mark->span.begin > kMaxMarkBytes) break;
    }
    return at;
  }

  static constexpr std::size_t kMaxMarkBytes = 4096;

  std::string_view utf8_;
  std::span<const Mark> marks_;
  std::size_t n_most_;
  std::vector<TextSpan> pieces_;
};

float worth_of(std::span<const Mark> marks) {
  std::set<std::uint32_t> seen;
  float worth = 0;
  for (const Mark& mark : marks) {
    worth += seen.insert(mark.what).second ? mark.weight : kAgain * mark.weight;
  }
  return worth;
}

std::span<const Mark> marks_in(std::span<const Mark> marks, TextSpan part) {
  const auto begins_before = [](const Mark& mark, std::size_t at) { return mark.span.begin < at; };
  const auto first = std::lower_bound(marks.begin(), marks.end(), part.begin, begins_before);
  const auto last = std::lower_bound(first, marks.end(), part.end, begins_before);
  return {first, last};
}

TextSpan without_blanks(std::string_view utf8, TextSpan part) {
  while (part.begin < part.end && is_blank(utf8[part.begin])) ++part.begin;
  while (part.begin < part.end && is_blank(utf8[part.end - 1])) --part.end;
  return part;
}

Snippet snippet_of(std::string_view utf8, TextSpan part, std::span<const Mark> marks) {
  Snippet out{.part = without_blanks(utf8, part), .marks = {}};
  for (TextSpan span : joined_spans(marks_in(marks, part))) {
    span = {std::max(span.begin, out.part.begin), std::min(span.end, out.part.end)};
    if (span.begin < span.end) out.marks.push_back(span);
  }
  return out;
}

/// A run of pieces.
struct Window {
  std::size_t first = 0;
  std::size_t last = 0;
  float worth = 0;
};

// The most worth among pieces that are not taken; of equals the first.
Window best_window(std::string_view utf8, const std::vector<TextSpan>& pieces,
                   const std::vector<bool>& is_taken, std::span<const Mark> marks,
                   std::size_t n_bytes) {
  Window best;
  for (std::size_t first = 0; first < pieces.size(); ++first) {
    // One that begins without a mark is no better than the one behind it.
    if (is_taken[first] || marks_in(marks, pieces[first]).empty()) continue;
    std::size_t last = first;
    while (last + 1 < pieces.size() && !is_taken[last + 1]) {
      const TextSpan longer = without_blanks(utf8, {pieces[first].begin, pieces[last + 1].end});
      if (longer.end - longer.begin > n_bytes) break;
      ++last;
    }
    const float worth = worth_of(marks_in(marks, {pieces[first].begin, pieces[last].end}));
    if (worth > best.worth) best = {.first = first, .last = last, .worth = worth};
  }
  return best;
}

// What room there is before a window goes to the pieces before it.
void extend_back(std::string_view utf8, const std::vector<TextSpan>& pieces,
                 const std::vector<bool>& is_taken, std::size_t n_bytes, Window& window) {
  while (window.first > 0 && !is_taken[window.first - 1]) {
    const TextSpan longer =
        without_blanks(utf8, {pieces[window.first - 1].begin, pieces[window.last].end});
    if (longer.end - longer.begin > n_bytes) return;
    --window.first;
  }
}

}  // namespace

std::vector<std::size_t> sentence_ends(std::string_view utf8) {
  std::vector<std::size_t> out;
  bool may_end = false;
  for (std::size_t at = 0; at < utf8.size();) {
    const Decoded c = decode_utf8(utf8, at);
    const std::size_t end = at + static_cast<std::size_t>(c.n_bytes);
    const bool is_space = c.code == ' ' || c.code == '\t' || c.code == 0xA0;
    if (c.code == '\n' || ends_sentence_alone(c.code) || (may_end && is_space)) {
      out.push_back(end);
      may_end = false;
    } else {
      // Quotes and brackets belong to the sentence that they close.
      const bool is_closing = c.code == '"' || c.code == '\'' || c.code == ')' || c.code == ']' ||
                              c.code == 0x2019 || c.code == 0x201D;
      may_end = ends_sentence(c.code) || (may_end && is_closing);
    }
    at = end;
  }
  if (out.empty() || out.back() != utf8.size()) out.push_back(utf8.size());
  return out;
}

std::vector<TextSpan> joined_spans(std::span<const Mark> marks) {
  std::vector<TextSpan> out;
  for (const Mark& mark : marks) {
    if (!out.empty() && mark.span.begin <= out.back().end) {
      out.back().end = std::max(out.back().end, mark.span.end);
    } else {
      out.push_back(mark.span);
    }
  }
  return out;
}

std::vector<Snippet> best_snippets(std::string_view utf8, std::span<const Mark> marks,
                                   const SnippetSpec& spec) {
  const Pieces cut(utf8, marks, spec.n_bytes);
  const std::vector<TextSpan>& pieces = cut.all();
  std::vector<bool> is_taken(pieces.size());
  std::vector<TextSpan> parts;
  while (parts.size() < spec.n_most) {
    Window window = best_window(utf8, pieces, is_taken, marks, spec.n_bytes);
    const bool is_beginning = window.worth <= 0 && parts.empty();
    if (window.worth <= 0 && !is_beginning) break;
    if (is_beginning) {
      while (window.first < pieces.size() &&
             without_blanks(utf8, pieces[window.first]).begin == pieces[window.first].end) {
        ++window.first;
      }
      if (window.first == pieces.size()) break;
      window.last = window.first;
      while (window.last + 1 < pieces.size() &&
             pieces[window.last + 1].end - pieces[window.first].begin <= spec.n_bytes) {
        ++window.last;
      }
    } else {
      extend_back(utf8, pieces, is_taken, spec.n_bytes, window);
    }
    for (std::size_t i = window.first; i <= window.last; ++i) is_taken[i] = true;
    parts.push_back({pieces[window.first].begin, pieces[window.last].end});
  }
  std::sort(parts.begin(), parts.end(),
            [](const TextSpan& a, const TextSpan& b) { return a.begin < b.begin; });
  std::vector<Snippet> out;
  for (const TextSpan& part : parts) out.push_back(snippet_of(utf8, part, marks));
  return out;
}

}  // namespace quern::text
