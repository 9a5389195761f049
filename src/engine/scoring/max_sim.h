// Late interaction: the worth of a document for a query, from the rows of both.
// Source: Khattab and Zaharia 2020 (arXiv 2004.12832) eq. 3.

#pragma once

#include <span>

#include "tensor/matrix.h"

namespace quern::engine {

/// The sum over the query's rows of the largest product with a row of the document; `averages`:
/// divided by the number of the query's rows. Either may not be empty.
///
/// Numerics: products in f32 in an order of their own, the sum in double.
float max_sim(Matrix<const float> query, Matrix<const float> document, bool averages);

}  // namespace quern::engine
