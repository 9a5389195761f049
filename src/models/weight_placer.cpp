#include "models/weight_placer.h"

#include <algorithm>

#include "kernels/block/block_weight.h"
#include "kernels/int8/int8_equalise.h"

namespace quern::models {
namespace {

using kernels::kPanelWidth;
using kernels::Weight;
using kernels::WeightFormat;

std::span<float> floats(std::byte* bytes, std::size_t n) {
  return {reinterpret_cast<float*>(bytes), n};
}

/// Panel `i` of a weight, its numbers put together from rows in another format.
void pack_from_rows(const RawRows& rows, const Weight& w, int i, std::span<const float> factors,
                    std::span<std::byte> panel) {
  const auto n_in = static_cast<std::size_t>(w.n_in);
  std::vector<float> values(static_cast<std::size_t>(kPanelWidth) * n_in);
  const int first = i * kPanelWidth;
  const int n = std::min(kPanelWidth, w.n_out - first);
  for (int r = 0; r < n; ++r) {
    const std::span<float> row =
        std::span(values).subspan(static_cast<std::size_t>(r) * n_in, n_in);
    read_row(rows, first + r, row);
    if (!factors.empty()) {
      kernels::int8_unscale({row.data(), 1, w.n_in}, factors, {row.data(), 1, w.n_in});
    }
  }
  kernels::pack_panel(w.format, values.data(), n, w.n_in, panel);
}

}  // namespace

WeightPlacer::Run WeightPlacer::take(std::size_t n) {
  const std::size_t first = n_bytes_;
  n_bytes_ += (n + 63) / 64 * 64;
  if (base_ == nullptr) return {nullptr, nullptr};
  return {base_ + first, fill_ == nullptr ? nullptr : fill_ + first};
}

void WeightPlacer::was_read(std::size_t n_source_bytes) {
  most_read_bytes_ = std::max(most_read_bytes_, n_source_bytes);
  if (fill_ != nullptr && matrix_read_) matrix_read_();
}

std::span<const float> WeightPlacer::vector(const RawRows& rows, float added) {
  if (rows.empty()) return {};
  const auto n = static_cast<std::size_t>(rows.n_rows) * static_cast<std::size_t>(rows.n_cols);
  const Run run = take(n * sizeof(float));
  if (run.at == nullptr) return {};
  if (run.fill != nullptr) {
    const std::span<float> out = floats(run.fill, n);
    kernels::dequantise_blocks(rows.format, rows.bytes, out);
    if (added != 0) {
      for (float& v : out) v += added;
    }
  }
  return {reinterpret_cast<const float*>(run.at), n};
}

std::span<const float> WeightPlacer::zeros(int n) {
  if (n == 0) return {};
  const Run run = take(static_cast<std::size_t>(n) * sizeof(float));
  if (run.at == nullptr) return {};
  if (run.fill != nullptr) {
    const std::span<float> out = floats(run.fill, static_cast<std::size_t>(n));
    std::fill(out.begin(), out.end(), 0.0f);
  }
  return {reinterpret_cast<const float*>(run.at), static_cast<std::size_t>(n)};
}

Matrix<const float> WeightPlacer::matrix(const RawRows& rows) {
  const std::span<const float> all = vector(rows);
  if (all.empty()) return {};
  return {all.data(), rows.n_rows, rows.n_cols};
}

std::span<const float> WeightPlacer::factors(std::initializer_list<const RawRows*> matrices,
                                             const std::vector<float>* largest) {
  const auto n_in = static_cast<std::size_t>((*matrices.begin())->n_cols);
  std::size_t n_source_bytes = 0;
  for (const RawRows* rows : matrices) n_source_bytes += rows->bytes.size();
  const Run run = take(n_in * sizeof(float));
  if (run.fill != nullptr) {
    const std::span<float> out = floats(run.fill, n_in);
    std::fill(out.begin(), out.end(), 1.0f);
    if (largest != nullptr) {
      std::vector<float> row(n_in);
      std::vector<float> w_max(n_in, 0.0f);
      for (const RawRows* rows : matrices) {
        for (int r = 0; r < rows->n_rows; ++r) {
          read_row(*rows, r, row);
          kernels::int8_observe({row.data(), 1, rows->n_cols}, w_max);
        }
      }
      kernels::int8_equalise(w_max, *largest, kernels::kInt8Alpha, out);
    }
  }
  was_read(n_source_bytes);
  if (run.at == nullptr) return {};
  return {reinterpret_cast<const float*>(run.at), n_in};
}

const std::byte* WeightPlacer::computed(
    std::size_t n, const std::function<void(std::span<std::byte>, ThreadPool&)>& fill) {
  if (n == 0) return nullptr;
  const Run run = take(n);
  if (run.fill != nullptr) fill({run.fill, n}, pool_);
  return run.at;
}

Weight WeightPlacer::weight(const RawRows& rows, kernels::Precision precision,
                            std::span<const float> factors) {
  Weight w{.format = kernels::weight_format(precision, rows.format),
           .n_out = rows.n_rows,
           .n_in = rows.n_cols};
  if (rows.empty()) return w;
  const Run run = take(w.n_bytes());
  w.packed = run.at;
  if (run.fill != nullptr) fill(rows, w, factors, run.fill);
  was_read(rows.bytes.size());
  return w;
}

void WeightPlacer::fill(const RawRows& rows, const Weight& w, std::span<const float> factors,
                        std::byte* to) const {
  const std::size_t n = w.panel_bytes();
  const bool as_stored =
      w.format.kind == WeightFormat::Kind::kStored && w.format.stored == rows.format;
  pool_.parallel_for(w.n_panels(), [&](int i, int) {
    const std::span<std::byte> panel(to + static_cast<std::size_t>(i) * n, n);
    if (!as_stored) return pack_from_rows(rows, w, i, factors, panel);
    const int first = i * kPanelWidth;
    kernels::pack_block_panel(rows.format, rows.row(first).data(),
                              std::min(kPanelWidth, rows.n_rows - first), rows.n_cols, panel);
  });
}

}  // namespace quern::models
