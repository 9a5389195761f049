// The arithmetic peak of this machine, measured: what a kernel's speed is a share of.

#pragma once

#include "base/thread_pool.h"
#include "kernels/weight.h"

namespace quern::kernels {

/// Gop/s (a multiply-add counts as two) that all threads of the pool reach together in a loop of
/// dot-product instructions on registers, with the best instruction this CPU has for `precision`.
/// Takes about 10 ms; the best of several short runs.
double measured_peak_gops(Precision precision, ThreadPool& pool);

}  // namespace quern::kernels
