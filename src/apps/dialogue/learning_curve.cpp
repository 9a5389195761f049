#include "apps/dialogue/learning_curve.h"

#include <utility>

#include <fmt/format.h>

namespace quern::apps {

Result<LearningPoint> learning_point(std::span<const DialogueVectors> dialogues,
                                     std::size_t n_dialogues,
                                     std::span<const DialogueVectors> others, const TableAsk& ask,
                                     std::span<const NamedTraining> trainings, ThreadPool& pool) {
  if (n_dialogues > dialogues.size()) {
    return {Code::kBadInput,
            fmt::format("{} dialogues of {} to learn from", n_dialogues, dialogues.size())};
  }
  const std::vector<ChoiceSet> sets = choice_sets(others, ask.n_candidates, ask.seed);
  if (sets.empty()) return {Code::kBadInput, "no turn follows another one"};
  QUERN_ASSIGN(const std::vector<TurnPredictor> trained,
               train_predictors(DialoguesInMemory(dialogues.first(n_dialogues)), pool, trainings));
  LearningPoint out = {.n_dialogues = n_dialogues, .rows = {}};
  for (std::size_t i = 0; i < trained.size(); ++i) {
    QUERN_ASSIGN(const auto predicted, trained[i].predict(others, pool));
    const std::vector<DialogueVectors> centred = trained[i].centred(others);
    out.rows.push_back(measure(trainings[i].name, sets, score_by_vectors(predicted, centred)));
  }
  return out;
}

}  // namespace quern::apps
