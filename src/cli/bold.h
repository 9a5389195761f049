// Parts of a text in bold, where somebody sees it.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace quern::cli {

/// Bytes of a text.
struct BoldSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Whether standard output is a terminal that can, and NO_COLOR is not set (https://no-color.org).
bool output_shows_bold();

/// The text in one line: control characters become spaces. With bold spans, which ascend and do not
/// overlap.
std::string bold_line(std::string_view text, std::span<const BoldSpan> spans, bool is_bold);

}  // namespace quern::cli
