#include "models/distances.h"

#include <algorithm>
#include <cmath>

#include "kernels/norm.h"
#include "kernels/table.h"

namespace quern::models {
namespace {

using kernels::kPanelWidth;

/// The first distances of buckets 9 to 15: eight exact ones lie before them, the last has no end.
constexpr int kBucketSteps[] = {12, 16, 23, 32, 46, 64, 91};
static_assert(formats::kDistanceBuckets == 2 * (8 + 8) && formats::kMaxBucketDistance == 128);

int bucket_of(int offset) {
  const int distance = std::abs(offset);
  const int side = offset > 0 ? formats::kDistanceBuckets / 2 : 0;
  if (distance < 8) return side + distance;
  const auto* step = std::upper_bound(std::begin(kBucketSteps), std::end(kBucketSteps), distance);
  return side + 8 + static_cast<int>(step - std::begin(kBucketSteps));
}

/// Slopes s, s^2, ... for a power of two; for other numbers of heads those of the next lower power,
/// then every second one of the next higher.
std::vector<double> alibi_slopes(int n_heads) {
  int below = 1;
  while (below * 2 <= n_heads) below *= 2;
  std::vector<double> out;
  for (int i = 1; i <= below; ++i) out.push_back(std::exp2(-8.0 * i / below));
  for (int i = 1; static_cast<int>(out.size()) < n_heads; i += 2) {
    out.push_back(std::exp2(-4.0 * i / below));
  }
  return out;
}

int relative_bucket(const formats::Disentangled& d, int offset) {
  const int distance = std::abs(offset);
  const int middle = d.n_buckets / 2;
  if (d.n_buckets == 0 || distance <= middle) return offset;
  const double share = std::log(static_cast<double>(distance) / middle) /
                       std::log(static_cast<double>(d.max_distance - 1) / middle);
  const int bucket = static_cast<int>(std::ceil(share * (middle - 1))) + middle;
  return offset > 0 ? bucket : -bucket;
}

}  // namespace

void bucket_bias(const RawRows& table, float attn_scale, Matrix<float> out) {
  std::vector<float> rows(static_cast<std::size_t>(table.n_rows) *
                          static_cast<std::size_t>(table.n_cols));
  const Matrix<float> numbers(rows.data(), table.n_rows, table.n_cols);
  for (int r = 0; r < table.n_rows; ++r) read_row(table, r, numbers.row(r));
  const int middle = out.cols / 2;
  for (int h = 0; h < out.rows; ++h) {
    for (int c = 0; c < out.cols; ++c) {
      out.row_data(h)[c] = numbers.row_data(bucket_of(c - middle))[h] / attn_scale;
    }
  }
}

void alibi_bias(float attn_scale, Matrix<float> out) {
  const std::vector<double> slopes = alibi_slopes(out.rows);
  const int middle = out.cols / 2;
  for (int h = 0; h < out.rows; ++h) {
    for (int c = 0; c < out.cols; ++c) {
      out.row_data(h)[c] = static_cast<float>(-slopes[static_cast<std::size_t>(h)] *
                                              std::abs(c - middle) / attn_scale);
    }
  }
}

std::vector<std::int32_t> relative_places(const formats::Disentangled& d, int n_positions) {
  std::vector<std::int32_t> out;
  for (int offset = -n_positions + 1; offset < n_positions && d.span > 0; ++offset) {
    // The table counts query - key, upwards from -span.
    const int row = std::clamp(d.span - relative_bucket(d, offset), 0, d.n_rows() - 1);
    out.push_back(d.n_rows() - 1 - row);
  }
  return out;
}

std::vector<float> relative_table(const RawRows& table, const NormTensors& norm, float eps) {
  std::vector<float> out(static_cast<std::size_t>(table.n_rows) *
                         static_cast<std::size_t>(table.n_cols));
  const Matrix<float> rows(out.data(), table.n_rows, table.n_cols);
  for (int r = 0; r < table.n_rows; ++r) read_row(table, table.n_rows - 1 - r, rows.row(r));
  if (norm.weight.empty()) return out;
  std::vector<float> weight(static_cast<std::size_t>(table.n_cols)), bias(weight.size());
  read_row(norm.weight, 0, weight);
  if (!norm.bias.empty()) read_row(norm.bias, 0, bias);
  kernels::norm_rows({.eps = eps, .weight = weight, .bias = bias}, rows, kernels::Activations{rows},
                     ThreadPool::serial());
  return out;
}

std::size_t relative_panel_bytes(const kernels::WeightFormat& format, int n_rows, int n_heads,
                                 int d_head) {
  return static_cast<std::size_t>(n_heads) * kernels::weight_bytes(format, n_rows, d_head);
}

void pack_relative(std::span<const float> rows, const LinearTensors& project,
                   const kernels::WeightFormat& format, int n_heads, ThreadPool& pool,
                   std::span<std::byte> out) {
  struct alignas(64) Line {
    float numbers[kPanelWidth];
  };
  const int n_in = project.weight.n_cols;
  const int n_out = project.weight.n_rows;
  const int n_rows = static_cast<int>(rows.size()) / n_in;
  const int d_head = n_out / n_heads;
  const kernels::Table& table = kernels::active();
  std::vector<float> bias(static_cast<std::size_t>(n_out));
  if (!project.bias.empty()) read_row(project.bias, 0, bias);

  // projected = rows W^T + bias, 16 outputs at a time.
  const int n_panels = (n_out + kPanelWidth - 1) / kPanelWidth;
  const int stride = n_panels * kPanelWidth;
  std::vector<float> numbers(static_cast<std::size_t>(n_rows) * static_cast<std::size_t>(stride));
  const Matrix<float> projected(numbers.data(), n_rows, n_out, stride);
  const kernels::WeightFormat f32;
  pool.parallel_for(n_panels, [&](int p, int) {
    const int first = p * kPanelWidth;
    const int n = std::min(kPanelWidth, n_out - first);
    std::vector<float> weights(static_cast<std::size_t>(n) * static_cast<std::size_t>(n_in));
    for (int r = 0; r < n; ++r) {
      read_row(project.weight, first + r,
               std::span(weights).subspan(static_cast<std::size_t>(r) * n_in,
                                          static_cast<std::size_t>(n_in)));
    }
    std::vector<Line> panel(static_cast<std::size_t>(n_in));
    kernels::pack_panel(f32, weights.data(), n, n_in, std::as_writable_bytes(std::span(panel)));
    for (int r = 0; r < n_rows; r += table.tile_f32.rows) {
      table.tile_f32({.a = rows.data() + static_cast<std::ptrdiff_t>(r) * n_in,
                      .a_stride = n_in,
                      .b = panel.data(),
                      .b_stride = static_cast<std::ptrdiff_t>(n_in) * kPanelWidth,
                      .n_steps = n_in,
                      .c = projected.row_data(r) + first,
                      .c_stride = stride,
                      .n_rows = std::min(table.tile_f32.rows, n_rows - r),
                      .n_panels = 1});
    }
    for (int r = 0; r < n_rows; ++r) {
      for (int i = first; i < first + n; ++i) {
        projected.row_data(r)[i] += bias[static_cast<std::size_t>(i)];
      }
    }
  });

  const std::size_t per_panel = kernels::panel_bytes(format, d_head);
  const int per_head = (n_rows + kPanelWidth - 1) / kPanelWidth;
  pool.parallel_for(n_heads * per_head, [&](int index, int) {
    const int first = index % per_head * kPanelWidth;
    const int n = std::min(kPanelWidth, n_rows - first);
    std::vector<float> of_head;
    for (int r = first; r < first + n; ++r) {
      const float* from = projected.row_data(r) + index / per_head * d_head;
      of_head.insert(of_head.end(), from, from + d_head);
    }
    kernels::pack_panel(format, of_head.data(), n, d_head,
                        out.subspan(static_cast<std::size_t>(index) * per_panel, per_panel));
  });
}

}  // namespace quern::models
