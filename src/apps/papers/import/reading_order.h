// Lines of pages in the order in which they are read, for pages of one and of two columns.

#pragma once

#include <cstddef>
#include <vector>

#include "apps/papers/import/pdf_layout.h"

namespace quern::apps {

enum class PageColumn { kFull, kLeft, kRight };

/// A line in its column.
struct FlowLine {
  PdfLine line = {};
  std::size_t i_page = 0;
  PageColumn column = PageColumn::kFull;
  bool is_first = false;  // Of its column, or of what lies between two lines of full width.
  float gap = 0;          // From the line above it in its column, bottom to top; of is_first 0.
  float left = 0;         // Where lines of its column on this page begin and end.
  float right = 0;
};

/// Down the page; between lines that go across both columns, the left column before the right one.
/// Pieces of one line, as a heading's number and its words, are put together.
std::vector<FlowLine> lines_in_reading_order(const PdfLayout& layout);

}  // namespace quern::apps
