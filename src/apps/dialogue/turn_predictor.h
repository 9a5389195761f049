// From a dialogue so far to the vector of its next turn: a multiple of the mean of its turns, which
// the next one is like, and what a readout over a ContextReader adds to that; and how far its
// choices can be believed.

#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "apps/dialogue/context_reader.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "reservoir/ridge.h"
#include "store/rank/logistic.h"

namespace quern::apps {

/// Of scores of candidates what says how sure the best one is.
struct ChoiceSigns {
  double best = 0;    // Cosine,
  double lead = 0;    // less that of the second,
  double spread = 0;  // best less the mean, by the standard deviation.
  double log_n = 0;   // ln of how many there were.
};
inline constexpr std::size_t kChoiceSigns = 4;
ChoiceSigns signs_of(std::span<const float> scores);

/// `best` less the mean of `scores`, by their standard deviation; 0 where they do not differ.
double spread_above(double best, std::span<const float> scores);

/// All that a predictor is; its network follows from the spec.
struct PredictorParts {
  ContextSpec context = {};
  int d = 0;                              // Of a turn's vector.
  double prior = 0;                       // By which the mean of the turns so far counts.
  double lambda = 0;                      // The ridge that the readout was fitted with,
  int n_rounds = 0;                       // and the rounds for which it was refined.
  reservoir::LinearReadout readout = {};  // [d_x, d]
  std::vector<float> mean = {};           // [d] Of the turns that follow another.
  store::LogisticModel confidence = {};   // [kChoiceSigns]
};

/// Threads: reading from any number.
class TurnPredictor {
 public:
  struct Training {
    ContextSpec context = {};
    std::vector<double> lambdas = {1, 3, 10, 30, 100, 300, 1000};
    std::vector<double> priors = {0, 0.25, 0.5, 0.75, 1, 1.5};
    std::vector<int> rounds = {0, 1, 2};  // Of refining (reservoir/contrastive.h).
    std::uint64_t seed = 1;               // Of candidates that are drawn.
    std::function<bool()> is_stopped = {};
  };

  /// As train_predictors (turn_training.h) of one, of dialogues that are in memory. Errors: also
  /// kBadInput for dialogues of unequal widths.
  static Result<TurnPredictor> train(std::span<const DialogueVectors> dialogues, ThreadPool& pool,
                                     const Training& training);

  /// Errors: kBadInput where the parts do not fit together or are not finite.
  static Result<TurnPredictor> from_parts(PredictorParts parts);

  const PredictorParts& parts() const { return parts_; }
  const ContextReader& context() const { return context_; }

  /// The next turn's vector after each turn, [n_turns, d] by dialogue: unit vectors, with the mean
  /// turn taken off. Errors: kBadInput for dialogues of another width.
  Result<std::vector<std::vector<float>>> predict(std::span<const DialogueVectors> dialogues,
                                                  ThreadPool& pool) const;

  /// From what is seen: x [d_x], mean [d]. Shapes: out [d].
  void predict_one(std::span<const float> x, std::span<const float> mean,
                   std::span<float> out) const;

  /// A turn's vector as predictions are compared with: the mean taken off, length 1.
  void centre(std::span<float> turn) const;
  std::vector<DialogueVectors> centred(std::span<const DialogueVectors> dialogues) const;

  /// That the best of the candidates is the right one, where it is among them.
  double confidence(const ChoiceSigns& signs) const;

 private:
  TurnPredictor(ContextReader context, PredictorParts parts)
      : context_(std::move(context)), parts_(std::move(parts)) {}

  ContextReader context_;
  PredictorParts parts_;
};

}  // namespace quern::apps
