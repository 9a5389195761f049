// What disentangled attention adds to the scores of a few queries and a block of keys.

#pragma once

#include <cstdint>

#include "kernels/attention/attention.h"
#include "kernels/table.h"
#include "tensor/matrix.h"

namespace quern::kernels {

/// One head of RelativeRows.
struct RelativeHead {
  const Table& table;
  const RelativeRows& rows;
  int head = 0;
  int n_steps = 0;  // Of a panel: 32-bit units of a head's width.
};

/// Columns of `spare`, at least.
int relative_spare_columns(int n_relative);

/// out[i, j] = q[i] . keys[r] + k[j] . queries[r], not scaled, where query i is at the place
/// first_query + i of its sequence and key j at first_key + j.
///
/// Shapes: q [n_q, d_head], k [n_k, d_head], spare [score_rows<T>(table),
/// relative_spare_columns(...)],
///   rows of it 64 bytes apart at least; out [n_q, n_k].
/// Numerics: an element's bits depend on its own query and key only.
template <typename T>
void relative_scores(const RelativeHead& head, Matrix<const T> q, int first_query,
                     Matrix<const T> k, int first_key, Matrix<float> spare, Matrix<float> out);

}  // namespace quern::kernels
