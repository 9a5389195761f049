#include "apps/claims/claim_fit.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "apps/claims/fit_steps.h"

namespace quern::apps {
namespace {

Result<LabelledVerdict> judged(const FitClaim& claim, const Calibration& by) {
  QUERN_ASSIGN(const Judgement made, judge(claim.pairs, by));
  return LabelledVerdict{.label = claim.label,
                         .verdict = made.verdict,
                         .confidence = made.confidence,
                         .scores = made.scores,
                         .is_abstention = made.is_abstention};
}

/// Each claim by a fit without every n-th claim, its own among them.
Result<std::vector<LabelledVerdict>> judge_left_out(std::span<const FitClaim> claims,
                                                    const FitWish& wish) {
  std::vector<LabelledVerdict> out(claims.size());
  const auto n_folds = static_cast<std::size_t>(wish.n_folds);
  for (std::size_t fold = 0; fold < n_folds; ++fold) {
    std::vector<const FitClaim*> rest;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      if (i % n_folds != fold) rest.push_back(&claims[i]);
    }
    QUERN_ASSIGN(const Calibration fitted, fit_once(rest, wish));
    for (std::size_t i = fold; i < claims.size(); i += n_folds) {
      QUERN_ASSIGN(out[i], judged(claims[i], fitted));
    }
  }
  return out;
}

/// The score that the right verdict has at least as often as the level says: the k-th smallest, of
/// n claims with k = floor((1 - level) * (n + 1)); 0 where that is none.
double conformal_least(const std::vector<LabelledVerdict>& left_out, double level) {
  std::vector<double> right;
  for (const LabelledVerdict& v : left_out) {
    right.push_back(v.scores[static_cast<std::size_t>(v.label)]);
  }
  std::sort(right.begin(), right.end());
  const auto k = static_cast<std::size_t>((1 - level) * static_cast<double>(right.size() + 1));
  return k == 0 ? 0 : right[std::min(k, right.size()) - 1];
}

Status check(std::span<const FitClaim> claims, const FitWish& wish) {
  if (claims.size() < kLeastFitClaims) {
    return {Code::kBadInput,
            fmt::format("{} labelled claims, want at least {}", claims.size(), kLeastFitClaims)};
  }
  if (wish.n_folds < 2 || wish.n_folds > 20 || !(wish.ridge >= 0) || !(wish.conformal_level > 0) ||
      !(wish.conformal_level < 1)) {
    return {Code::kBadInput, "want 2 to 20 folds, a ridge of 0 or more, a level between 0 and 1"};
  }
  std::array<std::size_t, 3> n = {};
  for (const FitClaim& claim : claims) {
    ++n[static_cast<std::size_t>(claim.label)];
    if (!claim.gold.empty() && claim.gold.size() != claim.pairs.size()) {
      return {Code::kBadInput, fmt::format("a claim has {} sentences and labels for {} of them",
                                           claim.pairs.size(), claim.gold.size())};
    }
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (n[i] >= kLeastOfVerdict) continue;
    return {Code::kBadInput,
            fmt::format("{} of {} claims are {}, want at least {} of each verdict", n[i],
                        claims.size(), verdict_name(static_cast<Verdict>(i)), kLeastOfVerdict)};
  }
  return {};
}

}  // namespace

Result<FitResult> fit_calibration(std::span<const FitClaim> claims, const FitWish& wish) {
  QUERN_TRY(check(claims, wish));
  FitResult out;
  std::vector<LabelledVerdict> before;
  for (const FitClaim& claim : claims) {
    QUERN_ASSIGN(LabelledVerdict verdict, judged(claim, wish.start));
    before.push_back(verdict);
  }
  out.before = score_labels(before);
  QUERN_ASSIGN(const std::vector<LabelledVerdict> left_out, judge_left_out(claims, wish));
  out.left_out = score_labels(left_out);
  std::vector<const FitClaim*> all;
  for (const FitClaim& claim : claims) all.push_back(&claim);
  QUERN_ASSIGN(out.calibration, fit_once(all, wish));
  out.calibration.conformal_level = wish.conformal_level;
  out.calibration.conformal_least = conformal_least(left_out, wish.conformal_level);
  out.calibration.report = {.n_claims = claims.size(),
                            .accuracy = out.left_out.accuracy,
                            .ece = out.left_out.ece,
                            .brier = out.left_out.brier};
  return out;
}

}  // namespace quern::apps
