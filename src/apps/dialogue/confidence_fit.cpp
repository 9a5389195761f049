#include "apps/dialogue/confidence_fit.h"

#include <algorithm>
#include <vector>

#include "apps/dialogue/training_questions.h"
#include "apps/dialogue/vector_math.h"

namespace quern::apps {

Result<store::LogisticModel> fit_confidence(
    const DialogueSource& dialogues, std::span<const ChoiceSet> sets, std::span<const float> mean,
    ThreadPool& pool,
    const std::function<void(std::size_t i_set, std::span<float> out)>& predicted) {
  const std::size_t d = mean.size();
  std::vector<double> signals(sets.size() * kChoiceSigns), is_right(sets.size());
  const auto judge = [&](std::size_t i, std::span<const float> candidates) {
    std::vector<float> wanted(d), scores;
    predicted(i, wanted);
    for (std::size_t at = 0; at < candidates.size(); at += d) {
      scores.push_back(dot(wanted, candidates.subspan(at, d)));
    }
    const ChoiceSigns signs = signs_of(scores);
    const double row[kChoiceSigns] = {signs.best, signs.lead, signs.spread, signs.log_n};
    std::copy_n(row, kChoiceSigns, &signals[i * kChoiceSigns]);
    const bool is_first =
        std::all_of(scores.begin() + 1, scores.end(), [&](float s) { return s < scores[0]; });
    is_right[i] = is_first ? 1 : 0;
  };
  QUERN_TRY(for_candidates(dialogues, sets, mean, pool, judge));
  const std::vector<double> weights(is_right.size(), 1);
  return store::fit_logistic(
             {.x = signals, .is_positive = is_right, .weights = weights, .n_signals = kChoiceSigns},
             1)
      .in("fitting confidence on the dialogues that were kept out");
}

}  // namespace quern::apps
