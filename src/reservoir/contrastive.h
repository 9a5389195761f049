// A linear readout that is refined to tell the right answer from those of other rows, where least
// squares spends itself on what all answers have in common.
//
//   loss = -log (exp(p_i . y_i / t) / sum_j exp(p_i . y_j / t)) over a batch,
//   p_i the unit vector of W^T x_i + b + prior_i
// Sources: van den Oord, Li and Vinyals 2018, "Representation learning with contrastive predictive
// coding" (InfoNCE); Kingma and Ba 2015, "Adam".

#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/status.h"
#include "base/thread_pool.h"
#include "reservoir/ridge.h"

namespace quern::reservoir {

/// What is learnt from. Borrowed.
struct ContrastiveRows {
  std::span<const float> x;      // [n, d_x]
  std::span<const float> y;      // [n, d_y] Of length 1.
  std::span<const float> prior;  // [n, d_y] Added to what is mapped; empty: nothing.
};

struct ContrastiveOptions {
  int n_rounds = 1;          // Over all rows.
  int n_batch = 128;         // Rows whose answers are told from each other, 2 at least.
  double temperature = 0.1;  // Above 0.
  double rate = 1e-4;        // Of Adam, above 0.
  double pull = 0.01;        // Of |W - W_0|^2, back to where it began.
  std::uint64_t seed = 1;    // Of the order of rows.
  std::function<bool()> is_stopped = {};
};

/// Begins at `readout`. Rows that do not fill a batch are left out of their round. The same rows,
/// options and start give the same bits, whatever the threads. Errors: kBadInput for shapes,
/// options, fewer rows than a batch, or what is not finite; kCancelled.
Result<LinearReadout> refine(const LinearReadout& readout, const ContrastiveRows& rows,
                             const ContrastiveOptions& options, ThreadPool& pool);

}  // namespace quern::reservoir
