// How long a network remembers: how much of what it heard some steps ago a linear readout finds
// again in its state.
// Source: Jaeger 2001, "Short term memory in echo state networks" (the memory capacity is the sum
// over all delays).

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "reservoir/network.h"

namespace quern::reservoir {

struct MemoryAsk {
  int n_delays = 40;    // Steps back, from 0 on.
  int n_steps = 8000;   // Of all sequences together; a quarter of them measures.
  double lambda = 0.1;  // The readout's ridge.
  std::uint64_t seed = 1;
  std::function<bool()> is_stopped = {};
};

/// The inputs are vectors of length 1 that are drawn anew in each step. For each delay: the squared
/// correlation of an input with what the readout makes of the state, on steps that it was not
/// fitted on; the mean over a vector's numbers. Shapes: [n_delays], each 0 to 1. Errors: kBadInput
/// for what is asked; kCancelled.
Result<std::vector<double>> memory_curve(const Network& network, const MemoryAsk& ask,
                                         ThreadPool& pool);

}  // namespace quern::reservoir
