// From a dialogue so far to the vector of its next turn: a readout over what a ContextReader sees,
// fitted on dialogues, and how far its choices can be believed.

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

/// Of scores of candidates, the best two first, what says how sure the best one is.
struct ChoiceSigns {
  double best = 0;    // Cosine,
  double lead = 0;    // less that of the second,
  double spread = 0;  // best less the mean, by the standard deviation.
  double log_n = 0;   // ln of how many there were.
};
ChoiceSigns signs_of(std::span<const float> scores);

/// Threads: reading from any number.
class TurnPredictor {
 public:
  struct Training {
    ContextSpec context;
    std::vector<double> lambdas = {1, 10, 100, 1000};
    int n_folds = 4;
    std::uint64_t seed = 1;  // Of the candidates that confidence is fitted on.
    std::function<bool()> is_stopped = {};
  };

  /// On the turns that follow another one. One dialogue in ten is kept out of the readout and
  /// confidence is fitted there. Errors: kBadInput for too few dialogues (fewer than 20 with two
  /// turns) or the spec; kCancelled.
  static Result<TurnPredictor> train(std::span<const DialogueVectors> dialogues, ThreadPool& pool,
                                     const Training& training);

  const ContextReader& context() const { return context_; }
  const reservoir::LinearReadout& readout() const { return readout_; }
  double lambda() const { return lambda_; }

  /// The next turn's vector after each turn, [n_turns, d] by dialogue: unit vectors, with the mean
  /// turn taken off.
  Result<std::vector<std::vector<float>>> predict(std::span<const DialogueVectors> dialogues,
                                                  ThreadPool& pool) const;

  /// From what is seen, [d_x]. Shapes: out [d].
  void predict_one(std::span<const float> x, std::span<float> out) const;

  /// A turn's vector as predictions are compared with: the mean taken off, length 1.
  void centre(std::span<float> turn) const;

  /// That the best of the candidates is the right one, where it is among them.
  double confidence(const ChoiceSigns& signs) const;

 private:
  explicit TurnPredictor(ContextReader context) : context_(std::move(context)) {}

  Status fit_confidence(std::span<const DialogueVectors> held_out, ThreadPool& pool,
                        std::uint64_t seed);

  ContextReader context_;
  reservoir::LinearReadout readout_;
  std::vector<float> mean_;  // [d] of the turns that follow another.
  double lambda_ = 0;
  store::LogisticModel confidence_;
};

}  // namespace quern::apps
