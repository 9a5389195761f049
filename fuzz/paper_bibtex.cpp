// Any bytes as BibTeX: entries lie behind each other, and each is a paper or has an error.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "apps/papers/import/bibtex.h"
#include "apps/papers/import/latex_text.h"
#include "check_paper.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::apps;
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  BibtexPapers papers(text);
  std::size_t end = 0;
  while (const auto item = papers.next()) {
    QUERN_CHECK(item->entry.bytes.begin >= end && item->entry.bytes.end > item->entry.bytes.begin);
    end = item->entry.bytes.end;
    QUERN_CHECK(end <= n);
    check_paper(item->paper);
  }
  QUERN_CHECK(quern::is_valid_utf8(text_of_latex(text)));
  QUERN_CHECK(literal_of_latex(text).size() <= n);
  return 0;
}
