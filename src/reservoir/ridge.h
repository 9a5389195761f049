// Linear readouts with a ridge, y = W^T x + b, from sums that do not grow with the rows: one
// factorisation serves every lambda.
//
//   S = sum (x - mean)(x - mean)^T = Q T Q^T, T tridiagonal;  (T + lambda I) Z = Q^T sum (x - mean)
//   y^T, W = Q Z
// Source: Hastie, Tibshirani and Friedman 2009, 3.4.1; Householder's reduction as in Golub and Van
// Loan 2013, 8.3.1. The same rows in the same order give the same bits.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"

namespace quern::reservoir {

/// y = W^T x + b.
struct LinearReadout {
  int d_x = 0;
  int d_y = 0;
  std::vector<float> weights = {};  // [d_x, d_y]
  std::vector<float> bias = {};     // [d_y]

  /// Shapes: x [d_x], out [d_y].
  void apply(std::span<const float> x, std::span<float> out) const;
};

/// What rows add up to.
class RidgeSums {
 public:
  RidgeSums(int d_x, int d_y);

  int d_x() const { return d_x_; }
  int d_y() const { return d_y_; }
  std::int64_t n() const { return n_; }

  /// The same bits on any number of threads. Shapes: x [n, d_x], y [n, d_y]. Errors: kBadInput for
  /// what is not finite; then nothing is added.
  Status add(std::span<const float> x, std::span<const float> y,
             ThreadPool& pool = ThreadPool::serial());

  /// Adds or takes away what others have; of the same widths.
  void add(const RidgeSums& other);
  void remove(const RidgeSums& other);

  /// As if x had had these of its numbers alone, ascending: to the bit.
  RidgeSums of_columns(std::span<const int> columns) const;

  /// The mean over rows of |y - W^T x - b|^2. Errors: kBadInput without rows.
  Result<double> mean_error(const LinearReadout& readout) const;

 private:
  friend class RidgeFit;
  void combine(const RidgeSums& other, double sign);

  int d_x_, d_y_;
  std::int64_t n_ = 0;
  std::vector<double> xx_;  // [d_x, d_x], j >= i
  std::vector<double> xy_;  // [d_x, d_y]
  std::vector<double> x_, y_;
  double yy_ = 0;
};

/// A factorisation, from which readouts of any lambda come. Memory: d_x^2 + d_x d_y f64.
class RidgeFit {
 public:
  /// Errors: kBadInput for fewer than two rows.
  static Result<RidgeFit> make(const RidgeSums& sums);

  /// Minimises sum |y - W^T x - b|^2 + lambda |W|^2. Errors: kBadInput for a lambda that is
  /// negative or not finite, or so small that the system is singular: some inputs follow from
  /// others.
  Result<LinearReadout> solve(double lambda) const;

 private:
  RidgeFit() = default;

  int d_x_ = 0, d_y_ = 0;
  std::vector<double> reflectors_;      // [d_x, d_x]: row k has the k-th one from column k + 1.
  std::vector<double> factors_;         // [d_x]: beta of I - beta v v^T
  std::vector<double> diagonal_, off_;  // Of T.
  std::vector<double> right_;           // [d_x, d_y]: Q^T sum (x - mean) y^T
  std::vector<double> mean_x_, mean_y_;
};

/// Which of `lambdas` leaves the least error on rows that it was not fitted on, each of the folds
/// left out in turn. Errors: kBadInput for fewer than two folds, or where no lambda works.
Result<double> choose_lambda(std::span<const RidgeSums> folds, std::span<const double> lambdas);

}  // namespace quern::reservoir
