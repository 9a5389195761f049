// Words of a PDF with their places: what its reading as a paper begins with.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace quern::apps {

/// In points, from the upper left corner of the page.
struct PdfBox {
  float left = 0;
  float top = 0;
  float right = 0;
  float bottom = 0;

  float width() const { return right - left; }
  float height() const { return bottom - top; }
};

struct PdfWord {
  PdfBox box = {};
  std::string text;  // UTF-8, not empty, no blanks in it.
};

/// Words side by side, in order.
struct PdfLine {
  PdfBox box = {};
  std::vector<PdfWord> words = {};
  float size = 0;  // The height of most of its characters: goes with the size of its font.

  std::string text() const;
  std::size_t n_chars() const;  // Bytes of its words.
};

struct PdfPage {
  float width = 0;
  float height = 0;
  std::vector<PdfLine> lines = {};  // In no order.
};

struct PdfLayout {
  std::string title = {};  // As the file's information has it, which may be anything.
  std::vector<PdfPage> pages = {};
};

/// The box around words, and their size. `words` is not empty.
PdfLine line_of_words(std::vector<PdfWord> words);

/// What `pdftotext -bbox-layout` writes. Ligatures become letters; words and pages without text go.
/// Cost: linear. Errors: kBadInput for what it does not write.
Result<PdfLayout> layout_from_bbox(std::string_view xhtml);

}  // namespace quern::apps
