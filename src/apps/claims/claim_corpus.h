// Named corpora of evidence: sources cut into passages and sentences, each found by words and by
// vectors. A corpus is a store (store/store.h) in home/claims/corpora/NAME, with a table of its
// sources beside the store's own.
//
// A store holds both: a passage as one document, and each of its sentences as another; the
// attribute `kind` tells them apart, and each kind has a field of its own, so that neither changes
// the other's statistics of words. docs/claims_corpora.md.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/claims/claim_evidence.h"
#include "apps/ingest.h"
#include "apps/text_embedder.h"
#include "base/sql.h"
#include "base/status.h"
#include "engine/engine.h"
#include "store/store.h"

namespace quern::apps {

/// [a-z0-9][a-z0-9_-]*, at most 64. Errors: kBadInput.
Status check_corpus_name(const std::string& name);

std::string corpus_folder(const std::string& home, const std::string& name);

/// Sorted. Errors: kIo.
Result<std::vector<std::string>> corpus_names(const std::string& home);

/// A corpus that is there, as it is read. Errors: kNotFound naming those that there are; kBadInput
/// for the name; as Store::open.
Result<std::unique_ptr<store::Store>> open_corpus(const std::string& home, const std::string& name,
                                                  ByteLedger* ledger = nullptr);

/// Makes an empty one where there is none yet; somebody else may do so at the same time. Errors: as
/// check_corpus_name and store::create_store.
Status ensure_corpus(const std::string& home, const std::string& name);

/// Fields and attributes of a corpus.
store::Schema corpus_schema();

/// A source as it was added.
struct CorpusSource {
  ClaimSource source;
  std::string origin = {};  // For people: "corpus.jsonl line 3", the file.
  std::string digest = {};  // SHA-256 of all that its documents are made of, 32 bytes,
  std::string input = {};   // and of its file, where reading that takes long; "": not known.
  std::uint64_t n_bytes = 0;
  std::uint32_t n_passages = 0;
  std::uint32_t n_sentences = 0;
  std::int64_t added_ms = 0;  // Unix time.
};

/// The sources by key. Errors: those of the catalog.
Result<std::vector<CorpusSource>> corpus_sources(store::Store& store);

/// Reads the table of a catalog; nothing of one that has none. Errors: as SqlStatement::step.
Result<std::vector<CorpusSource>> read_corpus_sources(Sql& sql);

struct CorpusSourcesChange {
  std::vector<CorpusSource> put;
  std::vector<std::string> gone;  // Keys.
};

/// Errors: as SqlStatement::step.
Status write_corpus_sources(Sql& sql, const CorpusSourcesChange& change);

}  // namespace quern::apps
