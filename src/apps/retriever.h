// The one way from a question to an answer: filters, the question's vector, both sides of the
// store, fusion, reranking by the engine, one hit per parent where that is asked for.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/rerank.h"
#include "apps/text_embedder.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "store/catalog/generation.h"
#include "store/grouped_search.h"
#include "store/rank/rerank_gate.h"
#include "store/search.h"

namespace quern::apps {

struct Ask {
  std::string text;
  store::QuerySyntax syntax = store::QuerySyntax::kPlain;
  std::vector<float> vector = {};  // In place of one that the model makes of the text.
  std::optional<store::Filter> filter = {};
  std::optional<store::Mode> mode = {};  // Unset: by both, where the store has vectors.
  std::uint32_t n_wanted = 10;
  std::uint32_t window = 200;  // Of each side.
  // Unset: what was learnt for the store, else min-max.
  std::optional<store::FusionChoice> fusion = {};
  std::optional<RerankWish> rerank = {};
  std::optional<std::size_t> n_children = {};  // One answer per parent, with its best; n_wanted
                                               // counts parents.
  std::optional<std::chrono::steady_clock::time_point> deadline = {};  // Of it all.
  // 0 to 1: what likeness to the hits before counts beside scores (diverse_hits.h).
  std::optional<float> diversity = {};
  bool is_explained = false;
  store::Exactness exactness = store::Exactness::kByPlan;
  store::Give give = store::Give::kStored;
};

struct RetrievedHit {
  store::SearchHit found;
  std::optional<float> rerank_score = {};
};

struct RetrieveTimings {
  double vector_ms = 0;  // The question's vector,
  double search_ms = 0;  // the store,
  double rerank_ms = 0;
  double total_ms = 0;
};

struct Retrieved {
  std::vector<RetrievedHit> hits;
  std::optional<std::vector<store::GroupHit>>
      groups;                       // In place of hits, where they were asked for.
  store::SearchResult found;        // All but its hits, which are moved into `hits`.
  std::optional<Reranking> rerank;  // How many of how many were scored.
  std::string rerank_note;          // Why nothing was reranked though it was asked for.
  std::string fusion_note;          // Why a fusion that was learnt is not used; "" where none was.
  bool is_diverse = false;          // The order is not that of the scores.
  std::vector<float> vector = {};   // The question's, where it was searched by one.
  RetrieveTimings timings;
};

/// Threads: one object per thread. Everything that is borrowed outlives it.
class Retriever {
 public:
  /// Without an engine nothing is reranked, and vectors of questions must be given. `pool` is for
  /// scans. Errors: as Searcher::create.
  static Result<Retriever> create(const store::Schema& schema, ThreadPool& pool,
                                  engine::Engine* engine);

  /// What embeds questions is opened when it is first wanted and kept while the store's space is
  /// the same. Errors: kBadInput for the question, a mode for which there are no vectors, a model
  /// that is not the one that made the store's vectors; kDeadline where time is over before the
  /// store answered; as a request's to the engine.
  Result<Retrieved> retrieve(const store::Snapshot& snapshot, const Ask& ask);

  /// Of texts by the model of the store's vectors, as interactive work, of length 1 each:
  /// [texts][d]; empty where there is no model to ask. Errors: as retrieve.
  Result<std::vector<std::vector<float>>> vectors_of(const store::Snapshot& snapshot,
                                                     std::span<const std::string> texts);

  /// The union of both sides, to learn a fusion from. Errors: as retrieve.
  Result<store::Candidates> candidates(const store::Snapshot& snapshot, const Ask& ask);

 private:
  Retriever(store::Schema schema, store::Searcher searcher, engine::Engine* engine)
      : schema_(std::move(schema)), searcher_(std::move(searcher)), engine_(engine) {}

  Result<const TextEmbedder*> embedder_for(const store::VectorSpace& space);
  Result<std::vector<float>> query_vector(const store::SpaceRow& space, const Ask& ask);
  Status find(const store::Snapshot& snapshot, const Ask& ask, store::Query& query,
              std::uint32_t n_wanted, Retrieved& out);
  Status find_groups(const store::Snapshot& snapshot, const Ask& ask, store::Query& query,
                     Retrieved& out);
  Status rerank(const store::Snapshot& snapshot, const Ask& ask, Retrieved& out);

  store::Schema schema_;
  store::Searcher searcher_;
  engine::Engine* engine_;
  store::RerankGate gate_;         // Of the question that is being answered.
  store::VectorSpace embeds_for_;  // What embedder_ is for.
  std::optional<TextEmbedder> embedder_;
};

}  // namespace quern::apps
