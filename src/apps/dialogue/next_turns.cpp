#include "apps/dialogue/next_turns.h"

#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "apps/dialogue/predictor_form.h"
#include "apps/json_object.h"
#include "base/check.h"
#include "base/sha256.h"

namespace quern::apps {
namespace {

/// No two services of a process have the same: each has its predictor, its candidates as they were
/// when the file was opened, and its model.
std::uint64_t next_service() {
  static std::atomic<std::uint64_t> n{0};
  return ++n;
}

std::string fingerprint_of(const PredictorFile& file, const TurnPredictor& predictor) {
  const std::string content = fmt::format("quern conversations 1\n{}\n", file.space().fingerprint) +
                              facts_of(predictor.parts()) + '\n' + numbers_of(predictor.parts());
  return sha256_hex(std::as_bytes(std::span(content)));
}

double share(long n, long of) {
  return of == 0 ? 0 : static_cast<double>(n) / static_cast<double>(of);
}

}  // namespace

Result<NextTurnService> NextTurnService::make(const Parts& parts) {
  QUERN_ASSIGN(TurnPredictor predictor, parts.file->predictor());
  NextTurnService out;
  out.predictor_ = std::make_shared<const TurnPredictor>(std::move(predictor));
  out.fingerprint_ = fingerprint_of(*parts.file, *out.predictor_);
  out.parts_ = {.file = parts.file,
                .predictor = out.predictor_.get(),
                .embedder = parts.embedder,
                .pool = parts.pool,
                .cache = parts.cache,
                .service = next_service()};
  return out;
}

std::vector<NextOutcome> NextTurnService::after(std::span<const Dialogue> dialogues,
                                                const NextAsk& ask) const {
  return next_of_all(parts_, dialogues, ask);
}

Result<NextTurns> NextTurnService::after(const Dialogue& dialogue, const NextAsk& ask) const {
  std::vector<NextOutcome> one = after(std::span(&dialogue, 1), ask);
  QUERN_TRY(one[0].status);
  return std::move(one[0].next);
}

Result<std::vector<TurnVector>> NextTurnService::vectors(std::span<const Turn> turns,
                                                         const NextAsk& ask) const {
  std::vector<std::string_view> texts;
  for (const Turn& turn : turns) texts.push_back(turn.text);
  QUERN_ASSIGN(std::vector<TurnVector> out, turn_vectors(texts, *parts_.embedder, ask));
  for (std::size_t i = 0; i < out.size(); ++i) {
    QUERN_TRY(out[i].status.in(fmt::format("turn {}", i + 1)));
  }
  return out;
}

Result<NextTurns> NextTurnService::hear(ConversationState& state, std::span<const Turn> turns,
                                        std::span<const TurnVector> vectors,
                                        std::uint32_t n_wanted) const {
  QUERN_CHECK(!turns.empty() && turns.size() == vectors.size());
  std::vector<float> next;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    Turn turn = turns[i];
    if (turn.speaker.empty()) turn.speaker = std::to_string(state.n_turns() % 2);
    const Hearing hearing = {.state = &state,
                             .turn = &turn,
                             .vector = vectors[i].vector,
                             .next = i + 1 == turns.size() ? &next : nullptr};
    hear_together(*predictor_, std::span(&hearing, 1), *parts_.pool);
  }
  return parts_.file->nearest(*predictor_, next, n_wanted, *parts_.pool);
}

std::string json_from_next(const NextTurns& next, std::string_view fields) {
  nlohmann::ordered_json turns = nlohmann::ordered_json::array();
  for (const NextTurn& turn : next.turns) {
    turns.push_back({{"text", turn.text}, {"score", turn.score}});
  }
  return fmt::format("{{{}\"predictions\":{},\"confidence\":{}}}", fields,
                     turns.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace),
                     nlohmann::ordered_json(next.confidence).dump());
}

std::string json_from_cache(const DialogueCacheStats& s,
                            const std::optional<engine::ResultCacheStats>& encodings) {
  nlohmann::ordered_json out;
  out["prediction_cache"] = {
      {"hits", s.n_prediction_hits},
      {"misses", s.n_prediction_misses},
      {"hit_rate", share(s.n_prediction_hits, s.n_prediction_hits + s.n_prediction_misses)},
      {"shared", s.n_shared},
      {"size", s.n_predictions}};
  out["state_cache"] = {{"turns_known", s.n_turns_known},
                        {"turns_heard", s.n_turns_heard},
                        {"hit_rate", share(s.n_turns_known, s.n_turns_known + s.n_turns_heard)},
                        {"size", s.n_states}};
  if (encodings) {
    const long n_hits = encodings->n_memory_hits + encodings->n_disk_hits;
    out["encoding_cache"] = {{"hits", n_hits},
                             {"misses", encodings->n_misses},
                             {"hit_rate", share(n_hits, n_hits + encodings->n_misses)},
                             {"size", encodings->n_items},
                             {"bytes", encodings->n_bytes}};
  }
  out["evicted"] = s.n_evicted;
  out["bytes"] = s.n_bytes;
  out["max_bytes"] = s.max_bytes;
  return out.dump();
}

}  // namespace quern::apps
