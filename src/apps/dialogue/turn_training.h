// How predictors are trained: several of them in one pass over the dialogues, in memory that does
// not grow with these.

#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "apps/dialogue/dialogue_source.h"
#include "apps/dialogue/turn_predictor.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace quern::apps {

/// Fewer dialogues with two turns and more are refused.
inline constexpr std::size_t kFewestDialogues = 20;

struct NamedTraining {
  std::string name;
  TurnPredictor::Training training = {};
};

/// Who looks on: called again and again with what is done ("read", or the name of a predictor) and
/// its share from 0 to 1. May be empty.
using TrainingProgress = std::function<void(const std::string& stage, double share)>;

/// On the turns that follow another one. Of ten dialogues, two choose the ridge, the prior and the
/// rounds; these and one more fit the confidence, each by a readout that has not seen it. Those
/// that have a reservoir all have the same one. In the order of `trainings`, each to the bit as if
/// it were trained alone. Errors: kBadInput for too few dialogues, a spec, or two reservoirs;
/// kCancelled; those of the source.
Result<std::vector<TurnPredictor>> train_predictors(const DialogueSource& dialogues,
                                                    ThreadPool& pool,
                                                    std::span<const NamedTraining> trainings,
                                                    const TrainingProgress& on_progress = {});

}  // namespace quern::apps
