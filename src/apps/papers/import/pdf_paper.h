// A paper from a PDF: its words with their places by pdftotext in a limited process
// (claims/pdf_text.h), what they are by the rules of docs/papers_import.md.

#pragma once

#include <string>

#include "apps/claims/pdf_text.h"
#include "apps/papers/import/pdf_layout.h"
#include "apps/papers/paper.h"
#include "base/status.h"

namespace quern::apps {

inline constexpr std::size_t kMaxPdfPaperPages = 1000;

/// Best effort in all but the text: title, authors, abstract, sections by their headings, the
/// bibliography's entries with the sentences that cite them; ids and year where the first page has
/// them. Running heads, page numbers, notes, captions and cells of tables are left out.
Paper paper_of_layout(PdfLayout layout);

/// Errors: as text_of_pdf; kTooLarge for more than kMaxPdfPaperPages pages.
Result<Paper> paper_of_pdf(const std::string& path, const PdfReading& reading = {});

}  // namespace quern::apps
