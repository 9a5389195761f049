// Paragraphs, headings and list items of plain text: where a sentence ends without a stop.

#pragma once

#include <string_view>

#include "base/byte_spans.h"

namespace quern::text {

/// Stretches that no sentence goes beyond, ascending, each of at least a character that is no
/// blank; what lies between them is blank. Lines belong together, as text is wrapped; a blank line
/// ends a block, so does a line before a list's item, or one that had room for the next word.
ByteSpans blocks_of(std::string_view utf8);

}  // namespace quern::text
