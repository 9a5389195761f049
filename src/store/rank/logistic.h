// Logistic regression with a ridge, fitted by Newton's steps (iteratively reweighted least squares)
// in f64: what learns how to weigh signals, and calibrates scores. The same rows in the same order
// give the same bits.
//
// Source: Hastie, Tibshirani and Friedman 2009, "The Elements of Statistical Learning", 4.4.1.

#pragma once

#include <span>
#include <vector>

#include "base/status.h"

namespace quern::store {

/// Most signals of a model.
inline constexpr int kMaxLogisticSignals = 64;

struct LogisticModel {
  std::vector<double> weights;  // [n_signals]
  double bias = 0;

  /// bias + sum of weight times signal. x [n_signals].
  double log_odds(std::span<const double> x) const;
};

/// What is learnt from. Everything is borrowed.
struct LogisticData {
  std::span<const double> x;            // [n, n_signals]
  std::span<const double> is_positive;  // [n], 0 to 1
  std::span<const double> weights;      // [n], >= 0
  int n_signals = 0;
};

/// Maximises sum of weight * log likelihood - ridge / 2 * |weights|^2 over standardised signals;
/// the model takes them as they are. A signal without spread gets weight 0.
///
/// Errors: kBadInput if no row or only one kind of answer has weight, or a number is not finite.
Result<LogisticModel> fit_logistic(const LogisticData& data, double ridge);

}  // namespace quern::store
