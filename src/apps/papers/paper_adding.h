// Records of papers into a library: those that are there as they are pass, several of one paper
// become one. Words are found as soon as they are committed, vectors follow; a run that was ended
// goes on where it stopped.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/ingest.h"
#include "apps/papers/paper_reading.h"
#include "apps/text_embedder.h"
#include "base/status.h"
#include "store/store.h"
#include "store/writer.h"

namespace quern::apps {

/// Makes an empty library where there is none yet; somebody else may do so at the same time. Its
/// folder's parent is made, too. Errors: kUnavailable where something else is there; kIo.
Status ensure_library(const std::string& folder);

struct PaperAdd : AddingParts {
  /// The next record; nothing at the end. An error ends the run.
  std::function<Result<std::optional<ReadPaper>>(const IsKnownPaper& is_known)> next = {};
};

inline constexpr const char* kPapersTenant = "papers/import";

struct PaperAddReport {
  std::uint64_t n_new = 0;        // Papers.
  std::uint64_t n_changed = 0;    // Papers of which a record says something else or more.
  std::uint64_t n_unchanged = 0;  // Records.
  std::uint64_t n_refused = 0;    // Records.
  std::uint64_t n_with_text = 0;  // Of those that are new or changed, as the next.
  std::uint64_t n_passages = 0;
  IngestReport vectors = {};  // What came of embedding; its generation is the library's.
  bool was_stopped = false;
};

/// The same records in the same order make the same library, however often the run was ended in
/// between. Errors: those of the reader and the store. What ends the embedding is in the report.
Result<PaperAddReport> add_papers(const PaperAdd& add);

/// Erases papers in one commit; how many there were. An id that is not there is among `unknown`.
/// Errors: those of the store.
Result<std::uint64_t> remove_papers(store::Writer& writer, const std::vector<std::string>& names,
                                    std::vector<std::string>& unknown);

}  // namespace quern::apps
