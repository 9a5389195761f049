// What agents read of an index: text within a budget of tokens, and the cursor to what was left
// out.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::apps {

/// About so many tokens are so many bytes of code: three bytes each, which says rather too many
/// than too few.
std::size_t estimated_tokens(std::size_t n_bytes);

/// One line, without its end: "  12 text". What is beyond kMaxShownBytes of it is cut between
/// characters, and said; bytes that are no text are replaced.
std::string numbered_line(int number, std::string_view line);
inline constexpr std::size_t kMaxShownBytes = 300;

/// Lines of a text, the last one with or without its end.
int count_lines(std::string_view text);

/// A name or a path in a line of text: control characters are shown as '?'.
std::string in_a_line(std::string_view name);

/// Grows up to a budget. The lines at its end have a part of their own.
class ToolText {
 public:
  explicit ToolText(std::size_t max_tokens) : max_bytes_(3 * max_tokens) {}

  /// False, with nothing added, where it does not fit any more.
  bool add(std::string_view part);
  bool fits(std::size_t n_bytes) const { return text_.size() + n_bytes <= max_bytes_; }
  void add_always(std::string_view part) { text_ += part; }
  std::string take() { return std::move(text_); }

 private:
  const std::size_t max_bytes_;
  std::string text_;
};

/// The place in an answer where the next one begins. `state` is what the answer was made of (a
/// generation, a file's content), `question` all that was asked for.
std::string make_cursor(std::uint64_t state, std::size_t offset, std::string_view question);

struct Cursor {
  std::uint64_t state = 0;
  std::size_t offset = 0;
};

/// Errors: kBadInput for what make_cursor did not write, or for another question.
Result<Cursor> read_cursor(std::string_view cursor, std::string_view question);

}  // namespace quern::apps
