// What each line of a paper is there for.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "apps/papers/import/reading_order.h"

namespace quern::apps {

enum class LineRole {
  kBody,
  kFront,    // Title, authors, and what stands with them.
  kHeading,  // The first line of one.
  kHeadingRest,
  kFootnote,
  kCaption,
  kTable,  // Cells, labels of figures.
};

/// Lines in reading order, and what most of them look like.
struct PdfFlow {
  std::vector<FlowLine> lines = {};
  std::vector<LineRole> roles = {};  // [lines.size()]
  float body_size = 0;               // PdfLine::size of most text.
  float body_gap = 0;                // FlowLine::gap within a paragraph.

  std::size_t size() const { return lines.size(); }
  /// More space above it than within a paragraph, or nothing.
  bool is_apart(std::size_t i) const;
  /// The size, as a multiple of the body's.
  float scale(std::size_t i) const { return lines[i].line.size / body_size; }
  bool is_in_same_column(std::size_t i, std::size_t j) const;
};

/// All kBody but footnotes, captions and tables.
PdfFlow flow_of_lines(std::vector<FlowLine> lines);

/// "Figure 3: ...", "Table II.", "Fig. 1."
bool begins_caption(std::string_view text);

}  // namespace quern::apps
