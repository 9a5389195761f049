// Lines as running text.

#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>
#include <vector>

#include "apps/papers/import/pdf_roles.h"

namespace quern::apps {

/// The words of a document: what a word that was parted at a line's end is, they tell.
class WordForms {
 public:
  explicit WordForms(const PdfFlow& flow);

  /// Of "infor-" and "mation" "information", of "state-" and "of-the-art" what the document has
  /// elsewhere; where it has neither, no hyphen.
  std::string joined(std::string_view head, std::string_view tail) const;

 private:
  std::unordered_set<std::string> words_;
};

/// The line's words with the blanks that are printed between them. Raised marks of notes go; of a
/// number, an exponent is "10^6".
std::string text_of_line(const PdfLine& line);

/// Paragraphs, parted by an empty line: they begin with an indent, below a gap, or behind a line
/// that ends its sentence early. `i_lines` are in reading order; words at line ends are joined.
std::string prose_of_lines(const PdfFlow& flow, const std::vector<std::size_t>& i_lines,
                           const WordForms& forms);

}  // namespace quern::apps
