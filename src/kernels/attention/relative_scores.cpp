#include "kernels/attention/relative_scores.h"

#include <algorithm>

#include "kernels/attention/score_tile.h"

namespace quern::kernels {
namespace {

constexpr int kPanel = 16;

/// The rows of the relative table for some offsets, and where each offset finds its own.
struct Reach {
  const std::int32_t* at = nullptr;  // Of an offset.
  int first_row = 0;                 // A multiple of 16: column 0 of a product.
  int n_panels = 0;
  bool is_straight = false;  // Each offset has the row behind the one before.
};

Reach reach_of(const RelativeRows& rows, int low, int high) {
  Reach out;
  out.at = rows.at.data() + rows.at.size() / 2;
  const int first = out.at[low];
  const int last = out.at[high];
  out.first_row = first / kPanel * kPanel;
  out.n_panels = last / kPanel - first / kPanel + 1;
  out.is_straight = last - first == high - low;
  return out;
}

/// spare[i] = rows[i] . each row of the table within reach.
template <typename T>
void multiply_reach(const RelativeHead& head, const void* panels, const Reach& reach,
                    Matrix<const T> rows, Matrix<float> spare) {
  constexpr int kPerStep = 4 / static_cast<int>(sizeof(T));
  const std::ptrdiff_t panel_size = static_cast<std::ptrdiff_t>(head.n_steps) * kPanel;
  const std::ptrdiff_t n_panels = (head.rows.n + kPanel - 1) / kPanel;
  const auto* b = static_cast<const std::uint32_t*>(panels) +
                  (head.head * n_panels + reach.first_row / kPanel) * panel_size;
  score_kernel<T>(head.table)({.a = rows.data,
                               .a_stride = rows.stride / kPerStep,
                               .b = b,
                               .b_stride = panel_size,
                               .n_steps = head.n_steps,
                               .c = spare.data,
                               .c_stride = spare.stride,
                               .n_rows = rows.rows,
                               .n_panels = reach.n_panels});
}

}  // namespace

int relative_spare_columns(int n_relative) { return (n_relative + kPanel - 1) / kPanel * kPanel; }

template <typename T>
void relative_scores(const RelativeHead& head, Matrix<const T> q, int first_query,
                     Matrix<const T> k, int first_key, Matrix<float> spare, Matrix<float> out) {
  const int tile_rows = score_rows<T>(head.table);
  for (int i = 0; i < q.rows; ++i) std::fill_n(out.row_data(i), k.rows, 0.0f);
  for (int first = 0; first < q.rows && head.rows.keys != nullptr; first += tile_rows) {
    const int n = std::min(tile_rows, q.rows - first);
    const int offset = first_key - first_query - first;  // Of key 0 from the tile's query 0.
    const Reach reach = reach_of(head.rows, offset - n + 1, offset + k.rows - 1);
    multiply_reach(head, head.rows.keys, reach, q.block(first, n), spare);
    for (int i = 0; i < n; ++i) {
      float* to = out.row_data(first + i);
      const float* from = spare.row_data(i) - reach.first_row;
      const std::int32_t* at = reach.at + offset - i;
      if (reach.is_straight) {
        std::copy_n(from + at[0], k.rows, to);
      } else {
        for (int j = 0; j < k.rows; ++j) to[j] = from[at[j]];
      }
    }
  }
  for (int first = 0; first < k.rows && head.rows.queries != nullptr; first += tile_rows) {
    const int n = std::min(tile_rows, k.rows - first);
    const int offset = first_key + first - first_query;  // Of the tile's key 0 from query 0.
    const Reach reach = reach_of(head.rows, offset - q.rows + 1, offset + n - 1);
    multiply_reach(head, head.rows.queries, reach, k.block(first, n), spare);
    for (int i = 0; i < q.rows; ++i) {
      float* to = out.row_data(i) + first;
      const std::int32_t* at = reach.at + offset - i;
      for (int j = 0; j < n; ++j) to[j] += spare.row_data(j)[at[j] - reach.first_row];
    }
  }
}

template void relative_scores(const RelativeHead&, Matrix<const float>, int, Matrix<const float>,
                              int, Matrix<float>, Matrix<float>);
template void relative_scores(const RelativeHead&, Matrix<const std::uint16_t>, int,
                              Matrix<const std::uint16_t>, int, Matrix<float>, Matrix<float>);

}  // namespace quern::kernels
