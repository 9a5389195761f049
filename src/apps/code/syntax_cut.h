// A syntax tree in pieces: what fits is whole, what does not is opened, and small neighbours are
// put together (cAST, arXiv 2506.15655, with the repairs of docs/code_chunks.md).

#pragma once

#include <vector>

#include <tree_sitter/api.h>

#include "apps/code/code_chunk.h"
#include "apps/code/definitions.h"
#include "apps/code/text_measure.h"

namespace quern::apps {

/// Pieces of the whole text in order; between them is nothing but blanks.
std::vector<CodeSpan> cut_by_syntax(const TextMeasure& measure, const DefinitionRules& rules,
                                    const Definitions& definitions, TSNode root,
                                    const CutSizes& sizes);

}  // namespace quern::apps
