// Any bytes as what pdftotext writes of a PDF, and any text as an entry of a bibliography.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "apps/papers/import/author_lines.h"
#include "apps/papers/import/pdf_paper.h"
#include "apps/papers/import/reference_text.h"
#include "check_paper.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::apps;
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  if (auto layout = layout_from_bbox(text); layout.ok()) {
    check_paper(paper_of_layout(std::move(*layout)));
  }
  Paper paper;
  paper.references.push_back(reference_of_text(text));
  check_paper(paper);
  for (const std::string& name : names_in_line(text)) check_text(name);
  return 0;
}
