// Documents into a store: those that are there as they are pass, the others are written, and what
// has a model gets vectors. Where those take long the text comes first, so that words are found at
// once; vectors follow segment by segment. A run that was ended goes on where it stopped: what was
// committed passes, and what was embedded is in the vector log.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/text_embedder.h"
#include "apps/vector_log.h"
#include "base/byte_ledger.h"
#include "base/pace.h"
#include "base/status.h"
#include "store/schema.h"
#include "store/writer.h"

namespace quern::apps {

/// What a source gives: a document, or why there is none here.
struct SourceDocument {
  store::Document document;
  Status status;            // Not ok: `where` holds no document; the others are as they are.
  std::string where;        // For people: "corpus.jsonl line 3".
  std::size_t n_bytes = 0;  // Of the source that it took.
};

enum class IngestPhase { kText, kVectors };

struct IngestProgress {
  IngestPhase phase = IngestPhase::kText;
  std::uint64_t n_documents = 0;  // Read, or of kVectors: that were looked at.
  std::uint64_t n_wanted = 0;     // Of kVectors: how many there are to look at.
  std::uint64_t n_bytes = 0;      // Of the source.
  long n_tokens = 0;              // That the model saw.
};

struct IngestReport {
  std::uint64_t n_written = 0;
  std::uint64_t n_unchanged = 0;
  std::uint64_t n_refused = 0;   // No documents, or such as a store does not take.
  std::uint64_t n_vectors = 0;   // That documents got,
  std::uint64_t n_from_log = 0;  // of which so many had been embedded before.
  std::uint64_t n_failed = 0;    // Documents that could not be embedded.
  long n_tokens = 0;
  store::GenerationId generation = 0;
  bool was_stopped = false;  // There is more to do.
  Status embedding = {};     // Not ok: why no more could be embedded; the texts are there.
};

/// When documents of a run get the vectors that take long.
enum class Attach {
  kNow,    // Before it ends; then merges that are due.
  kLater,  // By embed_missing.
};

struct IngestJob {
  store::Writer* writer = nullptr;
  const TextEmbedder* embedder = nullptr;  // Null: no vectors are made.
  VectorLog* log = nullptr;                // Null: each text is embedded.
  store::SpaceId space = 0;                // Of the embedder's vectors.
  std::uint64_t docs_per_commit = 100'000;
  Attach attach = Attach::kNow;

  /// What a model sees of a document's fields; empty: text_to_embed.
  std::function<std::string(const std::vector<std::string>& fields)> text_of = {};

  /// The next document; nothing at the end. An error ends the run.
  std::function<Result<std::optional<SourceDocument>>()> next = {};

  /// What is refused, and why, by its place or key. May be empty.
  std::function<void(const std::string& where, const Status& problem)> on_problem = {};

  std::function<void(const IngestProgress&)> on_progress = {};  // Called often. May be empty.

  /// Asked often: true ends the run, with what was done so far committed. May be empty.
  std::function<bool()> is_stopped = {};
};

/// What a run is given that adds sources of any kind to a store: who writes and embeds, who is
/// told.
struct AddingParts {
  store::Writer* writer = nullptr;
  const TextEmbedder* embedder = nullptr;  // Null: no vectors are made.
  VectorLog* log = nullptr;                // Null: each text is embedded.
  store::SpaceId space = 0;                // Of the embedder's vectors.
  ByteLedger* ledger = nullptr;            // Null: the memory of large sources is not booked.

  /// What is refused, and why, by its origin; of texts without a vector, by key. May be empty.
  std::function<void(const std::string& where, const Status& problem)> on_problem = {};
  /// n_documents are sources. Called often. May be empty.
  std::function<void(const IngestProgress&)> on_progress = {};
  /// Asked often: true ends the run, with what was done so far committed. May be empty.
  std::function<bool()> is_stopped = {};
};

/// Gives vectors to what such a run has written. `text_of` as IngestJob has it. Errors: as ingest.
Result<IngestReport> embed_added(
    const AddingParts& parts,
    std::function<std::string(const std::vector<std::string>& fields)> text_of = {});

/// Makes an empty store where there is none yet, and its folder's parent; somebody else may do so
/// at the same time. Errors: kUnavailable where something else is there; as store::create_store;
/// kIo.
Status ensure_store(const std::string& folder, const store::Schema& schema,
                    std::string_view made_by);

/// Errors: those of the source and the store. What ends the embedding is in the report.
Result<IngestReport> ingest(const IngestJob& job);

/// Gives vectors to all documents that have none in the job's space; `next` is not asked.
/// Errors: as ingest.
Result<IngestReport> embed_missing(const IngestJob& job);

}  // namespace quern::apps
