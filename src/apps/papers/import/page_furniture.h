// What stands on pages, but is no part of the text: stamps along the margin, numbers of lines,
// running heads and feet, page numbers.

#pragma once

#include <string>

#include "apps/papers/import/pdf_layout.h"

namespace quern::apps {

struct PageFurniture {
  std::string stamp = {};    // Text that runs along the margin: "arXiv:1706.03762v5 [cs.CL] 6 Dec".
  std::string running = {};  // Lines that were taken off the first page's head and foot.
};

/// Takes all of it off the pages. A line near the head or foot is a running one where it stands
/// there, but for its figures, on three pages and on a quarter of all at least, or on every page of
/// two or more at the same height; so are numbers of pages that count on, and on the first page
/// what says where it was published.
PageFurniture take_page_furniture(PdfLayout& layout);

}  // namespace quern::apps
