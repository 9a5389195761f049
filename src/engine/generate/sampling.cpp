#include "engine/generate/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace quern::engine {
namespace {

// Below exp(-30) of the best, all tokens of the largest vocabulary together weigh less than a
// rounding error.
constexpr float kNegligible = -30;

/// A draw from [0, 1) that depends on seed and position alone, so that a sequence that is computed
/// again goes on as before. Source: SplitMix64 (Steele et al. 2014), used as a hash.
double uniform(std::uint64_t seed, int position) {
  std::uint64_t z = seed + 0x9E3779B97F4A7C15ULL * (static_cast<std::uint64_t>(position) + 1);
  for (int i = 0; i < 2; ++i) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
  }
  return static_cast<double>(z >> 11) * 0x1p-53;
}

/// The largest logit; NaN when any is not finite, or there is none. Eight lanes, which the compiler
/// makes a vector.
float largest_of(std::span<const float> logits) {
  float lanes[8];
  float poison[8] = {};
  std::fill_n(lanes, 8, logits.empty() ? std::nanf("") : logits.front());
  std::size_t i = 0;
  for (; i + 8 <= logits.size(); i += 8) {
    for (std::size_t j = 0; j < 8; ++j) {
      lanes[j] = logits[i + j] > lanes[j] ? logits[i + j] : lanes[j];
      poison[j] += logits[i + j] * 0.0f;
    }
  }
  for (; i < logits.size(); ++i) {
    lanes[0] = logits[i] > lanes[0] ? logits[i] : lanes[0];
    poison[0] += logits[i] * 0.0f;
  }
  float largest = lanes[0];
  for (const float lane : lanes) largest = std::max(largest, lane);
  for (const float p : poison) largest += p;
  return largest;
}

/// A tokenizer may know tokens that the model has no logit for.
bool is_among(text::TokenId id, std::span<const float> logits) {
  return id >= 0 && static_cast<std::size_t>(id) < logits.size();
}

Status out_of_range(const char* field, double got, const char* want) {
  return {Code::kBadInput, fmt::format("{} is {}, want {}", field, got, want)};
}

}  // namespace

Status check_sampling(const Sampling& s, int n_vocab) {
  const auto within = [](float v, float low, float high) { return v >= low && v <= high; };
  if (!within(s.temperature, 0, 100)) return out_of_range("temperature", s.temperature, "0 to 100");
  if (s.top_k < 0) return out_of_range("top_k", s.top_k, "0 (all) or more");
  if (!within(s.top_p, 0, 1)) return out_of_range("top_p", s.top_p, "0 to 1");
  if (!within(s.min_p, 0, 1)) return out_of_range("min_p", s.min_p, "0 to 1");
  if (!within(s.typical_p, 0, 1)) return out_of_range("typical_p", s.typical_p, "0 to 1");
  if (!within(s.repeat_penalty, 0.01f, 100)) {
    return out_of_range("repeat_penalty", s.repeat_penalty, "0.01 to 100");
  }
  if (!within(s.presence_penalty, -2, 2)) {
    return out_of_range("presence_penalty", s.presence_penalty, "-2 to 2");
  }
  if (!within(s.frequency_penalty, -2, 2)) {
    return out_of_range("frequency_penalty", s.frequency_penalty, "-2 to 2");
  }
  if (s.penalty_window < 0) return out_of_range("penalty_window", s.penalty_window, "0 or more");
  for (const auto& [id, bias] : s.logit_bias) {
    if (id < 0 || id >= n_vocab) {
      return {Code::kBadInput,
              fmt::format("logit_bias names token {}, want 0 to {}", id, n_vocab - 1)};
    }
    if (!within(bias, -100, 100)) return out_of_range("logit_bias", bias, "-100 to 100");
  }
  return {};
}

std::vector<TokenProbability> top_logprobs(std::span<const float> logits, text::TokenId id, int n,
                                           float& logprob_of_id) {
  const float largest = largest_of(logits);
  double sum = 0;
  for (const float v : logits) sum += std::exp(static_cast<double>(v - largest));
  const double shift = static_cast<double>(largest) + std::log(sum);
  const auto logprob = [&](text::TokenId i) {
    return static_cast<float>(static_cast<double>(logits[static_cast<std::size_t>(i)]) - shift);
  };
  logprob_of_id = logprob(id);
  std::vector<text::TokenId> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  const std::size_t kept = std::min(static_cast<std::size_t>(std::max(n, 0)), ids.size());
  // NaN would not be ordered at all, and a sort that is told so may leave its range.
  const auto rank = [&](text::TokenId i) {
    const float v = logits[static_cast<std::size_t>(i)];
    return std::isnan(v) ? -INFINITY : v;
  };
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(kept), ids.end(),
                    [&](text::TokenId a, text::TokenId b) {
                      const float left = rank(a);
                      const float right = rank(b);
                      return left > right || (left == right && a < b);
                    });
  std::vector<TokenProbability> out;
  for (std::size_t i = 0; i < kept; ++i) out.push_back({ids[i], logprob(ids[i])});
  return out;
}

void Sampler::see(text::TokenId id) {
  if (options_.penalty_window == 0) return;
  window_.push_back(id);
  ++seen_[id];
  if (window_.size() <= static_cast<std::size_t>(options_.penalty_window)) return;
  const auto oldest = seen_.find(window_.front());
  if (--oldest->second == 0) seen_.erase(oldest);
  window_.pop_front();
}

Result<text::TokenId> Sampler::pick(std::span<float> logits, int position) {
  punish(logits);
  const float largest = largest_of(logits);
  if (!std::isfinite(largest)) {
    return {Code::kBadInput, "the model gave logits that are no numbers: its weights are damaged"};
  }
  const float inverse = 1.0f / options_.temperature;
  // 0, or so little that its inverse overflows: 0 * inf would leave no candidate at all.
  if (!std::isfinite(inverse)) {
    const auto best = std::find(logits.begin(), logits.end(), largest);
    return static_cast<text::TokenId>(best - logits.begin());
  }
  collect(logits, largest, inverse);
  keep_top_k();
  for (Candidate& c : candidates_) c.weight = std::exp(c.weight);
  keep_typical();
  keep_top_p();
  keep_min_p();
  return draw(position);
}

void Sampler::punish(std::span<float> logits) const {
  for (const auto& [id, bias] : options_.logit_bias) {
    if (is_among(id, logits)) logits[static_cast<std::size_t>(id)] += bias;
  }
  const bool any = options_.repeat_penalty != 1 || options_.presence_penalty != 0 ||
                   options_.frequency_penalty != 0;
  if (!any) return;
  for (const auto& [id, count] : seen_) {
    if (!is_among(id, logits)) continue;
    float& logit = logits[static_cast<std::size_t>(id)];
    logit = logit > 0 ? logit / options_.repeat_penalty : logit * options_.repeat_penalty;
    logit -= options_.presence_penalty + options_.frequency_penalty * static_cast<float>(count);
  }
}

void Sampler::collect(std::span<const float> logits, float largest, float inverse) {
  candidates_.clear();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const float weight = (logits[i] - largest) * inverse;
    if (weight >= kNegligible) candidates_.push_back({static_cast<text::TokenId>(i), weight});
  }
}

namespace {

constexpr auto kHeavierFirst = [](const auto& a, const auto& b) {
  return a.weight > b.weight || (a.weight == b.weight && a.id < b.id);
};

template <typename Candidates>
float sum_of(const Candidates& candidates) {
  double sum = 0;
  for (const auto& c : candidates) sum += static_cast<double>(c.weight);
  return static_cast<float>(sum);
}

/// Cuts behind the candidate with which the weights from the front reach `share` of all.
template <typename Candidates>
void cut_at_share(Candidates& candidates, float share) {
  const float wanted = share * sum_of(candidates);
  double sum = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    sum += static_cast<double>(candidates[i].weight);
    if (sum >= static_cast<double>(wanted)) return candidates.resize(i + 1);
  }
}

}  // namespace

void Sampler::keep_top_k() {
  const auto k = static_cast<std::size_t>(options_.top_k);
  if (k == 0 || candidates_.size() <= k) return;
  std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(k),
                   candidates_.end(), kHeavierFirst);
  candidates_.resize(k);
}

// Tokens whose surprise is nearest to the distribution's entropy come first.
void Sampler::keep_typical() {
  if (options_.typical_p >= 1) return;
  const auto sum = static_cast<double>(sum_of(candidates_));
  const auto surprise = [sum](const Candidate& c) {
    return -std::log(static_cast<double>(c.weight) / sum);
  };
  double entropy = 0;
  for (const Candidate& c : candidates_) {
    if (c.weight > 0) entropy += static_cast<double>(c.weight) / sum * surprise(c);
  }
  std::sort(candidates_.begin(), candidates_.end(), [&](const Candidate& a, const Candidate& b) {
    const double left = std::fabs(surprise(a) - entropy);
    const double right = std::fabs(surprise(b) - entropy);
    return left < right || (left == right && a.id < b.id);
  });
  cut_at_share(candidates_, options_.typical_p);
}

void Sampler::keep_top_p() {
  if (options_.top_p >= 1) return;
  std::sort(candidates_.begin(), candidates_.end(), kHeavierFirst);
  cut_at_share(candidates_, options_.top_p);
}

void Sampler::keep_min_p() {
  if (options_.min_p <= 0) return;
  float largest = 0;
  for (const Candidate& c : candidates_) largest = std::max(largest, c.weight);
  std::erase_if(candidates_,
                [&](const Candidate& c) { return c.weight < options_.min_p * largest; });
}

text::TokenId Sampler::draw(int position) const {
  const double wanted = uniform(options_.seed, position) * static_cast<double>(sum_of(candidates_));
  double sum = 0;
  for (const Candidate& c : candidates_) {
    sum += static_cast<double>(c.weight);
    if (sum > wanted) return c.id;
  }
  return candidates_.back().id;
}

}  // namespace quern::engine
