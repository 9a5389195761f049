// Headings among the lines of a paper.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/import/heading_text.h"
#include "apps/papers/import/pdf_roles.h"

namespace quern::apps {

struct PdfHeading {
  std::size_t i_line = 0;
  std::size_t n_lines = 1;
  HeadingText text = {};
};

/// True for the words of a heading that many papers have: "introduction", "Related Work". Letters
/// may be spaced out.
bool is_known_heading(std::string_view words);

/// Marks them in `flow` and gives them in order, from a line on. What makes a line one: a number
/// that follows from those before it, a name that many papers have, larger letters, the look of
/// those that are sure; and that it stands apart and is no sentence.
std::vector<PdfHeading> mark_headings(std::size_t begin, PdfFlow& flow);

}  // namespace quern::apps
