// From the hidden rows of one sequence to one row. On the caller's thread, which rests in between
// where a sequence is long.

#pragma once

#include <span>

#include "formats/vector_modules.h"
#include "tensor/matrix.h"

namespace quern::models {

/// Rows from `first` on; weights by position count those before it too. No rows: zeros.
///
/// Shapes: rows [n, d], out [d].
void pool_rows(formats::Pooling pooling, Matrix<const float> rows, int first, std::span<float> out);

/// To length 1; zeros stay.
void normalize_row(std::span<float> row);

}  // namespace quern::models
