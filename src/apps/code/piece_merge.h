// Small neighbouring pieces of a text put together, each definition of a good size by itself.

#pragma once

#include <cstddef>
#include <vector>

#include "apps/code/code_chunk.h"
#include "apps/code/text_measure.h"

namespace quern::apps {

/// A piece reaches to the beginning of the next.
struct CutPiece {
  std::size_t begin = 0;
  int scope = -1;         // The definition that was opened; pieces of different ones stay apart.
  bool is_alone = false;  // Stays apart from its neighbours.
  bool is_definition = false;
  bool is_closing = false;  // Belongs to what is before it: a bracket.
};

/// `pieces` in order, the first at the text's beginning. Pieces longer than allowed come out cut by
/// lines.
std::vector<CodeSpan> merge_pieces(const TextMeasure& measure, const std::vector<CutPiece>& pieces,
                                   const CutSizes& sizes);

}  // namespace quern::apps
