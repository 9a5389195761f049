// The text of a PDF, by `pdftotext` of poppler-utils in a process of its own within limits: files
// may be hostile, and its licence is not ours.

#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/status.h"

namespace quern::apps {

struct PdfLimits {
  std::size_t file_bytes = std::size_t{512} << 20;
  std::size_t text_bytes = std::size_t{16} << 20;
  std::size_t heap_bytes = std::size_t{512} << 20;
  std::chrono::seconds time{60};  // Of the wall's clock, and of a processor.
};

struct PdfReading {
  std::string program = {};  // "": pdftotext of $PATH.
  PdfLimits limits = {};
};

/// What pdftotext writes of a file with some more options, as UTF-8 without NUL bytes. Errors: as
/// text_of_pdf, but for a PDF without text.
Result<std::string> run_pdftotext(const std::string& path, const PdfReading& reading,
                                  const std::vector<std::string>& options);

/// UTF-8, lines as they stand on the pages, blank lines between paragraphs, pages by text_of_pages.
/// A NUL byte or what is no UTF-8 in it becomes U+FFFD. Errors: kNotFound naming the package where
/// there is no pdftotext; kBadInput for what is no PDF, is damaged, encrypted, or has no text;
/// kTooLarge for file or text; kDeadline; kIo.
Result<std::string> text_of_pdf(const std::string& path, const PdfReading& reading = {});

}  // namespace quern::apps
