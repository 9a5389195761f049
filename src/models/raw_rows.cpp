#include "models/raw_rows.h"

#include <cstdint>
#include <cstring>

#include "kernels/block/block_weight.h"
#include "tensor/dtype.h"

namespace quern::models {
namespace {

/// Calls to(i, value) for the elements of a row of f32, f16 or bf16.
template <typename To>
void for_elements(BlockFormat format, std::span<const std::byte> row, int n, const To& to) {
  const std::byte* p = row.data();
  if (format == BlockFormat::kF32) {
    for (int i = 0; i < n; ++i) {
      float value = 0;
      std::memcpy(&value, p + 4 * i, sizeof value);
      to(i, value);
    }
    return;
  }
  for (int i = 0; i < n; ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, p + 2 * i, sizeof bits);
    to(i, format == BlockFormat::kF16 ? f32_from_f16(bits) : f32_from_bf16(bits));
  }
}

}  // namespace

RawRows slice_numbers(const RawRows& vector, int first, int n) {
  RawRows out = vector;
  out.n_cols = n;
  const std::size_t size = vector.bytes.size() / static_cast<std::size_t>(vector.n_cols);
  out.bytes =
      vector.bytes.subspan(size * static_cast<std::size_t>(vector.bytes.empty() ? 0 : first),
                           size * static_cast<std::size_t>(n));
  return out;
}

RawRows transposed(const RawRows& rows, std::vector<float>& storage) {
  RawRows out{.n_rows = rows.n_cols, .n_cols = rows.n_rows, .bytes = {}};
  if (rows.bytes.empty()) return out;
  storage.resize(static_cast<std::size_t>(rows.n_rows) * static_cast<std::size_t>(rows.n_cols));
  std::vector<float> row(static_cast<std::size_t>(rows.n_cols));
  for (int r = 0; r < rows.n_rows; ++r) {
    read_row(rows, r, row);
    for (int c = 0; c < rows.n_cols; ++c) {
      storage[static_cast<std::size_t>(c) * static_cast<std::size_t>(rows.n_rows) +
              static_cast<std::size_t>(r)] = row[static_cast<std::size_t>(c)];
    }
  }
  out.bytes = std::as_bytes(std::span(storage));
  return out;
}

void read_row(const RawRows& rows, int i, std::span<float> out) {
  kernels::dequantise_blocks(rows.format, rows.row(i), out);
}

void add_row(const EmbeddingTable& table, int row, float* out) {
  if (!kernels::takes_block_rows(table.format)) {
    for_elements(table.format, table.row(row), table.n_cols,
                 [&](int i, float value) { out[i] += value; });
    return;
  }
  constexpr int kChunk = 256;  // The elements of the largest block.
  float values[kChunk];
  const BlockLayout& layout = block_layout(table.format);
  const auto bytes = table.row(row);
  const int n_blocks = table.n_cols / layout.n_elements;
  for (int b = 0; b < n_blocks; ++b) {
    const std::span<float> block(values, static_cast<std::size_t>(layout.n_elements));
    kernels::dequantise_blocks(table.format,
                               bytes.subspan(static_cast<std::size_t>(b * layout.n_bytes),
                                             static_cast<std::size_t>(layout.n_bytes)),
                               block);
    for (int i = 0; i < layout.n_elements; ++i) out[b * layout.n_elements + i] += values[i];
  }
}

}  // namespace quern::models
