// The parts of a text that show best why it was found: a few sentences or lines with marked words.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace quern::text {

/// Bytes of a text.
struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool operator==(const TextSpan&) const = default;
};

/// A place that is worth showing.
struct Mark {
  TextSpan span;
  std::uint32_t what = 0;  // Which of the things looked for stands here: another one is worth more
  float weight = 1;        // than the same again. Above 0.

  bool operator==(const Mark&) const = default;
};

struct SnippetSpec {
  std::size_t n_bytes = 200;  // Of each, at most; but a marked word is never cut.
  std::size_t n_most = 1;
};

struct Snippet {
  TextSpan part;                // Without blanks at its ends.
  std::vector<TextSpan> marks;  // Inside, ascending; those that touch or overlap are one.
};

/// Sentences and lines of a text, where they end: ascending, the last one is utf8.size(). A
/// sentence ends behind . ! ? or their like with a blank behind, a line behind its line feed:
/// enough to show a text by; sentences that stand for themselves are those of sentences.h.
std::vector<std::size_t> sentence_ends(std::string_view utf8);

/// Marks that ascend by their beginnings, as spans: those that touch or overlap are one.
std::vector<TextSpan> joined_spans(std::span<const Mark> marks);

/// The parts with the most weight of different marks, as they stand in the text, none twice. Each
/// begins and ends with a sentence or line where these are short enough, else with a word, and in
/// the longest words between characters. Without marks, the beginning. `marks` ascend. None of a
/// text of blanks.
std::vector<Snippet> best_snippets(std::string_view utf8, std::span<const Mark> marks,
                                   const SnippetSpec& spec);

}  // namespace quern::text
