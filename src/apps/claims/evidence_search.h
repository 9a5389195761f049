// From a claim to the sentences that may decide it: passages by both sides of the corpus's store,
// then the sentences in the best of them, each with how near it is.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/claims/claim_evidence.h"
#include "apps/text_embedder.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "store/catalog/generation.h"
#include "store/search.h"
#include "store/store.h"

namespace quern::apps {

struct EvidenceWish {
  std::uint32_t n_passages = 10;
  std::uint32_t n_sentences = 16;  // At most; the nearest of all passages together.
  std::optional<store::Mode> mode = {};
  std::optional<store::Filter> filter = {};
};

struct FoundEvidence {
  std::vector<EvidenceSentence> sentences;  // The nearest first.
  store::GenerationId generation = 0;
  std::string why_empty = {};
  double vector_ms = 0;
  double search_ms = 0;
};

/// Threads: one at a time. What is borrowed outlives it.
class EvidenceSearch {
 public:
  /// Errors: as Retriever::create; kBadInput where the store is no corpus.
  static Result<std::unique_ptr<EvidenceSearch>> create(store::Store& store, ThreadPool& pool,
                                                        engine::Engine* engine);
  virtual ~EvidenceSearch() = default;

  /// The same claim, wish and generation give the same sentences in the same order, to the bit.
  /// Errors: as Retriever::retrieve.
  virtual Result<FoundEvidence> find(const std::string& claim, const EvidenceWish& wish) = 0;

  /// From now on the corpus is searched as it is now, whatever is added to it; else each claim has
  /// the newest. Errors: as Store::snapshot.
  virtual Status pin() { return {}; }
};

/// A text that somebody brings along with a claim.
struct GivenEvidence {
  std::string text;
  ClaimSource source;
};

/// Its sentences, in order, with their neighbours. Texts without a letter or digit have none.
/// Errors: kBadInput for text that is not UTF-8 or has a NUL byte; kTooLarge.
Result<std::vector<EvidenceSentence>> sentences_of_given(std::span<const GivenEvidence> given);

}  // namespace quern::apps
