// The papers of one file, whatever its kind.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "apps/claims/pdf_text.h"
#include "apps/papers/import/paper_paths.h"
#include "apps/papers/paper_reading.h"
#include "base/status.h"

namespace quern::apps {

class PaperSource {
 public:
  virtual ~PaperSource() = default;

  /// As PaperReader::next, for this file. Errors: what ends the file, but not the run.
  virtual Result<std::optional<ReadPaper>> next(const IsKnownPaper& is_known) = 0;
};

/// `path.format` is not kAuto. Errors: kIo, kNotFound, kTooLarge, kBadInput for a file as a whole.
Result<std::unique_ptr<PaperSource>> open_paper_source(const PaperPath& path,
                                                       const PdfReading& pdf);

/// Why there is no paper.
ReadPaper unread_paper(std::string origin, Status why);

/// A path as people see it and as origins have it: UTF-8.
std::string shown_path(const std::string& path);

}  // namespace quern::apps
