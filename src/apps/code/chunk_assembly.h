// Definitions and pieces of a text to what a Chunker gives: symbols with their paths, pieces with
// the symbol that they are about.

#pragma once

#include <vector>

#include "apps/code/code_chunk.h"
#include "apps/code/definition.h"
#include "apps/code/text_measure.h"

namespace quern::apps {

/// Definitions by their beginnings, each behind what it lies in; pieces in order.
ChunkedCode assemble_chunks(const TextMeasure& measure, const std::vector<Definition>& definitions,
                            const std::vector<CodeSpan>& spans);

}  // namespace quern::apps
