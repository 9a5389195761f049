#include "apps/claims/fit_steps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>
#include <vector>

#include "store/rank/logistic.h"

namespace quern::apps {
namespace {

// Of the stance of a model that was trained on the claims: tanh of it moves the odds by at most
// e^0.5. docs/claims_judging.md says how much other weights would change.
constexpr double kTrainedOnWeight = 0.5;
constexpr double kLeastTemperature = 0.25;
constexpr double kMostTemperature = 16;
// Claims that are taken to be unheard beside those that are, of each verdict as often as it is
// among all: a share of few claims is no share.
constexpr double kPriorClaims = 4;

using Claims = std::span<const FitClaim* const>;

struct GoldPair {
  const JudgedPair* pair = nullptr;
  Verdict says = Verdict::kNotEnoughInfo;
};

/// The pairs of which it is known, or taken, what they say.
Result<std::vector<GoldPair>> gold_pairs(Claims claims, const Calibration& by) {
  std::vector<GoldPair> out;
  for (const FitClaim* claim : claims) {
    const bool is_known = !claim->gold.empty();
    if (is_known || claim->label == Verdict::kNotEnoughInfo) {
      for (std::size_t i = 0; i < claim->pairs.size(); ++i) {
        if (claim->pairs[i].is_cut) continue;
        out.push_back({&claim->pairs[i], is_known ? claim->gold[i] : Verdict::kNotEnoughInfo});
      }
      continue;
    }
    std::vector<SentenceVoice> voices;
    QUERN_TRY(hear(claim->pairs, by, voices).status());
    const auto best =
        std::max_element(voices.begin(), voices.end(),
                         [](const auto& a, const auto& b) { return a.relevance < b.relevance; });
    if (best == voices.end() || best->voice == Voice::kUnread) continue;
    out.push_back({&claim->pairs[static_cast<std::size_t>(best - voices.begin())], claim->label});
  }
  return out;
}

/// Each verdict weighs the same: of sixteen sentences one decides.
double surprise(const std::vector<GoldPair>& gold, double temperature) {
  std::array<double, 3> sum = {};
  std::array<double, 3> n = {};
  for (const GoldPair& g : gold) {
    const NliScores p = scores_at(g.pair->logits, temperature);
    const std::array<double, 3> scores = {p.entailment, p.contradiction, p.neutral};
    const auto says = static_cast<std::size_t>(g.says);
    sum[says] -= std::log(std::max(scores[says], 1e-12));
    ++n[says];
  }
  double mean = 0;
  for (std::size_t i = 0; i < 3; ++i) mean += n[i] > 0 ? sum[i] / n[i] : 0;
  return mean;
}

/// Where the surprise is least, by golden sections of the logarithm.
double fit_temperature(const std::vector<GoldPair>& gold) {
  const double share = (std::sqrt(5.0) - 1) / 2;
  double low = std::log(kLeastTemperature);
  double high = std::log(kMostTemperature);
  for (int i = 0; i < 40; ++i) {
    const double a = high - share * (high - low);
    const double b = low + share * (high - low);
    if (surprise(gold, std::exp(a)) <= surprise(gold, std::exp(b))) {
      high = b;
    } else {
      low = a;
    }
  }
  return std::exp((low + high) / 2);
}

/// Rows of signals with what is right, to be fitted.
struct Rows {
  std::vector<double> x;
  std::vector<double> y;

  template <std::size_t n>
  void add(const std::array<double, n>& signals, bool is_positive) {
    x.insert(x.end(), signals.begin(), signals.end());
    y.push_back(is_positive ? 1 : 0);
  }

  Result<store::LogisticModel> fit(int n_signals, double ridge) const {
    const std::vector<double> weights(y.size(), 1);
    return store::fit_logistic(
        {.x = x, .is_positive = y, .weights = weights, .n_signals = n_signals}, ridge);
  }
};

/// What a signal is where it is not known: its mean over the sentences that decide.
void fit_usual(const std::vector<GoldPair>& gold, Calibration& out) {
  // A missing signal is no number, so that it is told from one that is as usual.
  Calibration blank = out;
  blank.usual.fill(std::nan(""));
  std::array<double, kRelevanceSignals> sum = {};
  std::array<double, kRelevanceSignals> n = {};
  for (const GoldPair& g : gold) {
    if (g.says == Verdict::kNotEnoughInfo) continue;
    const auto signals = relevance_signals(*g.pair, blank);
    for (std::size_t i = 0; i < kRelevanceSignals; ++i) {
      if (std::isnan(signals[i])) continue;
      sum[i] += signals[i];
      ++n[i];
    }
  }
  for (std::size_t i = 0; i < kRelevanceSignals; ++i) {
    if (n[i] > 0) out.usual[i] = sum[i] / n[i];
  }
}

Status fit_relevance(const std::vector<GoldPair>& gold, double ridge, Calibration& out) {
  fit_usual(gold, out);
  Rows rows;
  for (const GoldPair& g : gold) {
    rows.add(relevance_signals(*g.pair, out), g.says != Verdict::kNotEnoughInfo);
  }
  QUERN_ASSIGN(const store::LogisticModel model,
               rows.fit(kRelevanceSignals, ridge).in("relevance"));
  out.relevance_bias = model.bias;
  std::copy(model.weights.begin(), model.weights.end(), out.relevance_weights.begin());
  return {};
}

/// So that tanh has something to bend: mean and spread of all pairs.
void fit_nli_range(const std::vector<GoldPair>& gold, Calibration& out) {
  double sum = 0;
  double squares = 0;
  const auto n = static_cast<double>(gold.size());
  for (const GoldPair& g : gold) {
    const double ahead =
        static_cast<double>(g.pair->logits.entailment) - g.pair->logits.contradiction;
    sum += ahead / n;
    squares += ahead * ahead / n;
  }
  out.nli_center = sum;
  out.nli_scale = std::max(std::sqrt(std::max(squares - sum * sum, 0.0)), 1e-2);
}

Status fit_stance(const std::vector<GoldPair>& gold, const FitWish& wish, Calibration& out) {
  fit_nli_range(gold, out);
  Rows rows;
  for (const GoldPair& g : gold) {
    if (g.says == Verdict::kNotEnoughInfo) continue;
    auto signals = stance_signals(*g.pair, out);
    if (wish.is_trained_on) signals[kNliStance] = 0;
    rows.add(signals, g.says == Verdict::kSupported);
  }
  QUERN_ASSIGN(const store::LogisticModel model, rows.fit(kStanceSignals, wish.ridge).in("stance"));
  out.stance_bias = model.bias;
  std::copy(model.weights.begin(), model.weights.end(), out.stance_weights.begin());
  if (wish.is_trained_on) out.stance_weights[kNliStance] = kTrainedOnWeight;
  return {};
}

Status fit_enough(Claims claims, double ridge, Calibration& out) {
  Rows rows;
  std::array<double, 3> of_all = {};
  std::array<double, 3> of_unheard = {};
  for (const FitClaim* claim : claims) {
    std::vector<SentenceVoice> voices;
    QUERN_ASSIGN(const ClaimVoices heard, hear(claim->pairs, out, voices));
    const auto label = static_cast<std::size_t>(claim->label);
    of_all[label] += 1 / static_cast<double>(claims.size());
    if (heard.any > 0) {
      rows.add(std::array{log_odds_of(heard.any)}, claim->label != Verdict::kNotEnoughInfo);
    } else {
      ++of_unheard[label];
    }
  }
  QUERN_ASSIGN(const store::LogisticModel model, rows.fit(1, ridge).in("what is enough"));
  out.enough_bias = model.bias;
  out.enough_weight = model.weights[0];
  const double n = of_unheard[0] + of_unheard[1] + of_unheard[2] + kPriorClaims;
  for (std::size_t i = 0; i < 3; ++i) {
    out.unheard[i] = (of_unheard[i] + kPriorClaims * of_all[i]) / n;
  }
  out.unheard = unheard_scores(out.unheard);
  return {};
}

/// What one source was said to do, where it is known what it does.
struct CitedSource {
  double relevance = 0;
  bool is_right = false;
};

/// The sources that are heard of a claim; how many decide it is added to `n_gold`.
std::vector<CitedSource> heard_sources(const FitClaim& claim,
                                       const std::vector<SentenceVoice>& voices,
                                       std::size_t& n_gold) {
  std::map<std::string_view, Verdict> gold;
  for (std::size_t i = 0; i < claim.pairs.size(); ++i) {
    if (claim.gold[i] != Verdict::kNotEnoughInfo) gold[claim.pairs[i].source] = claim.gold[i];
  }
  n_gold += gold.size();
  std::vector<CitedSource> out;
  for (std::size_t i = 0; i < voices.size(); ++i) {
    const bool supports = voices[i].voice == Voice::kSupports;
    if (!supports && voices[i].voice != Voice::kRefutes) continue;
    const auto found = gold.find(claim.pairs[i].source);
    const Verdict said = supports ? Verdict::kSupported : Verdict::kRefuted;
    out.push_back({voices[i].relevance, found != gold.end() && found->second == said});
  }
  return out;
}

/// The least relevance to cite a source with, where F1 of cited sources and their sides is
/// greatest. Left as it is where it is not known what sources decide.
Status fit_cited(Claims claims, Calibration& out) {
  std::vector<CitedSource> heard;
  std::size_t n_gold = 0;
  for (const FitClaim* claim : claims) {
    if (claim->gold.empty()) continue;
    std::vector<SentenceVoice> voices;
    QUERN_TRY(hear(claim->pairs, out, voices).status());
    const std::vector<CitedSource> more = heard_sources(*claim, voices, n_gold);
    heard.insert(heard.end(), more.begin(), more.end());
  }
  std::sort(heard.begin(), heard.end(),
            [](const CitedSource& a, const CitedSource& b) { return a.relevance > b.relevance; });
  double n_right = 0;
  double best = 0;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    n_right += heard[i].is_right ? 1 : 0;
    const double f1 = 2 * n_right / static_cast<double>(i + 1 + n_gold);
    if (f1 <= best) continue;
    best = f1;
    out.cited = heard[i].relevance;
  }
  return {};
}

}  // namespace

Result<Calibration> fit_once(std::span<const FitClaim* const> claims, const FitWish& wish) {
  Calibration out = wish.start;
  out.conformal_level = 0;
  QUERN_ASSIGN(const std::vector<GoldPair> gold, gold_pairs(claims, wish.start));
  out.temperature = fit_temperature(gold);
  QUERN_TRY(fit_relevance(gold, wish.ridge, out));
  QUERN_TRY(fit_stance(gold, wish, out));
  QUERN_TRY(fit_enough(claims, wish.ridge, out));
  QUERN_TRY(fit_cited(claims, out));
  return out;
}

}  // namespace quern::apps
