#include "engine/scoring/scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace quern::engine {
namespace {

std::vector<float> softmax(std::span<const float> logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - top);
  const double log_sum_exp = top + std::log(sum);
  std::vector<float> scores;
  scores.reserve(logits.size());
  for (const float logit : logits) {
    scores.push_back(static_cast<float>(std::exp(logit - log_sum_exp)));
  }
  return scores;
}

float sigmoid(float logit) {
  const double small = std::exp(-std::abs(double{logit}));  // At most 1.
  return static_cast<float>(logit >= 0 ? 1 / (1 + small) : small / (1 + small));
}

}  // namespace

Result<Scale> choose_scale(std::optional<Scale> wanted, Scale own, std::size_t n_labels) {
  if (own == Scale::kMaxSim) {
    if (!wanted || *wanted == Scale::kRaw) return own;
    return Status(Code::kBadInput,
                  "scores of late interaction are sums of products, which no sigmoid or softmax "
                  "was trained on: want raw");
  }
  if (wanted == Scale::kSoftmax && n_labels == 1) {
    return Status(Code::kBadInput,
                  "a softmax over the model's one label is always 1, want raw or sigmoid");
  }
  return wanted.value_or(own);
}

std::vector<float> scores_of(std::span<const float> logits, Scale scale) {
  if (logits.empty()) return {};
  if (scale == Scale::kSoftmax) return softmax(logits);
  std::vector<float> scores(logits.begin(), logits.end());
  if (scale == Scale::kSigmoid) {
    std::transform(scores.begin(), scores.end(), scores.begin(), sigmoid);
  }
  return scores;
}

std::vector<std::size_t> best_first(std::span<const float> logits) {
  std::vector<std::size_t> order(logits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return logits[a] > logits[b]; });
  return order;
}

}  // namespace quern::engine
