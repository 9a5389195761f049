// A conversation that is heard turn by turn: what is kept of it, and what may come next.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/dialogue/dialogue_vectors.h"
#include "apps/dialogue/turn_predictor.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace quern::apps {

/// A copy is a fork: both go on alone. Threads: one at a time. The predictor outlives it.
class Conversation {
 public:
  explicit Conversation(const TurnPredictor& predictor)
      : predictor_(&predictor), state_(predictor.context().n_state(), 0.0f) {}

  /// One more turn and its vector [d], and what the next one's is, [d], to the bit as
  /// TurnPredictor::predict has it of all turns at once.
  std::vector<float> hear(const Turn& turn, std::span<const float> vector, ThreadPool& pool);

  std::size_t n_turns() const { return before_.n; }

  /// All that it is, as bytes. A conversation made from them goes on to the bit as this one.
  std::string to_bytes() const;
  /// Errors: kBadInput for bytes that are damaged or of another kind of predictor.
  static Result<Conversation> from_bytes(const TurnPredictor& predictor, std::string_view bytes);

 private:
  const TurnPredictor* predictor_;
  std::vector<float> state_;  // [ContextReader::n_state()]
  TurnsBefore before_;
};

}  // namespace quern::apps
