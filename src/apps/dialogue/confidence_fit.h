// How far a predictor's choices can be believed, from dialogues that it was not fitted on.

#pragma once

#include <cstdint>
#include <span>

#include "apps/dialogue/turn_predictor.h"
#include "base/status.h"

namespace quern::apps {

/// Of choices among 10, 20 and 100 of all turns, after those of the dialogues `asked`.
/// Errors: kBadInput where all choices are right, or none.
Result<store::LogisticModel> fit_confidence(const TurnPredictor& predictor,
                                            std::span<const DialogueVectors> dialogues,
                                            std::span<const std::size_t> asked, std::uint64_t seed,
                                            ThreadPool& pool);

}  // namespace quern::apps
