#include "apps/dialogue/turn_predictor.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "apps/dialogue/choice_sets.h"

namespace quern::apps {
namespace {

constexpr std::size_t kFewestDialogues = 20;
constexpr std::size_t kHeldOut = 10;  // One dialogue of so many.

// Rows that are handed to the sums together.
constexpr std::size_t kRowsTogether = 64;

float dot(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void to_unit(std::span<float> x) {
  const float length = std::sqrt(dot(x, x));
  if (length > 0) {
    for (float& value : x) value /= length;
  }
}

/// Rows on their way into sums.
class Rows {
 public:
  explicit Rows(reservoir::RidgeSums& sums) : sums_(sums) {}

  Status add(std::span<const float> x, std::span<const float> y) {
    x_.insert(x_.end(), x.begin(), x.end());
    y_.insert(y_.end(), y.begin(), y.end());
    return ++n_ % kRowsTogether == 0 ? flush() : Status();
  }
  Status flush() {
    QUERN_TRY(sums_.add(x_, y_));
    x_.clear();
    y_.clear();
    return {};
  }

 private:
  reservoir::RidgeSums& sums_;
  std::vector<float> x_, y_;
  std::size_t n_ = 0;
};

}  // namespace

ChoiceSigns signs_of(std::span<const float> scores) {
  ChoiceSigns out;
  if (scores.empty()) return out;
  double first = -2, second = -2, sum = 0, squares = 0;
  for (const float score : scores) {
    const double s = static_cast<double>(score);
    if (s > first) {
      second = std::exchange(first, s);
    } else {
      second = std::max(second, s);
    }
    sum += s;
    squares += s * s;
  }
  const double n = static_cast<double>(scores.size()), mean = sum / n;
  const double deviation = std::sqrt(std::max(0.0, squares / n - mean * mean));
  out.best = first;
  out.lead = scores.size() > 1 ? first - second : 0;
  out.spread = deviation > 1e-6 ? (first - mean) / deviation : 0;
  out.log_n = std::log(n);
  return out;
}

Result<TurnPredictor> TurnPredictor::train(std::span<const DialogueVectors> dialogues,
                                           ThreadPool& pool, const Training& training) {
  std::vector<DialogueVectors> fitted, held_out;
  std::size_t n = 0;
  for (const DialogueVectors& dialogue : dialogues) {
    if (dialogue.n_turns() < 2) continue;
    (n++ % kHeldOut == kHeldOut - 1 ? held_out : fitted).push_back(dialogue);
  }
  if (n < kFewestDialogues) {
    return {Code::kBadInput, fmt::format("{} dialogues have two turns and more, want {} at least",
                                         n, kFewestDialogues)};
  }
  const int d = fitted[0].d;
  QUERN_ASSIGN(ContextReader context, ContextReader::make(training.context, d));
  TurnPredictor out(std::move(context));
  std::vector<reservoir::RidgeSums> folds(static_cast<std::size_t>(training.n_folds),
                                          reservoir::RidgeSums(out.context_.d_x(), d));
  std::vector<Rows> rows(folds.begin(), folds.end());
  std::vector<double> mean(static_cast<std::size_t>(d), 0);
  double n_rows = 0;
  QUERN_TRY(out.context_.read(
      fitted, pool, [&](std::size_t i, std::size_t t, std::span<const float> x) -> Status {
        if (training.is_stopped && training.is_stopped()) {
          return {Code::kCancelled, "the training was stopped"};
        }
        if (t + 1 >= fitted[i].n_turns()) return {};
        const std::span<const float> next = fitted[i].turn(t + 1);
        for (std::size_t c = 0; c < mean.size(); ++c) mean[c] += static_cast<double>(next[c]);
        ++n_rows;
        return rows[i % rows.size()].add(x, next);
      }));
  for (Rows& rest : rows) QUERN_TRY(rest.flush());
  for (const double sum : mean) out.mean_.push_back(static_cast<float>(sum / n_rows));
  QUERN_ASSIGN(out.lambda_, reservoir::choose_lambda(folds, training.lambdas));
  for (std::size_t f = 1; f < folds.size(); ++f) folds[0].add(folds[f]);
  QUERN_ASSIGN(const reservoir::RidgeFit fit, reservoir::RidgeFit::make(folds[0]));
  QUERN_ASSIGN(out.readout_, fit.solve(out.lambda_));
  QUERN_TRY(out.fit_confidence(held_out, pool, training.seed));
  return out;
}

void TurnPredictor::predict_one(std::span<const float> x, std::span<float> out) const {
  readout_.apply(x, out);
  centre(out);
}

void TurnPredictor::centre(std::span<float> turn) const {
  for (std::size_t i = 0; i < turn.size(); ++i) turn[i] -= mean_[i];
  to_unit(turn);
}

Result<std::vector<std::vector<float>>> TurnPredictor::predict(
    std::span<const DialogueVectors> dialogues, ThreadPool& pool) const {
  const auto d = static_cast<std::size_t>(context_.d());
  std::vector<std::vector<float>> out(dialogues.size());
  for (std::size_t i = 0; i < dialogues.size(); ++i) out[i].resize(dialogues[i].n_turns() * d);
  QUERN_TRY(context_.read(dialogues, pool,
                          [&](std::size_t i, std::size_t t, std::span<const float> x) -> Status {
                            predict_one(x, std::span(out[i]).subspan(t * d, d));
                            return {};
                          }));
  return out;
}

Status TurnPredictor::fit_confidence(std::span<const DialogueVectors> held_out, ThreadPool& pool,
                                     std::uint64_t seed) {
  QUERN_ASSIGN(const auto predicted, predict(held_out, pool));
  std::vector<DialogueVectors> centred(held_out.begin(), held_out.end());
  const auto d = static_cast<std::size_t>(context_.d());
  for (DialogueVectors& dialogue : centred) {
    for (std::size_t t = 0; t < dialogue.n_turns(); ++t) {
      centre(std::span(dialogue.turns).subspan(t * d, d));
    }
  }
  std::vector<double> signals, is_right;
  for (const int n : {10, 20, 100}) {
    for (const ChoiceSet& set : choice_sets(centred, n, seed)) {
      std::vector<float> scores;
      for (const TurnPlace& place : set.candidates) {
        scores.push_back(dot(std::span(predicted[set.i_dialogue]).subspan(set.i_turn * d, d),
                             centred[place.i_dialogue].turn(place.i_turn)));
      }
      const ChoiceSigns signs = signs_of(scores);
      signals.insert(signals.end(), {signs.best, signs.lead, signs.spread, signs.log_n});
      const bool is_first =
          std::all_of(scores.begin() + 1, scores.end(), [&](float s) { return s < scores[0]; });
      is_right.push_back(is_first ? 1 : 0);
    }
  }
  const std::vector<double> weights(is_right.size(), 1);
  Result<store::LogisticModel> fit = store::fit_logistic(
      {.x = signals, .is_positive = is_right, .weights = weights, .n_signals = 4}, 1);
  if (!fit.ok()) {
    return Status(fit.status()).in("fitting confidence on the dialogues that were kept out");
  }
  confidence_ = std::move(*fit);
  return {};
}

double TurnPredictor::confidence(const ChoiceSigns& signs) const {
  const double x[] = {signs.best, signs.lead, signs.spread, signs.log_n};
  return 1 / (1 + std::exp(-confidence_.log_odds(x)));
}

}  // namespace quern::apps
