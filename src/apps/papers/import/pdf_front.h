// What stands at the head of a paper: its title and its authors.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apps/papers/import/pdf_roles.h"
#include "apps/papers/paper.h"

namespace quern::apps {

struct PdfFront {
  std::string title = {};  // "": none was found.
  std::vector<PaperAuthor> authors = {};
  std::size_t n_lines = 0;  // All up to where the text begins, in reading order.
};

/// What a layout says of its first page.
struct FirstPage {
  std::string title_of_file = {};
  float height = 0;
};

/// Marks the lines before the text as kFront. The title is what is largest in the upper part of the
/// first page, or what the file calls itself where that stands there, too.
PdfFront take_front(const FirstPage& page, PdfFlow& flow);

}  // namespace quern::apps
