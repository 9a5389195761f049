// Products with weights of f32, f16, bf16 and pairs of bf16: the tiles of the table, blocked for
// the caches.

#include <algorithm>

#include "base/check.h"
#include "base/machine.h"
#include "kernels/products.h"
#include "kernels/table.h"

namespace quern::kernels {
namespace {

constexpr int kGroupPanels = 8;   // Finished in one go.
constexpr int kStepsAtOnce = 16;  // Tiles cut into pieces keep their bits at multiples of it.

// The rows in 32-bit steps and the weights in lines of 16 outputs, whatever their types.
struct Operands {
  const std::uint32_t* a = nullptr;
  std::ptrdiff_t a_stride = 0;
  int n_rows = 0;
  const std::byte* b = nullptr;
  int b_unit = 4;  // Bytes of one output's part of a step.
  int n_steps = 0;
  int n_panels = 0;
  TileKernel tile = {};
};

Operands operands_of(const Activations& x, const Weight& w, const Table& table) {
  Operands op{.n_rows = x.n_rows, .b = w.packed, .n_panels = w.n_panels()};
  if (w.format.kind == WeightFormat::Kind::kBf16Pairs) {
    QUERN_CHECK(w.n_in % 2 == 0 && x.bf16.stride % 2 == 0);
    op.a = reinterpret_cast<const std::uint32_t*>(x.bf16.data);
    op.a_stride = x.bf16.stride / 2;
    op.n_steps = w.n_in / 2;
    op.tile = table.tile_bf16;
    return op;
  }
  op.a = reinterpret_cast<const std::uint32_t*>(x.f32.data);
  op.a_stride = x.f32.stride;
  op.n_steps = w.n_in;
  op.b_unit = w.format.stored == BlockFormat::kF32 ? 4 : 2;
  op.tile = w.format.stored == BlockFormat::kF32   ? table.tile_f32
            : w.format.stored == BlockFormat::kF16 ? table.tile_f16
                                                   : table.tile_f32_bf16;
  return op;
}

// How the work is cut. Cuts never change results: each output is summed by one tile chain.
struct Blocking {
  int rows = 0;    // Rows whose steps stay in L2 while panels pass by.
  int panels = 0;  // Panels of one part.
  int steps = 0;   // Steps of one pass over a tile.
};

int round_up(int n, int multiple) { return (n + multiple - 1) / multiple * multiple; }

// Steps of one pass, so that a tile's rows, or a block's rows and a few panels, fit the cache that
// they are read from again and again.
int steps_at_once(const Operands& op, int block_rows) {
  const auto units = [](std::size_t bytes) { return static_cast<int>(bytes / 4); };
  const int fitting = op.tile.outruns_l2
                          ? units(cache_sizes().l1d_bytes / 2) / op.tile.rows
                          : units(cache_sizes().l2_bytes / 2) / (block_rows + 16 * op.tile.panels);
  const int n_passes = (op.n_steps * 4 / 5 + fitting - 1) / fitting;
  if (n_passes <= 1) return op.n_steps;
  return round_up(std::max(64, (op.n_steps + n_passes - 1) / n_passes), kStepsAtOnce);
}

Blocking choose_blocking(const Operands& op, int wanted_parts) {
  Blocking block;
  // Rows that stay in the second-level cache while panels pass by.
  const auto in_l2 = static_cast<int>(cache_sizes().l2_bytes / 2 / 4) / op.n_steps;
  const int pass = active().rows_per_pass;
  block.rows = round_up(std::clamp(in_l2, std::min(96, pass), pass), op.tile.rows);
  block.steps = steps_at_once(op, block.rows);

  block.rows = std::min(block.rows, round_up(op.n_rows, op.tile.rows));
  // Enough parts that a slow core can be helped out, but each with a few panels to work through.
  const int row_blocks = (op.n_rows + block.rows - 1) / block.rows;
  const int panel_parts =
      std::clamp(wanted_parts / row_blocks, 1, std::max(1, op.n_panels / (2 * op.tile.panels)));
  block.panels = round_up((op.n_panels + panel_parts - 1) / panel_parts, op.tile.panels);
  return block;
}

void finish_tile(const Tile& tile, const Product& p, int row, int first_out, const Table& table) {
  const int n = std::min(16 * tile.n_panels, p.linear.weight.n_out - first_out);
  for (int r = 0; r < tile.n_rows; ++r) {
    Finish to = finish_of(p, row + r, first_out, n);
    to.c = tile.c + r * tile.c_stride;
    table.finish_row(to);
  }
}

/// One product, as its parts see it.
struct Work {
  const Product& product;
  Operands op;
  Blocking block;

  int n_row_parts() const { return (op.n_rows + block.rows - 1) / block.rows; }
  int n_panel_parts() const { return (op.n_panels + block.panels - 1) / block.panels; }
  int n_parts() const { return n_row_parts() * n_panel_parts(); }
};

// Asks for the memory that finish_tile() will touch, which arrives while the tile is computed.
void prefetch_tile(const Product& p, int row, int n_rows, int first_out, int n_panels) {
  const int n = std::min(16 * n_panels, p.linear.weight.n_out - first_out);
  for (int r = row; r < row + n_rows; ++r) prefetch_results(p, r, first_out, n);
}

// One tile of rows times one group of panels, over all steps, then finished while it is in L1.
void run_tile(const Work& work, const Table& table, int row, int n_rows, int panel, int n_panels) {
  alignas(64) float c[kMaxTileRows * kGroupPanels * 16];
  const Operands& op = work.op;
  Tile tile{.a_stride = op.a_stride,
            .b_stride = static_cast<std::ptrdiff_t>(op.n_steps) * 16,
            .c = c,
            .c_stride = 16 * n_panels,
            .n_rows = n_rows,
            .n_panels = n_panels};
  prefetch_tile(work.product, row, n_rows, 16 * panel, n_panels);
  for (int step = 0; step < op.n_steps; step += work.block.steps) {
    tile.a = op.a + row * op.a_stride + step;
    tile.b = op.b + (panel * tile.b_stride + static_cast<std::ptrdiff_t>(step) * 16) * op.b_unit;
    tile.n_steps = std::min(work.block.steps, op.n_steps - step);
    tile.accumulate = step > 0;
    op.tile(tile);
  }
  finish_tile(tile, work.product, row, 16 * panel, table);
}

void run_part(const Work& work, const Table& table, int part) {
  const int first_row = part / work.n_panel_parts() * work.block.rows;
  const int first_panel = part % work.n_panel_parts() * work.block.panels;
  const int end_row = std::min(first_row + work.block.rows, work.op.n_rows);
  const int end_panel = std::min(first_panel + work.block.panels, work.op.n_panels);
  // A group of panels is finished in one go: long runs for the epilogue, and with few rows wide
  // tiles for the kernel.
  for (int panel = first_panel; panel < end_panel; panel += kGroupPanels) {
    const int n_panels = std::min(kGroupPanels, end_panel - panel);
    for (int row = first_row; row < end_row; row += work.op.tile.rows) {
      const int n_rows = std::min(work.op.tile.rows, end_row - row);
      run_tile(work, table, row, n_rows, panel, n_panels);
    }
  }
}

}  // namespace

void multiply_elements(const Activations& x, std::span<const Product> products, ThreadPool& pool) {
  const Table& table = active();
  const int n_products = static_cast<int>(products.size());
  const int wanted =
      pool.n_threads() == 1 ? 1 : (4 * pool.n_threads() + n_products - 1) / n_products;
  for_each_part(
      products, pool,
      [&](const Product& p) {
        const Operands op = operands_of(x, p.linear.weight, table);
        return Work{p, op, choose_blocking(op, wanted)};
      },
      [&](const Work& work, int part) { run_part(work, table, part); });
}

}  // namespace quern::kernels
