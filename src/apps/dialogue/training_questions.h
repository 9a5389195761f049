// What a predictor is asked while it is trained: which of some turns comes next, after turns of
// dialogues that its readout was not fitted on.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "apps/dialogue/choice_sets.h"
#include "apps/dialogue/training_rows.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace quern::apps {

/// Sets, and the row of what is seen before each.
struct RowQuestions {
  std::vector<ChoiceSet> sets = {};
  std::vector<std::size_t> rows = {};
};

struct TrainingQuestions {
  // By which ridge, prior and rounds are chosen. Rows of TrainingRows::learn.
  RowQuestions choosing = {};
  // Of 10, of 20 and of 100, one after the other, of the same dialogues: what a readout of those
  // that are fitted on is asked.
  RowQuestions choosing_confidence = {};
  // The same of the dialogues that nothing else is done with. Rows of TrainingRows::confidence.
  RowQuestions confidence = {};
};

/// Errors: those of the source.
Result<TrainingQuestions> training_questions(const DialogueSource& dialogues,
                                             const TrainingRows& rows, std::uint64_t seed);

/// Calls with the number of each set and its candidates' vectors, [n, d], centred, of length 1: on
/// the threads of the pool, in no order. Errors: those of the source.
Status for_candidates(
    const DialogueSource& dialogues, std::span<const ChoiceSet> sets, std::span<const float> mean,
    ThreadPool& pool,
    const std::function<void(std::size_t i_set, std::span<const float> candidates)>& each);

}  // namespace quern::apps
