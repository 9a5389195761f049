#include "apps/dialogue/turn_predictor.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "apps/dialogue/vector_math.h"

namespace quern::apps {
namespace {

bool are_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

bool are_finite(const store::LogisticModel& model) {
  return std::isfinite(model.bias) && std::all_of(model.weights.begin(), model.weights.end(),
                                                  [](double x) { return std::isfinite(x); });
}

}  // namespace

double spread_above(double best, std::span<const float> scores) {
  double sum = 0, squares = 0;
  for (const float score : scores) {
    const double s = static_cast<double>(score);
    sum += s;
    squares += s * s;
  }
  const double n = static_cast<double>(scores.size()), mean = n > 0 ? sum / n : 0;
  const double deviation = n > 0 ? std::sqrt(std::max(0.0, squares / n - mean * mean)) : 0;
  return deviation > 1e-6 ? (best - mean) / deviation : 0;
}

ChoiceSigns signs_of(std::span<const float> scores) {
  ChoiceSigns out;
  if (scores.empty()) return out;
  double first = -2, second = -2;
  for (const float score : scores) {
    const double s = static_cast<double>(score);
    if (s > first) {
      second = std::exchange(first, s);
    } else {
      second = std::max(second, s);
    }
  }
  out.best = first;
  out.lead = scores.size() > 1 ? first - second : 0;
  out.spread = spread_above(first, scores);
  out.log_n = std::log(static_cast<double>(scores.size()));
  return out;
}

Result<TurnPredictor> TurnPredictor::from_parts(PredictorParts parts) {
  if (parts.d < 1) return {Code::kBadInput, "a predictor's vectors have no width"};
  QUERN_ASSIGN(ContextReader context, ContextReader::make(parts.context, parts.d));
  const reservoir::LinearReadout& readout = parts.readout;
  const auto d = static_cast<std::size_t>(parts.d), d_x = static_cast<std::size_t>(context.d_x());
  if (readout.d_x != context.d_x() || readout.d_y != parts.d || readout.weights.size() != d_x * d ||
      readout.bias.size() != d || parts.mean.size() != d ||
      parts.confidence.weights.size() != kChoiceSigns) {
    return {Code::kBadInput, fmt::format("a predictor's readout is {} x {} and its context {} x {}",
                                         readout.d_x, readout.d_y, context.d_x(), parts.d)};
  }
  if (!are_finite(readout.weights) || !are_finite(readout.bias) || !are_finite(parts.mean) ||
      !are_finite(parts.confidence) || !std::isfinite(parts.prior)) {
    return {Code::kBadInput, "a predictor has numbers that are not finite"};
  }
  return TurnPredictor(std::move(context), std::move(parts));
}

void TurnPredictor::predict_one(std::span<const float> x, std::span<const float> mean,
                                std::span<float> out) const {
  parts_.readout.apply(x, out);
  const float prior = static_cast<float>(parts_.prior);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += prior * mean[i];
  centre(out);
}

void TurnPredictor::centre(std::span<float> turn) const { apps::centre(turn, parts_.mean); }

std::vector<DialogueVectors> TurnPredictor::centred(
    std::span<const DialogueVectors> dialogues) const {
  std::vector<DialogueVectors> out(dialogues.begin(), dialogues.end());
  const auto d = static_cast<std::size_t>(parts_.d);
  for (DialogueVectors& dialogue : out) {
    for (std::size_t t = 0; t < dialogue.n_turns(); ++t) {
      centre(std::span(dialogue.turns).subspan(t * d, d));
    }
  }
  return out;
}

Result<std::vector<std::vector<float>>> TurnPredictor::predict(
    std::span<const DialogueVectors> dialogues, ThreadPool& pool) const {
  const auto d = static_cast<std::size_t>(context_.d());
  std::vector<std::vector<float>> out(dialogues.size());
  for (std::size_t i = 0; i < dialogues.size(); ++i) {
    if (dialogues[i].d != context_.d()) {
      return {Code::kBadInput,
              fmt::format("a dialogue's vectors have {} numbers, the predictor's {}",
                          dialogues[i].d, context_.d())};
    }
    out[i].resize(dialogues[i].n_turns() * d);
  }
  QUERN_TRY(context_.read(dialogues, pool, [&](const ContextReader::Seen& seen) -> Status {
    predict_one(seen.x, seen.mean, std::span(out[seen.i_dialogue]).subspan(seen.i_turn * d, d));
    return {};
  }));
  return out;
}

double TurnPredictor::confidence(const ChoiceSigns& signs) const {
  const double x[] = {signs.best, signs.lead, signs.spread, signs.log_n};
  return 1 / (1 + std::exp(-parts_.confidence.log_odds(x)));
}

}  // namespace quern::apps
