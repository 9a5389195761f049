// Text in pieces by its lines alone: what is left where there is no grammar, and for what a grammar
// has no inner structure for.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "apps/code/code_chunk.h"
#include "apps/code/text_measure.h"

namespace quern::apps {

/// Any bytes, in pieces of at most `sizes.max_chars`. Pieces end at blank lines where there is one
/// in their second half, at lines that are indented least otherwise; a line that is too long is
/// cut at blanks, else between characters.
ChunkedCode chunk_by_lines(std::string_view utf8, const CutSizes& sizes = {});

/// The same of bytes [begin, end) of a text, appended to `out`.
void append_line_spans(const TextMeasure& measure, std::size_t begin, std::size_t end,
                       const CutSizes& sizes, std::vector<CodeSpan>& out);

}  // namespace quern::apps
