// Texts of headings and paragraphs, Markdown and reStructuredText, to chunks and sections: by the
// formats' own rules for headings, without a grammar.
// Source: CommonMark 0.30, sections 4.2 to 4.5; the reStructuredText specification, "Sections".

#pragma once

#include <string_view>
#include <vector>

#include "apps/code/code_chunk.h"
#include "apps/code/text_measure.h"

namespace quern::apps {

/// "markdown", "rst".
bool is_heading_language(std::string_view language);

struct Heading {
  int level = 1;          // 1 is the outermost.
  std::size_t begin = 0;  // Of its first line, which may be a line of marks above the title.
  std::size_t title = 0;  // Its title's first byte, and behind its last.
  std::size_t title_end = 0;
};

/// In order. Lines in blocks of code are none.
std::vector<Heading> markdown_headings(const TextMeasure& measure);
std::vector<Heading> rst_headings(const TextMeasure& measure);

/// A section is what follows its heading up to the next of its level or above; its path is the
/// chain of the titles. `language` is one of is_heading_language.
ChunkedCode chunk_by_headings(std::string_view language, std::string_view utf8,
                              const CutSizes& sizes);

}  // namespace quern::apps
