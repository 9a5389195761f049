// Sources into a corpus: those that are there as they are pass, the others take the place of what
// had their key. Words are found as soon as they are committed, vectors follow; a run that was
// ended goes on where it stopped.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/claims/claim_corpus.h"
#include "apps/claims/corpus_documents.h"
#include "apps/ingest.h"
#include "base/status.h"
#include "store/writer.h"

namespace quern::apps {

/// What a reader gives: a source, or why there is none here.
struct ReadSource {
  CorpusText text;
  Status status = {};       // Not ok: nothing of `text` counts but its origin.
  bool is_known = false;    // Its file is as it was: nothing was read.
  std::size_t n_bytes = 0;  // Of the input that it took.
};

/// Whether a source is there that was read from such a file (CorpusSource::input).
using IsKnownInput = std::function<bool(const std::string& key, const std::string& input)>;

struct CorpusAdd : AddingParts {
  /// The next source; nothing at the end. An error ends the run.
  std::function<Result<std::optional<ReadSource>>(const IsKnownInput& is_known)> next = {};
};

inline constexpr const char* kCorpusTenant = "claims/corpus";

struct CorpusAddReport {
  std::uint64_t n_new = 0;  // Sources.
  std::uint64_t n_changed = 0;
  std::uint64_t n_unchanged = 0;
  std::uint64_t n_refused = 0;
  std::uint64_t n_passages = 0;  // Of those that are new or changed, as the next two.
  std::uint64_t n_sentences = 0;
  std::uint64_t n_repeated = 0;  // Sentences that their source has already.
  IngestReport vectors = {};     // What came of embedding; its generation is the corpus's.
  bool was_stopped = false;
};

/// Errors: those of the reader and the store. What ends the embedding is in the report.
Result<CorpusAddReport> add_to_corpus(const CorpusAdd& add);

/// Erases sources, or all of them where none is named, in one commit; how many there were. A key
/// that is not there is among `unknown`. Errors: those of the store.
Result<std::uint64_t> remove_from_corpus(store::Writer& writer,
                                         const std::vector<std::string>& keys,
                                         std::vector<std::string>& unknown);

}  // namespace quern::apps
