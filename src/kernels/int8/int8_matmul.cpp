#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/machine.h"
#include "kernels/int8/int8.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/products.h"

namespace quern::kernels {
namespace {

constexpr int kGroupPanels = kInt8Group / kPanelWidth;
constexpr int kMaxChunkRows = 2 * kInt8MaxTileRows;

/// Rows whose sums wait for their last touch while several sweeps of weights pass by.
int chunk_rows(const Int8Isa& isa) { return std::max(48, 2 * isa.tile_rows); }

/// Rows and panels of one part.
struct Part {
  int first_row;
  int n_rows;
  int first_panel;
  int n_panels;  // At most kGroupPanels.

  int stride() const { return n_panels * kPanelWidth; }  // Of its sums, from row to row.
};

// Panels of one sweep over a chunk of rows: as many as leave half of the second-level cache free.
int panels_per_sweep(int n_steps) {
  static const std::size_t l2_bytes = cache_sizes().l2_bytes;
  const std::size_t panel_bytes = static_cast<std::size_t>(n_steps) * kPanelWidth * kInt8Step;
  const auto fitting = static_cast<int>(std::min<std::size_t>(l2_bytes / 2 / panel_bytes, 64));
  return std::clamp(fitting / 4 * 4, 4, kGroupPanels);
}

struct Range {
  int first;
  int n;
};

// The last touch on rows of the part whose sums, with the bias in them, are complete.
void finish(const Product& p, const Part& part, Range rows, float* sums) {
  const auto [first_row, n_rows] = rows;
  const int stride = part.stride();
  const int col = part.first_panel * kPanelWidth;
  const int n = std::min(part.n_panels * kPanelWidth, p.linear.weight.n_out - col);
  const Activations& to = p.out;
  const bool quantise = to.int8.data != nullptr;
  const bool in_place = quantise && to.f32.data == nullptr;
  // Sums that are only quantised, as they are, need no finish.
  if (!in_place || p.activation != Activation::kNone || p.residual.data != nullptr ||
      to.bf16.data != nullptr) {
    const Table& table = active();
    for (int i = 0; i < n_rows; ++i) {
      Finish last = finish_of(p, first_row + i, col, n);
      last.c = sums + i * stride;
      last.bias = nullptr;
      if (in_place) last.out = sums + i * stride;
      last.rounded = in_place;
      table.finish_row(last);
    }
  }
  if (!quantise) return;
  const Matrix<const float> finished = in_place ? Matrix<const float>(sums, n_rows, n, stride)
                                                : to.f32.block(first_row, n_rows).columns(col, n);
  int8_quantise_block(finished, col, to.factors, to.int8, first_row);
}

// Asks for the memory that finish() will touch, which arrives while the tile is computed.
void prefetch(const Product& p, const Part& part, Range rows) {
  const int col = part.first_panel * kPanelWidth;
  const int n = std::min(part.n_panels * kPanelWidth, p.linear.weight.n_out - col);
  for (int row = rows.first; row < rows.first + rows.n; ++row) prefetch_results(p, row, col, n);
}

/// What a part keeps: the bias of its columns, and sums, from those of row `first_row` on.
struct Sums {
  const float* bias;
  float* out;  // [rows of a chunk, part.stride()]
  int first_row;

  float* row(const Part& part, int i) const { return out + (i - first_row) * part.stride(); }
};

// A tile of rows against some of the part's panels, counted from its first.
void run_tile(const Int8Rows& rows, const Weight& w, const Part& part, Range tile_rows,
              Range panels, const Sums& sums) {
  const std::byte* record = rows.record(tile_rows.first);
  Int8Tile tile = {.rows = reinterpret_cast<const std::uint8_t*>(record),
                   .row_scales = reinterpret_cast<const float*>(record + rows.scales_offset()),
                   .zeros = reinterpret_cast<const std::int32_t*>(record + rows.zeros_offset()),
                   .row_bytes = static_cast<std::ptrdiff_t>(rows.row_bytes()),
                   .n_rows = tile_rows.n,
                   .panels = w.packed,
                   .n_panels = panels.n,
                   .n_steps = int8_steps(w.n_in),
                   .n_groups = int8_groups(w.n_in),
                   .bias = sums.bias + panels.first * kPanelWidth,
                   .out = sums.row(part, tile_rows.first) + panels.first * kPanelWidth,
                   .out_cols = part.stride()};
  tile.panels += (part.first_panel + panels.first) * tile.panel_bytes();
  int8_active().tile(tile);
}

// Weights of a sweep stay in the second-level cache while rows pass by; a tile's outputs are
// finished while they lie in the first-level one, unless the weights need several sweeps.
void run_part(const Int8Rows& rows, const Product& p, const Part& part) {
  const Weight& w = p.linear.weight;
  alignas(64) float bias[kInt8Group] = {};
  alignas(64) float out[kMaxChunkRows * kInt8Group];
  const int first_col = part.first_panel * kPanelWidth;
  if (!p.linear.bias.empty()) {
    const int n = std::min(part.stride(), w.n_out - first_col);
    std::memcpy(bias, p.linear.bias.data() + first_col,
                static_cast<std::size_t>(n) * sizeof(float));
  }

  const int sweep = std::min(panels_per_sweep(int8_steps(w.n_in)), part.n_panels);
  const Int8Isa& isa = int8_active();
  const int chunk_tiles = sweep == part.n_panels ? 1 : chunk_rows(isa) / isa.tile_rows;
  const int n_tiles = (part.n_rows + isa.tile_rows - 1) / isa.tile_rows;
  // Tiles of nearly equal height: 13 rows are 7 and 6, not 12 and 1.
  const auto tile_start = [&](int i) {
    return part.first_row + static_cast<int>(std::int64_t{part.n_rows} * i / n_tiles);
  };
  const auto tile_rows = [&](int i) {
    return Range{tile_start(i), tile_start(i + 1) - tile_start(i)};
  };
  for (int i = 0; i < n_tiles; i += chunk_tiles) {
    const int end = std::min(i + chunk_tiles, n_tiles);
    const Sums sums{bias, out, tile_start(i)};
    for (int first = 0; first < part.n_panels; first += sweep) {
      const Range panels{first, std::min(sweep, part.n_panels - first)};
      for (int j = i; j < end; ++j) {
        if (first == 0) prefetch(p, part, tile_rows(j));
        run_tile(rows, w, part, tile_rows(j), panels, sums);
      }
    }
    for (int j = i; j < end; ++j) finish(p, part, tile_rows(j), sums.row(part, tile_start(j)));
  }
}

/// How the products are cut into parts: blocks of rows by blocks of panels.
struct Split {
  int n_row_blocks;
  int block_panels;
};

Split split_of(std::span<const Product> products, int n_rows, int n_threads) {
  // Enough parts that the last ones to finish are a small share of the whole.
  const int wanted = n_threads == 1 ? 1 : 8 * n_threads;
  int block_panels = kGroupPanels;
  const auto blocks = [&] {
    int n = 0;
    for (const Product& p : products) {
      n += (p.linear.weight.n_panels() + block_panels - 1) / block_panels;
    }
    return n;
  };
  // A block of rows reads all weights once; below a whole pass that reading begins to show.
  const int pass = active().rows_per_pass;
  const int most_row_blocks = std::max(1, n_rows / pass);
  // Quantised results come in whole groups.
  if (std::all_of(products.begin(), products.end(),
                  [](const Product& p) { return p.out.int8.data == nullptr; })) {
    while (block_panels > 2 && blocks() * most_row_blocks < 2 * n_threads && n_threads > 1) {
      block_panels /= 2;
    }
  }
  // Short blocks keep the rows, and what is written beside them, near.
  const int least_row_blocks = (2 * n_rows + pass - 1) / pass;
  const int row_blocks = std::max(
      least_row_blocks, std::clamp((wanted + blocks() - 1) / blocks(), 1, most_row_blocks));
  return {row_blocks, block_panels};
}

/// One product, as its parts see it.
struct Work {
  const Product& product;
  Split split;

  int n_panel_blocks() const {
    return (product.linear.weight.n_panels() + split.block_panels - 1) / split.block_panels;
  }
  int n_parts() const { return split.n_row_blocks * n_panel_blocks(); }

  Part part(int i, int n_rows) const {
    const int first_panel = i % n_panel_blocks() * split.block_panels;
    const auto start = [&](int block) {
      return static_cast<int>(std::int64_t{n_rows} * block / split.n_row_blocks);
    };
    const int row_block = i / n_panel_blocks();
    return {
        .first_row = start(row_block),
        .n_rows = start(row_block + 1) - start(row_block),
        .first_panel = first_panel,
        .n_panels = std::min(split.block_panels, product.linear.weight.n_panels() - first_panel)};
  }
};

}  // namespace

void multiply_int8(const Activations& x, std::span<const Product> products, ThreadPool& pool) {
  const Split split = split_of(products, x.n_rows, pool.n_threads());
  for_each_part(
      products, pool, [&](const Product& p) { return Work{p, split}; },
      [&](const Work& work, int i) { run_part(x.int8, work.product, work.part(i, x.n_rows)); });
}

}  // namespace quern::kernels
