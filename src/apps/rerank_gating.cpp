#include "apps/rerank_gating.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/sha256.h"
#include "store/byte_cursor.h"
#include "store/rank/saved_fusion.h"

namespace quern::apps {
namespace {

/// Of the vectors, the fusion and the model: where one is another, leads or orders are others.
Result<std::string> fingerprint_of(engine::Engine& engine, const store::FitRow& fusion,
                                   const std::string& model) {
  QUERN_ASSIGN(const std::string name, engine.listed_name(model));
  return sha256_hex(
      store::bytes_of(fmt::format("{}\n{}\n{}", fusion.fingerprint, fusion.body, name)));
}

const store::FitRow* fit_named(const store::Generation& generation, std::string_view name) {
  for (const store::FitRow& row : generation.fits()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

double quality(const std::vector<RetrievedHit>& hits, const std::map<std::string, int>& gains) {
  std::vector<int> ranked, all;
  for (const RetrievedHit& hit : hits) {
    const auto found = gains.find(hit.found.hit.key);
    ranked.push_back(found == gains.end() ? 0 : std::max(0, found->second));
  }
  for (const auto& [key, gain] : gains) all.push_back(std::max(0, gain));
  return store::ndcg_at_10(ranked, all);
}

bool has_relevant(const std::map<std::string, int>& gains) {
  return std::ranges::any_of(gains, [](const auto& judged) { return judged.second > 0; });
}

}  // namespace

Result<store::RerankGate> fit_gate(Retriever& retriever, const store::Snapshot& snapshot,
                                   const std::vector<QueryLine>& questions,
                                   const Judgements& judgements, const store::FusionFit& fusion,
                                   const RerankWish& wish,
                                   const std::function<bool()>& is_stopped) {
  // Folds go by order: the same questions in any order give the same fit.
  std::map<std::string, const QueryLine*> in_order;
  for (const QueryLine& question : questions) {
    const auto judged = judgements.find(question.id);
    if (judged != judgements.end() && has_relevant(judged->second)) {
      in_order[question.id] = &question;
    }
  }
  std::vector<store::GateQuery> all;
  for (const auto& [id, question] : in_order) {
    if (is_stopped && is_stopped()) return {Code::kCancelled, "interrupted"};
    Ask ask;
    ask.text = question->text;
    ask.vector = question->vector;
    ask.mode = store::Mode::kHybrid;
    ask.fusion = fusion.choice;
    ask.give = store::Give::kKeysOnly;
    const std::string where = "question '" + id + "'";
    QUERN_ASSIGN(Retrieved fused, retriever.retrieve(snapshot, ask).in(where));
    ask.rerank = wish;
    ask.vector = std::move(fused.vector);
    QUERN_ASSIGN(const Retrieved reranked, retriever.retrieve(snapshot, ask).in(where));
    const auto& gains = judgements.at(id);
    all.push_back({.lead = fused.found.lead,
                   .fused = quality(fused.hits, gains),
                   .reranked = quality(reranked.hits, gains)});
  }
  return store::fit_rerank_gate(all);
}

Result<store::FitRow> row_of_gate(engine::Engine& engine, const store::RerankGate& gate,
                                  const store::FitRow& fusion, const std::string& model) {
  store::FitRow row = {.name = store::kRerankFit, .fingerprint = {}, .body = json_from_gate(gate)};
  QUERN_ASSIGN(row.fingerprint, fingerprint_of(engine, fusion, model));
  return row;
}

Result<store::RerankGate> learnt_gate(engine::Engine& engine, const store::Generation& generation,
                                      const std::string& model) {
  const store::FitRow* fusion = fit_named(generation, store::kFusionFit);
  const store::FitRow* gate = fit_named(generation, store::kRerankFit);
  if (fusion == nullptr || gate == nullptr) return store::RerankGate();
  QUERN_ASSIGN(const std::string fingerprint, fingerprint_of(engine, *fusion, model));
  if (gate->fingerprint != fingerprint) return store::RerankGate();
  return store::gate_from_json(gate->body);
}

}  // namespace quern::apps
