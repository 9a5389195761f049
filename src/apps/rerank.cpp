#include "apps/rerank.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/scoring/scores.h"

namespace quern::apps {
namespace {

// A batch that all cores have work from, and a step that a deadline is met by within some 20 ms.
constexpr std::size_t kSlice = 16;

bool is_over(const RerankWish& wish) {
  return wish.deadline && std::chrono::steady_clock::now() >= *wish.deadline;
}

bool is_late(const Status& status) { return status.code() == Code::kDeadline; }

/// The logits of a slice; nothing where time was over before all of it was scored.
Result<std::optional<std::vector<std::optional<float>>>> score_slice(
    engine::Engine& engine, const RerankWish& wish, const std::string& query,
    std::span<const std::string> texts, engine::Scale& scale) {
  using Logits = std::vector<std::optional<float>>;
  engine::Request request;
  request.model = wish.model;
  request.task = engine::Task::kRerank;
  request.query = query;
  request.deadline = wish.deadline;
  for (const std::string& text : texts) {
    request.inputs.emplace_back();
    request.inputs.back().text = text;
  }
  const engine::Response response = engine.run(std::move(request));
  if (is_late(response.status)) return std::optional<Logits>();
  QUERN_TRY(response.status);
  QUERN_ASSIGN(scale, engine::choose_scale({}, response.head->scale, response.head->labels.size()));
  Logits logits;
  for (const engine::Outcome& outcome : response.outcomes) {
    if (is_late(outcome.status)) return std::optional<Logits>();
    if (outcome.status.ok() && !outcome.values.empty()) {
      logits.emplace_back(outcome.values[0]);
    } else {
      logits.emplace_back();
    }
  }
  return std::optional<Logits>(std::move(logits));
}

}  // namespace

Result<Reranking> rerank(engine::Engine& engine, const RerankWish& wish, const std::string& query,
                         std::span<const std::string> texts) {
  Reranking out;
  out.n_wanted = std::min(wish.n_texts, texts.size());
  std::vector<std::optional<float>> logits;
  // A model that cannot do it is said, whether anything was found or not.
  if (texts.empty()) QUERN_TRY(score_slice(engine, wish, query, {&query, 1}, out.scale).status());
  while (logits.size() < out.n_wanted && !is_over(wish)) {
    const auto slice = texts.subspan(logits.size(), std::min(kSlice, out.n_wanted - logits.size()));
    QUERN_ASSIGN(auto scored, score_slice(engine, wish, query, slice, out.scale));
    if (!scored) break;
    logits.insert(logits.end(), scored->begin(), scored->end());
  }
  out.n_done = logits.size();
  logits.resize(texts.size());
  out.order.resize(texts.size());
  std::iota(out.order.begin(), out.order.end(), std::size_t{0});
  // By logits: large ones have one sigmoid.
  std::stable_sort(out.order.begin(), out.order.end(), [&](std::size_t a, std::size_t b) {
    if (logits[a] && logits[b]) return *logits[a] > *logits[b];
    return logits[a].has_value() && !logits[b].has_value();
  });
  for (const std::optional<float>& logit : logits) {
    out.scores.emplace_back();
    if (logit) out.scores.back() = engine::scores_of(std::span(&*logit, 1), out.scale)[0];
  }
  return out;
}

}  // namespace quern::apps
