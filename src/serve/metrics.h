// What /metrics shows: counters and histograms of the server, and the engine's own counts read at
// the moment of asking. Names are in base units; docs/api.md lists them.

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "apps/papers/answer_cache.h"
#include "engine/engine.h"
#include "serve/dialogue/dialogue_figures.h"
#include "serve/http/http_server.h"
#include "store/recall_receipts.h"

namespace quern::serve {

/// Threads: all functions may be called from any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  void request_started();
  /// Of a request that request_started() was told of (its route is not empty), or of one that no
  /// handler saw.
  void request_finished(const Finished& finished);

  /// One request to an encoder is back from the engine, after `seconds`.
  void encoded(engine::Task task, const engine::Response& response, double seconds);

  /// One text is generated, its first token `first_token_s` after the request came.
  void generated(const engine::GenerateResult& result, double first_token_s);

  /// One request for what an NLI model says of `n_pairs` is back from it.
  void pairs_judged(long n_pairs, double seconds);

  /// One claim has its verdict.
  void claim_verified(double seconds);

  /// What comes next is known of `n` dialogues, asked for by one request.
  void dialogues_predicted(long n, double seconds);

  /// What GET /stats says: one JSON object; docs/api.md lists its fields.
  std::string stats_json(const engine::Engine& engine) const;

  /// For the log, of what came since the last call; "" of nothing.
  std::string take_summary();

  /// The whole page, Prometheus text format 0.0.4. `recalls` of collections, by name; `dialogues`
  /// where the server has predictors of them; `answers` where it keeps answers from papers.
  std::string render(const engine::Engine& engine, int n_connections,
                     const std::map<std::string, store::RecallCounts>& recalls = {},
                     const std::optional<DialogueFigures>& dialogues = {},
                     const std::optional<apps::AnswerCacheStats>& answers = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quern::serve
