#include "models/block_placer.h"

#include <algorithm>

namespace quern::models {

BlockPlacer::Run BlockPlacer::take(std::size_t n) {
  const std::size_t first = n_bytes_;
  n_bytes_ += (n + 63) / 64 * 64;
  if (base_ == nullptr) return {nullptr, nullptr};
  return {base_ + first, fill_ == nullptr ? nullptr : fill_ + first};
}

std::span<const float> BlockPlacer::vector(const RawRows& rows, float added) {
  if (rows.empty()) return {};
  const auto n = static_cast<std::size_t>(rows.n_cols);
  const Run run = take(n * sizeof(float));
  if (run.at == nullptr) return {};
  if (run.fill != nullptr) {
    const std::span<float> out(reinterpret_cast<float*>(run.fill), n);
    kernels::dequantise_blocks(rows.format, rows.bytes, out);
    for (float& v : out) v += added;
  }
  return {reinterpret_cast<const float*>(run.at), n};
}

kernels::BlockWeight BlockPlacer::weight(const RawRows& rows) {
  constexpr int kPanel = 16;
  kernels::BlockWeight out{.format = rows.format, .n_out = rows.n_rows, .n_in = rows.n_cols};
  const std::size_t n_bytes = kernels::block_packed_bytes(rows.format, out.n_out, out.n_in);
  const Run run = take(n_bytes);
  out.packed = run.at;
  if (run.fill == nullptr) return out;
  const int n_panels = (rows.n_rows + kPanel - 1) / kPanel;
  const std::size_t panel = n_bytes / static_cast<std::size_t>(n_panels);
  const std::size_t row = rows.bytes.size() / static_cast<std::size_t>(rows.n_rows);
  pool_.parallel_for(n_panels, [&](int i, int) {
    const auto p = static_cast<std::size_t>(i);
    kernels::pack_block_panel(rows.format, rows.bytes.data() + p * kPanel * row,
                              std::min(kPanel, rows.n_rows - i * kPanel), rows.n_cols,
                              {run.fill + p * panel, panel});
  });
  return out;
}

}  // namespace quern::models
