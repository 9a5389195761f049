// Fits a calibration to claims whose verdict is known, judged by one model.
//
// Relevance, stance and what is enough are three logistic regressions with a ridge
// (store/rank/logistic.h), the temperature a search in one dimension. What is reported, and the
// conformal set, come from claims that were left out of the fit (k folds), so that they are not
// better than they will be.
// Source: Platt 1999 for the last of them; Guo et al. 2017 (arXiv 1706.04599) for the temperature;
// Vovk, Gammerman and Shafer 2005 for the conformal set.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "apps/claims/calibration.h"
#include "apps/claims/label_scores.h"
#include "apps/claims/verdict.h"
#include "base/status.h"

namespace quern::apps {

/// Fewer are not fitted to, and so many of them at least have to be of each verdict.
inline constexpr std::size_t kLeastFitClaims = 40;
inline constexpr std::size_t kLeastOfVerdict = 8;

/// A claim as it was judged, with what is right. Pairs borrow as JudgedPair does.
struct FitClaim {
  Verdict label = Verdict::kNotEnoughInfo;
  std::vector<JudgedPair> pairs;
  // [as the pairs] What each sentence alone decides; kNotEnoughInfo: nothing. Empty: not known.
  // Then the most relevant sentence of a decided claim is taken to decide it, nothing is said of
  // its others, and no sentence decides a claim without enough information.
  std::vector<Verdict> gold = {};
};

struct FitWish {
  // The model was trained on these very claims. It knows them by heart, so nothing of how far its
  // word goes can be learnt from them: its stance then has a weight that is set, not fitted.
  bool is_trained_on = false;
  double ridge = 1;
  int n_folds = 5;
  double conformal_level = 0.9;               // How often the set is to hold the right verdict.
  Calibration start = default_calibration();  // Relevance before there is any, gate, least.
};

struct FitResult {
  Calibration calibration;  // Without model, digest and what it was fitted on.
  LabelScores left_out;     // Each claim judged by a fit without its fold.
  LabelScores before;       // All claims judged by `start`.
};

/// Errors: kBadInput saying how many claims there are and want to be, or of which verdict there are
/// too few; for pairs and gold of different lengths; for logits that are no numbers.
Result<FitResult> fit_calibration(std::span<const FitClaim> claims, const FitWish& wish);

}  // namespace quern::apps
