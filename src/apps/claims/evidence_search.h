// From a claim to the sentences that may decide it: passages by both sides of the corpus's store,
// then the sentences in the best of them, each with how near it is.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/claims/claim_evidence.h"
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
  /// Errors: as Retriever::create.
  static Result<std::unique_ptr<EvidenceSearch>> create(store::Store& store, ThreadPool& pool,
                                                        engine::Engine* engine);
  virtual ~EvidenceSearch() = default;

  /// Errors: as Retriever::retrieve.
  virtual Result<FoundEvidence> find(const std::string& claim, const EvidenceWish& wish) = 0;
};

}  // namespace quern::apps
