// A linear readout that learns row by row and may forget: recursive least squares.
// Source: Haykin 2002, "Adaptive Filter Theory", chapter 9.

#pragma once

#include <span>
#include <vector>

#include "base/status.h"
#include "reservoir/ridge.h"

namespace quern::reservoir {

struct RecursiveOptions {
  double ridge = 1;       // What the first rows are held against: P starts as I / ridge. Above 0.
  double forgetting = 1;  // What a row counts one row later; above 0, 1 at most.
};

/// Inputs have a constant 1 put behind them, whose weight is the bias. The same rows in the same
/// order give the same bits. Threads: one at a time. Memory: (d_x + 1)^2 + (d_x + 1) d_y f64.
class RecursiveLeastSquares {
 public:
  /// Errors: kBadInput for the options.
  static Result<RecursiveLeastSquares> make(int d_x, int d_y, const RecursiveOptions& options);

  /// Learns from a row. Nothing is forgotten while the inputs say nothing of some directions, where
  /// P would grow without end. Shapes: x [d_x], y [d_y]. Errors: kBadInput for what is not finite.
  Status learn(std::span<const float> x, std::span<const float> y);

  LinearReadout readout() const;

 private:
  RecursiveLeastSquares(int d_x, int d_y, const RecursiveOptions& options);

  int d_x_, d_y_;
  RecursiveOptions options_;
  double trace_ = 0;       // Of p_.
  std::vector<double> p_;  // [d_x + 1, d_x + 1], symmetric to the bit
  std::vector<double> w_;  // [d_x + 1, d_y]
};

}  // namespace quern::reservoir
