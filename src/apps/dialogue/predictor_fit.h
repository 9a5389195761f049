// One predictor from what a pass over dialogues left: its ridge, prior and rounds are chosen, its
// readout is fitted and refined, its confidence is fitted.

#pragma once

#include "apps/dialogue/context_fit.h"
#include "apps/dialogue/training_questions.h"
#include "apps/dialogue/training_rows.h"
#include "apps/dialogue/turn_predictor.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace quern::apps {

/// Borrowed.
struct PredictorFitInput {
  const DialogueSource& dialogues;
  const TrainingRows& rows;
  const TrainingQuestions& questions;
  const ContextFit& context;  // Of the context of the training.
};

/// Errors: kBadInput for ridges that are all singular, or where no confidence can be fitted;
/// kCancelled; those of the source.
Result<TurnPredictor> fit_predictor(const TurnPredictor::Training& training,
                                    const PredictorFitInput& input, ThreadPool& pool,
                                    const GoOn& go_on);

}  // namespace quern::apps
