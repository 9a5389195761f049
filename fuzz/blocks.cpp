// Blocks of GGUF tensors: any bits pack, and come out of the packed layout as they went in.
// The first byte chooses the format, the second the number of rows; the rest are the blocks.

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/check.h"
#include "kernels/block/block_weight.h"

namespace {

using namespace quern;
using namespace quern::kernels;

bool same(float a, float b) {
  return std::isnan(a) ? std::isnan(b)
                       : std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  if (n < 2) return 0;
  const BlockLayout* layout = find_block_layout(data[0] % 64);
  const int n_rows = 1 + data[1] % 20;
  if (layout == nullptr || !is_block_product(layout->format)) return 0;
  const auto row_blocks =
      static_cast<int>((n - 2) / static_cast<std::size_t>(layout->n_bytes * n_rows));
  const int step = layout->n_elements == 1 ? 32 : 1;  // Whole blocks of 32 inputs.
  const int n_in = row_blocks / step * step * layout->n_elements;
  if (n_in == 0) return 0;
  const std::size_t row_bytes =
      static_cast<std::size_t>(n_in / layout->n_elements * layout->n_bytes);
  const std::span blocks(reinterpret_cast<const std::byte*>(data + 2),
                         row_bytes * static_cast<std::size_t>(n_rows));

  const auto n_values = static_cast<std::size_t>(n_in);
  std::vector<float> want(n_values), got(n_values);
  const WeightFormat format{WeightFormat::Kind::kStored, layout->format};
  const std::size_t n_packed = weight_bytes(format, n_rows, n_in);
  const std::unique_ptr<std::byte, void (*)(void*)> packed(
      static_cast<std::byte*>(std::aligned_alloc(64, n_packed)), std::free);
  const Weight w{format, n_rows, n_in, packed.get()};
  for (int p = 0; p < w.n_panels(); ++p) {
    const int rows = n_rows - 16 * p < 16 ? n_rows - 16 * p : 16;
    pack_block_panel(
        layout->format, blocks.data() + row_bytes * static_cast<std::size_t>(16 * p), rows, n_in,
        {packed.get() + w.panel_bytes() * static_cast<std::size_t>(p), w.panel_bytes()});
  }
  for (int r = 0; r < n_rows; ++r) {
    dequantise_blocks(layout->format,
                      blocks.subspan(row_bytes * static_cast<std::size_t>(r), row_bytes), want);
    dequantise_row(w, r, got);
    for (std::size_t i = 0; i < n_values; ++i) QUERN_CHECK(same(got[i], want[i]));
  }
  return 0;
}
