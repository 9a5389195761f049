// Files and folders as sources of a corpus, one after another.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/claims/corpus_adding.h"
#include "apps/claims/corpus_documents.h"
#include "apps/claims/pdf_text.h"
#include "base/status.h"

namespace quern::apps {

inline constexpr std::size_t kMaxCorpusLineBytes = std::size_t{16} << 20;

/// A source from a JSON object: its text is "text", "abstract" or "body", a text or a list of
/// sentences, which are kept as they are; its key "source", "id", "_id", "doc_id" or else "url", a
/// text or a number; "title", "url", "date" (or "publication_date") and "licence" (or "license").
/// Errors: kBadInput naming what is missing or of the wrong kind.
Result<CorpusText> corpus_text_from_line(std::string_view line);

/// What holds for all sources of a run where they do not say it themselves.
struct SourceFacts {
  std::string url = {};
  std::string date = {};
  std::string licence = {};
};

struct CorpusReading {
  std::vector<std::string> paths;  // Files and folders; "-" is standard input, as JSON lines.
  SourceFacts facts = {};
  PdfReading pdf = {};
};

/// A Markdown file's text as a source: its headings, which begin chapters, are no sentences.
CorpusText corpus_text_from_markdown(std::string_view markdown);

/// Threads: one at a time.
class CorpusReader {
 public:
  explicit CorpusReader(CorpusReading reading);
  ~CorpusReader();

  /// The next source, or why a file or line is none; nothing at the end. A PDF is not read where
  /// its file is known. Errors: kNotFound for a path; kIo.
  Result<std::optional<ReadSource>> next(const IsKnownInput& is_known = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quern::apps
