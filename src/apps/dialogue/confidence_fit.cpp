#include "apps/dialogue/confidence_fit.h"

#include <algorithm>
#include <vector>

#include "apps/dialogue/choice_sets.h"
#include "apps/dialogue/vector_math.h"

namespace quern::apps {

Result<store::LogisticModel> fit_confidence(const TurnPredictor& predictor,
                                            std::span<const DialogueVectors> dialogues,
                                            std::span<const std::size_t> asked, std::uint64_t seed,
                                            ThreadPool& pool) {
  const auto d = static_cast<std::size_t>(predictor.context().d());
  const std::vector<DialogueVectors> centred = predictor.centred(dialogues);
  QUERN_ASSIGN(const auto predicted, predictor.predict(dialogues, pool));
  std::vector<double> signals, is_right;
  for (const int n : {10, 20, 100}) {
    for (const ChoiceSet& set : choice_sets(centred, asked, n, seed)) {
      std::vector<float> scores;
      const auto wanted = std::span(predicted[set.i_dialogue]).subspan(set.i_turn * d, d);
      for (const TurnPlace& place : set.candidates) {
        scores.push_back(dot(wanted, centred[place.i_dialogue].turn(place.i_turn)));
      }
      const ChoiceSigns signs = signs_of(scores);
      signals.insert(signals.end(), {signs.best, signs.lead, signs.spread, signs.log_n});
      const bool is_first =
          std::all_of(scores.begin() + 1, scores.end(), [&](float s) { return s < scores[0]; });
      is_right.push_back(is_first ? 1 : 0);
    }
  }
  const std::vector<double> weights(is_right.size(), 1);
  return store::fit_logistic(
             {.x = signals, .is_positive = is_right, .weights = weights, .n_signals = kChoiceSigns},
             1)
      .in("fitting confidence on the dialogues that were kept out");
}

}  // namespace quern::apps
