// How much better predictors become with more dialogues to learn from.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "apps/dialogue/dialogue_table.h"
#include "apps/dialogue/turn_training.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace quern::apps {

struct LearningPoint {
  std::size_t n_dialogues = 0;      // That were learnt from.
  std::vector<ChoiceMetrics> rows;  // One for each training, of the same questions.
};

/// Trains on the first `n_dialogues` dialogues and asks about the others, as dialogue_table does.
/// Errors: as train_predictors; kBadInput for more dialogues than there are, or no questions.
Result<LearningPoint> learning_point(std::span<const DialogueVectors> dialogues,
                                     std::size_t n_dialogues,
                                     std::span<const DialogueVectors> others, const TableAsk& ask,
                                     std::span<const NamedTraining> trainings, ThreadPool& pool);

}  // namespace quern::apps
