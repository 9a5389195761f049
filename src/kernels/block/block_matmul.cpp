#include "kernels/block/block_matmul.h"

#include <algorithm>

#include "base/check.h"
#include "base/machine.h"
#include "kernels/block/block_isa.h"
#include "kernels/table.h"

namespace quern::kernels {
namespace {

constexpr int kGroupPanels = 8;  // Panels whose results are finished together.
constexpr int kFewRows = 8;      // Rows up to which a group of panels is taken at once.
constexpr int kMostRows = 256;   // Rows of one part.
constexpr int kLeastRows = 96;
constexpr int kMaxTileRows = 12;

/// Rows of one part against neighbouring panels of one product.
struct Part {
  const BlockInput& x;
  const BlockProduct& product;
  int first_row;
  int n_rows;  // At most kMostRows.
  int first_panel;
  int n_panels;
};

// Adds bias and residual to columns [first_col, first_col + n) of results c.
void finish(const Part& p, int first_row, int n_rows, int first_col, int n, const float* c,
            std::ptrdiff_t c_stride) {
  const BlockProduct& product = p.product;
  n = std::min(n, product.weight.n_out - first_col);
  const float* bias = product.bias.empty() ? nullptr : product.bias.data() + first_col;
  const Table& table = active();
  for (int i = 0; i < n_rows; ++i) {
    const int row = first_row + i;
    table.finish_row({.c = c + i * c_stride,
                      .bias = bias,
                      .residual = product.residual.data == nullptr
                                      ? nullptr
                                      : product.residual.row_data(row) + first_col,
                      .n = n,
                      .out = product.out.row_data(row) + first_col});
  }
}

void run_block_panels(const Part& p, const BlockShape& shape) {
  alignas(64) float c[2 * kMostRows * kPanelWidth];
  static_assert(kFewRows * kGroupPanels <= 2 * kMostRows);
  const BlockWeight& w = p.product.weight;
  const int group = p.n_rows <= kFewRows ? kGroupPanels : 2;
  const BlockIsa& isa = block_active();
  const int end = p.first_panel + p.n_panels;
  for (int first = p.first_panel; first < end; first += group) {
    const int n = std::min(group, end - first);
    for (int i = 0; i < n; i += 2) {
      isa.panels({.shape = &shape,
                  .panel = w.panel(first + i),
                  .n_panels = std::min(2, n - i),
                  .n_blocks = w.n_in / kBlockInputs,
                  .rows = p.x.rows.record(p.first_row),
                  .row_bytes = static_cast<std::ptrdiff_t>(p.x.rows.row_bytes()),
                  .n_rows = p.n_rows,
                  .c = c + i * kPanelWidth,
                  .c_stride = n * kPanelWidth});
    }
    finish(p, p.first_row, p.n_rows, first * kPanelWidth, n * kPanelWidth, c, n * kPanelWidth);
  }
}

// F32, F16 and BF16: the tiles of the table.
void run_element_panels(const Part& p) {
  alignas(64) float c[kMaxTileRows * kGroupPanels * kPanelWidth];
  const Table& table = active();
  const BlockWeight& w = p.product.weight;
  const bool f32 = w.format == BlockFormat::kF32;
  const auto tile_fn = f32                             ? table.tile_f32
                       : w.format == BlockFormat::kF16 ? table.tile_f16
                                                       : table.tile_f32_bf16;
  // A group's weights stay in half of the second-level cache while the rows pass by.
  static const std::size_t l2_bytes = cache_sizes().l2_bytes;
  const int fitting = static_cast<int>(std::min<std::size_t>(l2_bytes / 2 / w.panel_bytes(), 8));
  const int group = p.n_rows <= table.tile_rows
                        ? kGroupPanels
                        : std::clamp(fitting, table.tile_panels, kGroupPanels);
  const int end_row = p.first_row + p.n_rows;
  for (int panel = p.first_panel; panel < p.first_panel + p.n_panels; panel += group) {
    const int n_panels = std::min(group, p.first_panel + p.n_panels - panel);
    for (int row = p.first_row; row < end_row; row += table.tile_rows) {
      const int n_rows = std::min(table.tile_rows, end_row - row);
      tile_fn({.a = p.x.f32.row_data(row),
               .a_stride = p.x.f32.stride,
               .b = w.panel(panel),
               .b_stride = static_cast<std::ptrdiff_t>(w.panel_bytes() / (f32 ? 4 : 2)),
               .n_steps = w.n_in,
               .c = c,
               .c_stride = n_panels * kPanelWidth,
               .n_rows = n_rows,
               .n_panels = n_panels});
      finish(p, row, n_rows, panel * kPanelWidth, n_panels * kPanelWidth, c,
             n_panels * kPanelWidth);
    }
  }
}

void run_part(const Part& p) {
  const BlockShape* shape = find_block_shape(p.product.weight.format);
  if (shape == nullptr) return run_element_panels(p);
  run_block_panels(p, *shape);
}

void check(const BlockInput& x, const BlockProduct& p, int n_rows) {
  const BlockWeight& w = p.weight;
  QUERN_CHECK(is_block_product(w.format));
  QUERN_CHECK(takes_block_rows(w.format)
                  ? x.rows.data != nullptr && x.rows.n_rows == n_rows && x.rows.n_in == w.n_in
                  : x.f32.data != nullptr && x.f32.same_shape(n_rows, w.n_in));
  QUERN_CHECK(p.out.same_shape(n_rows, w.n_out));
  QUERN_CHECK(p.bias.empty() || p.bias.size() == static_cast<std::size_t>(w.n_out));
  QUERN_CHECK(p.residual.data == nullptr || p.residual.same_shape(n_rows, w.n_out));
}

/// How the products are cut: blocks of rows by shares of all their panels, counted in bytes.
struct Split {
  int n_row_blocks;
  int n_shares;
  std::size_t n_bytes;  // Of all packed weights.
};

Split split_of(std::span<const BlockProduct> products, int n_rows, int n_threads) {
  std::size_t n_bytes = 0;
  std::size_t n_panels = 0;
  for (const BlockProduct& p : products) {
    n_bytes += static_cast<std::size_t>(p.weight.n_panels()) * p.weight.panel_bytes();
    n_panels += static_cast<std::size_t>(p.weight.n_panels());
  }
  // A block of rows stays in the second-level cache while panels pass by, unless that were so few
  // that unpacking the weights would show.
  static const std::size_t l2_bytes = cache_sizes().l2_bytes;
  const std::size_t row_bytes = BlockRows{nullptr, n_rows, products[0].weight.n_in}.row_bytes();
  const int most_rows = static_cast<int>(
      std::clamp<std::size_t>(l2_bytes * 6 / 10 / row_bytes, kLeastRows, kMostRows));
  const int n_row_blocks = (n_rows + most_rows - 1) / most_rows;
  // Enough shares that a slow thread is helped out, each worth the price of handing it out.
  constexpr std::size_t kLeastBytes = std::size_t{24} << 10;
  const auto wanted = static_cast<std::size_t>(n_threads == 1 ? 1 : 6 * n_threads);
  const std::size_t worth =
      n_rows <= kFewRows ? std::max(n_bytes / kLeastBytes, static_cast<std::size_t>(n_threads))
                         : n_panels;
  return {n_row_blocks, static_cast<int>(std::min({wanted, worth, n_panels})), n_bytes};
}

// The part of a product whose first byte is number `at` of all that lies in bytes [begin, end). A
// panel, or with many rows a pair of them, belongs to where its first byte lies.
Part part_of(const BlockInput& x, const BlockProduct& product, std::size_t at, std::size_t begin,
             std::size_t end) {
  const int at_once = x.n_rows() <= kFewRows ? 1 : 2;
  const std::size_t bytes = product.weight.panel_bytes() * static_cast<std::size_t>(at_once);
  const auto n_panels = static_cast<std::size_t>(product.weight.n_panels());
  const auto first_from = [&](std::size_t byte) {
    const std::size_t units = byte <= at ? 0 : (byte - at + bytes - 1) / bytes;
    return static_cast<int>(std::min(units * static_cast<std::size_t>(at_once), n_panels));
  };
  const int first = first_from(begin);
  return {x, product, 0, 0, first, first_from(end) - first};
}

}  // namespace

void matmul(const BlockInput& x, std::span<const BlockProduct> products, ThreadPool& pool) {
  const int n_rows = x.n_rows();
  if (n_rows == 0 || products.empty()) return;
  for (const BlockProduct& p : products) check(x, p, n_rows);
  const Split split = split_of(products, n_rows, pool.n_threads());
  const auto n_shares = static_cast<std::size_t>(split.n_shares);
  const auto first_row = [&](int block) {
    return static_cast<int>(std::int64_t{n_rows} * block / split.n_row_blocks);
  };
  pool.parallel_for(split.n_row_blocks * split.n_shares, [&](int i, int) {
    const int row_block = i % split.n_row_blocks;
    const auto share = static_cast<std::size_t>(i / split.n_row_blocks);
    const std::size_t begin = split.n_bytes * share / n_shares;
    const std::size_t end = split.n_bytes * (share + 1) / n_shares;
    std::size_t at = 0;
    for (const BlockProduct& p : products) {
      Part part = part_of(x, p, at, begin, end);
      part.first_row = first_row(row_block);
      part.n_rows = first_row(row_block + 1) - part.first_row;
      if (part.n_panels > 0) run_part(part);
      at += p.weight.panel_bytes() * static_cast<std::size_t>(p.weight.n_panels());
    }
  });
}

}  // namespace quern::kernels
