// The tiles that attention multiplies with, and how many queries it gives them at once.

#pragma once

#include <algorithm>

#include "kernels/table.h"

namespace quern::kernels {

/// Most queries of one tile: the scores of more would leave the first-level cache.
inline constexpr int kMaxScoreRows = 16;

/// The kernel for rows of T, f32 or bf16.
template <typename T>
const TileKernel& score_kernel(const Table& table) {
  return sizeof(T) == 4 ? table.tile_f32 : table.tile_bf16;
}

/// Queries that one tile takes.
template <typename T>
int score_rows(const Table& table) {
  return std::min(score_kernel<T>(table).rows, kMaxScoreRows);
}

}  // namespace quern::kernels
