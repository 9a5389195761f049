// Late interaction: the worth of a document for a query, from the rows of both.
// Source: Khattab and Zaharia 2020 (arXiv 2004.12832) eq. 3.

#pragma once

#include <cstddef>

#include "base/thread_pool.h"
#include "tensor/matrix.h"

namespace quern::engine {

/// The sum over the query's rows of the largest product with a row of the document; `averages`:
/// divided by the number of the query's rows. Either may not be empty. Its parts rest().
///
/// Numerics: products in f32, each in one accumulator, the sum in double. Its bits do not depend
/// on the threads.
float max_sim(Matrix<const float> query, Matrix<const float> document, bool averages,
              ThreadPool& pool);

/// What it allocates while it runs, at most.
std::size_t max_sim_bytes(int n_query_rows, int width, int n_threads);

}  // namespace quern::engine
