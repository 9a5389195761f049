// What is kept of a conversation that is heard turn by turn, and its bytes.

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

/// A copy is a fork: both go on alone.
struct ConversationState {
  std::vector<float> numbers = {};  // [ContextReader::n_state()]
  TurnsBefore before = {};

  std::size_t n_turns() const { return before.n; }
  /// Of memory.
  std::size_t n_bytes() const;
};

ConversationState new_conversation(const TurnPredictor& predictor);

/// A conversation that hears one more turn.
struct Hearing {
  ConversationState* state = nullptr;  // Goes on by the turn.
  const Turn* turn = nullptr;
  std::span<const float> vector = {};  // [d] The turn's.
  std::vector<float>* next = nullptr;  // What comes next, by its vector [d]; null: not wanted.
};

/// One more turn of each of several conversations, all of them different. To the bit as
/// TurnPredictor::predict has it of all turns at once.
void hear_together(const TurnPredictor& predictor, std::span<const Hearing> hearings,
                   ThreadPool& pool);

/// All that it is. A conversation made from these bytes goes on to the bit as this one.
std::string bytes_from_conversation(const ConversationState& state);

/// Errors: kBadInput for bytes that are damaged or of another kind of predictor.
Result<ConversationState> conversation_from_bytes(const TurnPredictor& predictor,
                                                  std::string_view bytes);

/// How many turns there were, where no predictor is at hand. Errors: kBadInput for damage.
Result<std::size_t> turns_in_bytes(std::string_view bytes);

}  // namespace quern::apps
