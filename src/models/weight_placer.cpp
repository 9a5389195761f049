#include "models/weight_placer.h"

#include <algorithm>
#include <cstring>

#include "kernels/int8/int8_equalise.h"
#include "tensor/dtype.h"

namespace quern::models {
namespace {

using formats::TensorEntry;
using kernels::Precision;

void widen(const TensorEntry& t, std::ptrdiff_t first, int n, float* out) {
  const std::byte* p = t.bytes.data() + first * static_cast<std::ptrdiff_t>(dtype_bytes(t.dtype));
  if (t.dtype == DType::kF32) {
    std::memcpy(out, p, static_cast<std::size_t>(n) * sizeof(float));
    return;
  }
  for (int i = 0; i < n; ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, p + 2 * i, sizeof bits);
    out[i] = t.dtype == DType::kF16 ? f32_from_f16(bits) : f32_from_bf16(bits);
  }
}

void read_row(const Stack& parts, int row, float* out) {
  const auto rows_each = static_cast<int>(parts[0]->shape[0]);
  const auto n_in = static_cast<int>(parts[0]->shape[1]);
  const TensorEntry& t = *parts[static_cast<std::size_t>(row / rows_each)];
  widen(t, static_cast<std::ptrdiff_t>(row % rows_each) * n_in, n_in, out);
}

}  // namespace

std::span<const float> WeightPlacer::vector(const Stack& parts) {
  std::size_t n = 0;
  for (const TensorEntry* t : parts) n += t->bytes.size() / dtype_bytes(t->dtype);
  const Run run = take(n * sizeof(float));
  if (run.at == nullptr) return {};
  const std::span<const float> out(reinterpret_cast<const float*>(run.at), n);
  if (run.fill == nullptr) return out;
  auto* next = reinterpret_cast<float*>(run.fill);
  for (const TensorEntry* t : parts) {
    const auto count = static_cast<int>(t->bytes.size() / dtype_bytes(t->dtype));
    widen(*t, 0, count, next);
    next += count;
  }
  return out;
}

Matrix<const float> WeightPlacer::matrix(const Stack& parts) {
  const std::span<const float> all = vector(parts);
  if (all.empty()) return {};
  const auto& shape = parts[0]->shape;
  return {all.data(), static_cast<int>(shape[0]), static_cast<int>(shape[1])};
}

std::span<const float> WeightPlacer::factors(const Stack& parts,
                                             const std::vector<float>* largest) {
  if (precision_ != Precision::kInt8) return {};
  const auto n_in = static_cast<std::size_t>(parts[0]->shape[1]);
  const Run run = take(n_in * sizeof(float));
  if (run.at == nullptr) return {};
  const std::span<float> fill(reinterpret_cast<float*>(run.fill), run.fill == nullptr ? 0 : n_in);
  std::fill(fill.begin(), fill.end(), 1.0f);
  if (run.fill != nullptr && largest != nullptr) {
    const int rows_each = static_cast<int>(parts[0]->shape[0]);
    const int n_out = rows_each * static_cast<int>(parts.size());
    std::vector<float> rows(static_cast<std::size_t>(n_out) * n_in);
    for (int r = 0; r < n_out; ++r)
      read_row(parts, r, rows.data() + static_cast<std::size_t>(r) * n_in);
    kernels::int8_equalise({rows.data(), n_out, static_cast<int>(n_in)}, *largest,
                           kernels::kInt8Alpha, fill);
  }
  return {reinterpret_cast<const float*>(run.at), n_in};
}

kernels::Weight WeightPlacer::weight(const Stack& parts, std::span<const float> factors) {
  const auto rows_each = static_cast<int>(parts[0]->shape[0]);
  const auto n_in = static_cast<int>(parts[0]->shape[1]);
  const int n_out = rows_each * static_cast<int>(parts.size());
  kernels::Weight w{.precision = precision_, .n_out = n_out, .n_in = n_in};
  const Run run = take(kernels::packed_bytes(precision_, n_out, n_in));
  w.packed = run.at;
  if (run.fill == nullptr) return w;
  const std::size_t bytes = kernels::panel_bytes(precision_, n_in);
  pool_.parallel_for(w.n_panels(), [&](int panel, int) {
    std::vector<float> rows(static_cast<std::size_t>(kernels::kPanelWidth) *
                            static_cast<std::size_t>(n_in));
    const int first = panel * kernels::kPanelWidth;
    const int n = std::min(kernels::kPanelWidth, n_out - first);
    for (int r = 0; r < n; ++r) {
      float* row = rows.data() + static_cast<std::ptrdiff_t>(r) * n_in;
      read_row(parts, first + r, row);
      if (!factors.empty()) kernels::int8_unscale({row, 1, n_in}, factors, {row, 1, n_in});
    }
    kernels::pack_panel(precision_, rows.data(), n, n_in,
                        {run.fill + static_cast<std::size_t>(panel) * bytes, bytes});
  });
  return w;
}

WeightPlacer::Run WeightPlacer::take(std::size_t n) {
  const Run run{base_ == nullptr ? nullptr : base_ + n_bytes_,
                fill_ == nullptr ? nullptr : fill_ + n_bytes_};
  n_bytes_ += placed_bytes(n);
  return run;
}

}  // namespace quern::models
