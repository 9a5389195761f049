// The text that a Markdown file says: without marks, addresses of links and blocks of code.
// Source: CommonMark 0.30, in what matters for prose; what it leaves open is taken as text.

#pragma once

#include <string>
#include <string_view>

#include "base/byte_spans.h"

namespace quern::apps {

struct MarkdownText {
  std::string text;         // A line for each block, a blank one between them.
  std::string title;        // The first heading.
  ByteSpans headings = {};  // Of the text.
};

/// Headings, paragraphs, items of lists and rows of tables become blocks. Cost: linear.
MarkdownText text_of_markdown(std::string_view markdown);

}  // namespace quern::apps
