#include "kernels/matmul.h"

#include <algorithm>

#include "base/check.h"
#include "base/machine.h"

namespace quern::kernels {
namespace {

constexpr int kMaxTileRows = 12;
constexpr int kMaxTilePanels = 8;

// x and the weights as 32-bit steps, whatever the precision.
struct Operands {
  const std::uint32_t* a = nullptr;
  std::ptrdiff_t a_stride = 0;
  int n_rows = 0;
  const std::uint32_t* b = nullptr;
  int n_steps = 0;
  int n_panels = 0;
  int n_out = 0;
  void (*tile)(const Tile&) = nullptr;
};

// How the work is cut. Cuts never change results: each output is summed by one tile chain.
struct Blocking {
  int rows = 0;    // Rows whose steps stay in L2 while panels pass by.
  int panels = 0;  // Panels of one part.
  int steps = 0;   // Steps of one pass over a tile.
};

int round_up(int n, int multiple) { return (n + multiple - 1) / multiple * multiple; }

Blocking choose_blocking(const Operands& op, const Table& table, int n_threads) {
  const auto half_l2_units = static_cast<int>(cache_sizes().l2_bytes / 2 / 4);
  Blocking block;
  // A block of rows and one group of panels share half of L2.
  block.rows = round_up(96, table.tile_rows);
  const int lines_width = block.rows + 16 * table.tile_panels;
  block.steps = std::max(64, std::min(op.n_steps, half_l2_units / lines_width));
  if (op.n_steps <= block.steps * 5 / 4) block.steps = op.n_steps;

  block.rows = std::min(block.rows, round_up(op.n_rows, table.tile_rows));
  // Enough parts that a slow core can be helped out, but each with a few panels to work through.
  const int row_blocks = (op.n_rows + block.rows - 1) / block.rows;
  const int wanted_parts = n_threads == 1 ? 1 : 4 * n_threads;
  const int panel_parts =
      std::clamp(wanted_parts / row_blocks, 1, std::max(1, op.n_panels / (2 * table.tile_panels)));
  block.panels = round_up((op.n_panels + panel_parts - 1) / panel_parts, table.tile_panels);
  return block;
}

void finish_tile(const Tile& tile, int row, int first_out, int n_out, const MatmulOut& to,
                 const Table& table) {
  const auto at = [&](const auto& m, int r) {
    return m.data == nullptr ? nullptr : m.row_data(r) + first_out;
  };
  for (int r = 0; r < tile.n_rows; ++r) {
    table.finish_row({.c = tile.c + r * tile.c_stride,
                      .bias = to.bias.empty() ? nullptr : to.bias.data() + first_out,
                      .residual = at(to.residual, row + r),
                      .activation = to.activation,
                      .n = std::min(16 * tile.n_panels, n_out - first_out),
                      .out = at(to.out, row + r),
                      .out_bf16 = at(to.out_bf16, row + r)});
  }
}

// One tile of rows times one group of panels, over all steps, then finished while it is in L1.
void run_tile(const Operands& op, const Blocking& block, const Table& table, int row, int n_rows,
              int panel, int n_panels, const MatmulOut& to) {
  alignas(64) float c[kMaxTileRows * kMaxTilePanels * 16];
  Tile tile{.a_stride = op.a_stride,
            .b_stride = static_cast<std::ptrdiff_t>(op.n_steps) * 16,
            .c = c,
            .c_stride = 16 * n_panels,
            .n_rows = n_rows,
            .n_panels = n_panels};
  for (int step = 0; step < op.n_steps; step += block.steps) {
    tile.a = op.a + row * op.a_stride + step;
    tile.b = op.b + panel * tile.b_stride + static_cast<std::ptrdiff_t>(step) * 16;
    tile.n_steps = std::min(block.steps, op.n_steps - step);
    tile.accumulate = step > 0;
    op.tile(tile);
  }
  finish_tile(tile, row, 16 * panel, op.n_out, to, table);
}

void run_part(const Operands& op, const Blocking& block, const Table& table, int first_row,
              int first_panel, const MatmulOut& to) {
  const int end_row = std::min(first_row + block.rows, op.n_rows);
  const int end_panel = std::min(first_panel + block.panels, op.n_panels);
  // A group of panels is finished in one go: long runs for the epilogue, and with few rows wide
  // tiles for the kernel.
  const int group = kMaxTilePanels;
  for (int panel = first_panel; panel < end_panel; panel += group) {
    const int n_panels = std::min(group, end_panel - panel);
    for (int row = first_row; row < end_row; row += table.tile_rows) {
      const int n_rows = std::min(table.tile_rows, end_row - row);
      run_tile(op, block, table, row, n_rows, panel, n_panels, to);
    }
  }
}

void run(const Operands& op, const MatmulOut& to, const Table& table, ThreadPool& pool) {
  QUERN_CHECK(table.tile_rows <= kMaxTileRows && table.tile_panels <= kMaxTilePanels);
  QUERN_CHECK(to.bias.empty() || static_cast<int>(to.bias.size()) == op.n_out);
  QUERN_CHECK(to.out.data == nullptr || to.out.same_shape(op.n_rows, op.n_out));
  QUERN_CHECK(to.out_bf16.data == nullptr || to.out_bf16.same_shape(op.n_rows, op.n_out));
  QUERN_CHECK(to.residual.data == nullptr || to.residual.same_shape(op.n_rows, op.n_out));
  if (op.n_rows == 0) return;
  const Blocking block = choose_blocking(op, table, pool.n_threads());
  const int row_parts = (op.n_rows + block.rows - 1) / block.rows;
  const int panel_parts = (op.n_panels + block.panels - 1) / block.panels;
  pool.parallel_for(row_parts * panel_parts, [&](int part, int) {
    run_part(op, block, table, part / panel_parts * block.rows, part % panel_parts * block.panels,
             to);
  });
}

}  // namespace

void matmul(Matrix<const float> x, const Weight& w, const MatmulOut& to, ThreadPool& pool) {
  QUERN_CHECK(w.precision == Precision::kF32 && x.cols == w.n_in);
  const Table& table = active();
  run({.a = reinterpret_cast<const std::uint32_t*>(x.data),
       .a_stride = x.stride,
       .n_rows = x.rows,
       .b = reinterpret_cast<const std::uint32_t*>(w.packed),
       .n_steps = w.n_steps(),
       .n_panels = w.n_panels(),
       .n_out = w.n_out,
       .tile = table.tile_f32},
      to, table, pool);
}

void matmul(Matrix<const std::uint16_t> x, const Weight& w, const MatmulOut& to, ThreadPool& pool) {
  QUERN_CHECK(w.precision == Precision::kBf16 && x.cols == w.n_in);
  QUERN_CHECK(w.n_in % 2 == 0 && x.stride % 2 == 0);
  const Table& table = active();
  run({.a = reinterpret_cast<const std::uint32_t*>(x.data),
       .a_stride = x.stride / 2,
       .n_rows = x.rows,
       .b = reinterpret_cast<const std::uint32_t*>(w.packed),
       .n_steps = w.n_steps(),
       .n_panels = w.n_panels(),
       .n_out = w.n_out,
       .tile = table.tile_bf16},
      to, table, pool);
}

}  // namespace quern::kernels
