// Named corpora of evidence: sources cut into passages and sentences, each found by words and by
// vectors. A corpus is a store (store/store.h) in home/claims/corpora/NAME.
//
// A store holds both: a passage (up to some 250 words of a source) as one document, and each of its
// sentences as another whose parent is the passage; the attribute `kind` tells them apart.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/claims/claim_evidence.h"
#include "apps/ingest.h"
#include "apps/text_embedder.h"
#include "base/status.h"
#include "engine/engine.h"
#include "store/store.h"

namespace quern::apps {

/// [a-z0-9][a-z0-9_-]*, at most 64. Errors: kBadInput.
Status check_corpus_name(const std::string& name);

std::string corpus_folder(const std::string& home, const std::string& name);

/// Sorted. Errors: kIo.
Result<std::vector<std::string>> corpus_names(const std::string& home);

/// What a text, a PDF, a line of JSON becomes before it is cut.
struct CorpusText {
  ClaimSource source;
  std::string text;  // UTF-8; spans are of it.
  // Where the giver has cut it already (the sentences of an abstract); empty: by our own rules.
  std::vector<ByteSpan> sentences = {};
};

/// Whose order is that of the text; what stands in a passage of its own is a heading, list or
/// table.
struct CorpusDocuments {
  std::vector<store::Document> documents;
  std::size_t n_sentences = 0;
  std::size_t n_repeated = 0;  // Sentences that the corpus has already from this source.
};

}  // namespace quern::apps
