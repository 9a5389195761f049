#include "apps/retriever.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "apps/diverse_hits.h"
#include "apps/fusion_fitting.h"
#include "apps/json_document.h"
#include "apps/rerank_gating.h"
#include "apps/store_model.h"
#include "base/elapsed.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

bool is_over(const Ask& ask) { return ask.deadline && Clock::now() >= *ask.deadline; }

/// What a reranker sees of each hit: its fields.
Result<std::vector<std::string>> texts_of(const store::Generation& generation,
                                          const std::vector<RetrievedHit>& hits, std::size_t n) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min(n, hits.size()); ++i) {
    QUERN_ASSIGN(const store::StoredDocument document,
                 store::document_of(generation.segments(), hits[i].found.hit.key));
    texts.push_back(text_to_embed(document.fields));
  }
  return texts;
}

/// Where hits were reranked their places are what they are grouped by.
store::TextSearchResult as_hits(const Retrieved& found) {
  store::TextSearchResult out = {.generation = found.found.generation,
                                 .why_empty = found.found.why_empty};
  for (std::size_t i = 0; i < found.hits.size(); ++i) {
    store::Hit& hit = out.hits.emplace_back(found.hits[i].found.hit);
    if (found.rerank) hit.score = static_cast<float>(found.hits.size() - i);
  }
  return out;
}

/// How many hits groups are made of at first.
std::uint32_t n_first(const Ask& ask) {
  const auto n = static_cast<std::uint32_t>(store::n_to_group(ask.n_wanted));
  return ask.rerank ? std::max(n, static_cast<std::uint32_t>(ask.rerank->n_texts)) : n;
}

Status check_diversity(const Ask& ask) {
  if (!ask.diversity) return {};
  if (!(*ask.diversity >= 0 && *ask.diversity <= 1)) {
    return {Code::kBadInput, fmt::format("diversity is {}, want 0 to 1", *ask.diversity)};
  }
  if (!ask.n_children) return {};
  return {Code::kBadInput, "diversity has no place among groups: each parent comes once"};
}

/// Hits that a diverse answer is chosen of.
std::uint32_t n_to_choose_from(std::uint32_t n_wanted) {
  constexpr std::uint32_t kTimes = 5;
  return std::min(std::max(n_wanted, store::kMaxHits / kTimes), n_wanted * kTimes);
}

/// `first` in their order, then the others of `hits` in theirs.
void put_first(const std::vector<RetrievedHit>& first, std::vector<RetrievedHit>& hits) {
  std::unordered_set<std::string_view> keys;
  for (const RetrievedHit& one : first) keys.insert(one.found.hit.key);
  std::vector<RetrievedHit> out = first;
  for (RetrievedHit& one : hits) {
    if (!keys.contains(one.found.hit.key)) out.push_back(std::move(one));
  }
  hits = std::move(out);
}

}  // namespace

Result<Retriever> Retriever::create(const store::Schema& schema, ThreadPool& pool,
                                    engine::Engine* engine) {
  QUERN_ASSIGN(store::Searcher searcher, store::Searcher::create(schema, pool));
  return Retriever(schema, std::move(searcher), engine);
}

Result<std::vector<float>> Retriever::query_vector(const store::SpaceRow& space, const Ask& ask) {
  if (!ask.vector.empty()) return ask.vector;
  if (engine_ == nullptr || is_of_given(space.space)) {
    return {Code::kBadInput,
            "the store's vectors are brought along: a question by them needs its vector, too"};
  }
  QUERN_ASSIGN(const TextEmbedder* embedder, embedder_for(space.space));
  return embedder->query_vector(ask.text, ask.deadline);
}

Result<const TextEmbedder*> Retriever::embedder_for(const store::VectorSpace& space) {
  if (!embedder_ || embeds_for_ != space) {
    QUERN_ASSIGN(embedder_, open_embedder(*engine_, space));
    embeds_for_ = space;
  }
  return &*embedder_;
}

Result<std::vector<std::vector<float>>> Retriever::vectors_of(const store::Snapshot& snapshot,
                                                              std::span<const std::string> texts) {
  std::vector<std::vector<float>> out;
  const store::SpaceRow* space = snapshot->active_space();
  if (space == nullptr || engine_ == nullptr || is_of_given(space->space)) return out;
  QUERN_ASSIGN(const TextEmbedder* embedder, embedder_for(space->space));
  engine::Request request = embedder->text_request();
  request.work_class = engine::WorkClass::kInteractive;
  request.normalize = true;
  for (const std::string& text : texts) request.inputs.emplace_back().text = text;
  engine::Response response = engine_->run(std::move(request));
  QUERN_TRY(response.status);
  for (engine::Outcome& outcome : response.outcomes) out.push_back(std::move(outcome.values));
  return out;
}

Result<Retrieved> Retriever::retrieve(const store::Snapshot& snapshot, const Ask& ask) {
  const auto start = Clock::now();
  const store::SpaceRow* space = snapshot->active_space();
  Retrieved out;
  gate_ = store::RerankGate();
  QUERN_TRY(check_diversity(ask));
  const bool has_vectors = space != nullptr && (!ask.vector.empty() || !is_of_given(space->space));
  store::Query query;
  query.text = ask.text;
  query.syntax = ask.syntax;
  query.filter = ask.filter;
  query.mode = ask.mode.value_or(has_vectors ? store::Mode::kHybrid : store::Mode::kLexical);
  query.window = ask.window;
  if (ask.fusion) {
    query.fusion = *ask.fusion;
  } else if (query.mode == store::Mode::kHybrid) {
    QUERN_ASSIGN(LearntFusion learnt, learnt_fusion(*snapshot));
    // A gate goes by the leads of the fusion that it was learnt with.
    if (learnt.choice && ask.rerank && engine_ != nullptr) {
      QUERN_ASSIGN(gate_, learnt_gate(*engine_, *snapshot, ask.rerank->model));
    }
    if (learnt.choice) query.fusion = std::move(*learnt.choice);
    out.fusion_note = std::move(learnt.why_not);
  }
  query.is_explained = ask.is_explained;
  query.exactness = ask.exactness;
  query.give = ask.give;
  if (query.mode != store::Mode::kLexical) {
    if (space == nullptr) {
      return {Code::kBadInput, "the store has no vectors: it was made without a model"};
    }
    QUERN_ASSIGN(query.vector, query_vector(*space, ask));
    out.timings.vector_ms = ms_since(start);
  }
  if (ask.n_children) {
    QUERN_TRY(find_groups(snapshot, ask, query, out));
  } else {
    QUERN_TRY(find(snapshot, ask, query, ask.n_wanted, out));
  }
  out.vector = std::move(query.vector);
  out.timings.total_ms = ms_since(start);
  return out;
}

Result<store::Candidates> Retriever::candidates(const store::Snapshot& snapshot, const Ask& ask) {
  const store::SpaceRow* space = snapshot->active_space();
  if (space == nullptr) {
    return {Code::kBadInput, "the store has no vectors: there is nothing to fuse"};
  }
  store::Query query;
  query.text = ask.text;
  query.syntax = ask.syntax;
  query.filter = ask.filter;
  query.window = ask.window;
  QUERN_ASSIGN(query.vector, query_vector(*space, ask));
  return searcher_.candidates(*snapshot, query);
}

// The best n_wanted, after reranking.
Status Retriever::find(const store::Snapshot& snapshot, const Ask& ask, store::Query& query,
                       std::uint32_t n_wanted, Retrieved& out) {
  if (is_over(ask)) return {Code::kDeadline, "time was over before the store was searched"};
  const auto start = Clock::now();
  query.n_wanted = n_wanted;
  if (ask.rerank) {
    query.n_wanted = std::max(n_wanted, static_cast<std::uint32_t>(ask.rerank->n_texts));
  }
  if (ask.diversity) query.n_wanted = std::max(query.n_wanted, n_to_choose_from(n_wanted));
  QUERN_ASSIGN(out.found, searcher_.search(*snapshot, query));
  out.hits.clear();
  for (store::SearchHit& hit : out.found.hits) out.hits.push_back({.found = std::move(hit)});
  out.found.hits.clear();
  out.timings.search_ms += ms_since(start);
  if (ask.rerank && gate_.spares(out.found.lead)) {
    out.rerank_note = "skipped: both sides agree";
  } else if (ask.rerank) {
    QUERN_TRY(rerank(snapshot, ask, out));
  }
  if (ask.diversity) {
    QUERN_TRY(diversify_hits(*snapshot, schema_, *ask.diversity, n_wanted, out.hits));
    out.is_diverse = true;
  }
  if (out.hits.size() > n_wanted) out.hits.resize(n_wanted);
  return {};
}

// Reranked once: what later looks find behind the first stays behind it.
Status Retriever::find_groups(const store::Snapshot& snapshot, const Ask& ask, store::Query& query,
                              Retrieved& out) {
  QUERN_TRY(find(snapshot, ask, query, std::min(n_first(ask), store::kMaxHits), out));
  const std::vector<RetrievedHit> first = out.hits;
  Ask unranked = ask;
  unranked.rerank.reset();
  const auto search = [&](std::uint32_t n_wanted) -> Result<store::TextSearchResult> {
    const std::uint32_t n = std::min(n_wanted, store::kMaxHits);
    // Time that is over ends the looking for more, not the answer.
    if (n > out.hits.size() && out.hits.size() >= query.n_wanted && !is_over(ask)) {
      QUERN_TRY(find(snapshot, unranked, query, n, out));
      put_first(first, out.hits);
    }
    return as_hits(out);
  };
  QUERN_ASSIGN(
      store::GroupedResult grouped,
      store::search_grouped({.n_groups = ask.n_wanted, .n_children = *ask.n_children}, search));
  out.groups = std::move(grouped.groups);
  out.hits.clear();
  return {};
}

Status Retriever::rerank(const store::Snapshot& snapshot, const Ask& ask, Retrieved& out) {
  const auto start = Clock::now();
  if (engine_ == nullptr) return {Code::kBadInput, "there is no engine to rerank with"};
  RerankWish wish = *ask.rerank;
  if (ask.deadline) wish.deadline = std::min(*ask.deadline, wish.deadline.value_or(*ask.deadline));
  QUERN_ASSIGN(const std::vector<std::string> texts, texts_of(*snapshot, out.hits, wish.n_texts));
  QUERN_ASSIGN(Reranking made, apps::rerank(*engine_, wish, ask.text, texts));
  std::vector<RetrievedHit> hits;
  for (const std::size_t i : made.order) {
    hits.push_back(std::move(out.hits[i]));
    hits.back().rerank_score = made.scores[i];
  }
  for (std::size_t i = texts.size(); i < out.hits.size(); ++i) {
    hits.push_back(std::move(out.hits[i]));
  }
  out.hits = std::move(hits);
  out.rerank = std::move(made);
  out.timings.rerank_ms += ms_since(start);
  return {};
}

}  // namespace quern::apps
