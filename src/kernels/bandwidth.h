// The read bandwidth of this machine's memory, measured: what single rows of a decoder run at.

#pragma once

#include "base/thread_pool.h"

namespace quern::kernels {

/// GB/s (10^9) at which all threads of the pool together read a buffer that no cache holds. The
/// best of a few passes; takes about 0.1 s and 512 MB, or less where there is less memory.
double measured_read_gbps(ThreadPool& pool);

}  // namespace quern::kernels
