// The best of a first search in a better order: each put beside the question by a cross-encoder or
// by late interaction, in slices from the best on, for as long as there is time.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "engine/engine.h"

namespace quern::apps {

struct RerankWish {
  std::string model;
  std::size_t n_texts = 50;  // At most; of the first.
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
};

struct Reranking {
  /// Places in the first order, all of them: what was scored by its score, equals as they were,
  /// then the rest as it was.
  std::vector<std::size_t> order = {};
  std::vector<std::optional<float>> scores = {};  // [texts]; nothing for what was not scored
  std::size_t n_wanted = 0;
  std::size_t n_done = 0;  // Fewer: time was over. "32 of 50".
  engine::Scale scale = engine::Scale::kRaw;
};

/// `texts` in their first order. Scores are on the model's own scale, as /v1/rerank has them. A
/// text that fails alone stays behind those with a score. Errors: as a request's, where it is not
/// the time that is over.
Result<Reranking> rerank(engine::Engine& engine, const RerankWish& wish, const std::string& query,
                         std::span<const std::string> texts);

}  // namespace quern::apps
