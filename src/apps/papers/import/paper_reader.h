// Papers from files and folders, one after another, whatever kinds of files they are.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/claims/pdf_text.h"
#include "apps/papers/import/paper_format.h"
#include "apps/papers/paper_reading.h"
#include "base/status.h"

namespace quern::apps {

struct PaperReading {
  // Files and folders; "-" is standard input, as JSON lines. Of a folder, its files of known names
  // (paper_format_of_path) are read, in order, those of its folders, too; text files only where
  // `format` is kText.
  std::vector<std::string> paths;
  PaperFormat format = PaperFormat::kAuto;
  PdfReading pdf = {};
};

/// Threads: one at a time.
class PaperReader {
 public:
  /// Lists what there is to read. Errors: kNotFound for a path; kBadInput for one that is neither
  /// file nor folder, or a folder without any such file; kIo.
  static Result<std::unique_ptr<PaperReader>> open(PaperReading reading);
  ~PaperReader();

  /// The next paper, or why something is none; nothing at the end. A file whose digest is known is
  /// not parsed where it holds one paper. Errors: kIo of standard input.
  Result<std::optional<ReadPaper>> next(const IsKnownPaper& is_known = {});

  /// Of all files; standard input counts for nothing. For progress: ReadPaper::n_bytes add up to
  /// it.
  std::uint64_t n_bytes() const;

 private:
  struct Impl;
  explicit PaperReader(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace quern::apps
