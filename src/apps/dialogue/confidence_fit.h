// How far a predictor's choices can be believed, from dialogues that it was not fitted on.

#pragma once

#include <span>

#include "apps/dialogue/choice_sets.h"
#include "apps/dialogue/turn_predictor.h"
#include "base/status.h"

namespace quern::apps {

/// Of choices among these sets' candidates. `predicted` gives the vector that is predicted for a
/// set, into [d]. Errors: kBadInput where all choices are right, or none; those of the source.
Result<store::LogisticModel> fit_confidence(
    const DialogueSource& dialogues, std::span<const ChoiceSet> sets, std::span<const float> mean,
    ThreadPool& pool,
    const std::function<void(std::size_t i_set, std::span<float> out)>& predicted);

}  // namespace quern::apps
