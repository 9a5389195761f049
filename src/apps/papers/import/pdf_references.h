// The bibliography of a PDF, entry by entry.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apps/papers/import/pdf_prose.h"
#include "apps/papers/import/pdf_roles.h"

namespace quern::apps {

/// Entries of the lines below a bibliography's heading. They begin with labels, or left of the
/// lines below them, or behind a gap.
std::vector<std::string> entries_of_lines(const PdfFlow& flow,
                                          const std::vector<std::size_t>& i_lines,
                                          const WordForms& forms);

}  // namespace quern::apps
