#include <algorithm>

#include "base/check.h"
#include "base/machine.h"
#include "kernels/block/block_isa.h"
#include "kernels/products.h"
#include "kernels/table.h"

namespace quern::kernels {
namespace {

constexpr int kGroupPanels = 8;  // Panels whose results are finished together.
constexpr int kFewRows = 8;      // Rows up to which a group of panels is taken at once.
constexpr int kMostRows = 256;   // Rows of one part.
constexpr int kLeastRows = 96;

/// Rows of one part against neighbouring panels of one product.
struct Part {
  const BlockRows& rows;
  const Product& product;
  int first_row;
  int n_rows;  // At most kMostRows.
  int first_panel;
  int n_panels;
};

// Finishes columns [first_col, first_col + n) of results c.
void finish(const Part& p, int first_col, int n, const float* c, std::ptrdiff_t c_stride) {
  n = std::min(n, p.product.linear.weight.n_out - first_col);
  const Table& table = active();
  for (int i = 0; i < p.n_rows; ++i) {
    Finish to = finish_of(p.product, p.first_row + i, first_col, n);
    to.c = c + i * c_stride;
    table.finish_row(to);
  }
}

void run_part(const Part& p) {
  alignas(64) float c[2 * kMostRows * kPanelWidth];
  static_assert(kFewRows * kGroupPanels <= 2 * kMostRows);
  const Weight& w = p.product.linear.weight;
  const BlockShape* shape = find_block_shape(w.format.stored);
  const int group = p.n_rows <= kFewRows ? kGroupPanels : 2;
  const BlockIsa& isa = block_active();
  const int end = p.first_panel + p.n_panels;
  for (int first = p.first_panel; first < end; first += group) {
    const int n = std::min(group, end - first);
    for (int i = 0; i < n; i += 2) {
      isa.panels({.shape = shape,
                  .panel = w.panel(first + i),
                  .n_panels = std::min(2, n - i),
                  .n_blocks = w.n_in / kBlockInputs,
                  .rows = p.rows.record(p.first_row),
                  .row_bytes = static_cast<std::ptrdiff_t>(p.rows.row_bytes()),
                  .n_rows = p.n_rows,
                  .c = c + i * kPanelWidth,
                  .c_stride = n * kPanelWidth});
    }
    finish(p, first * kPanelWidth, n * kPanelWidth, c, n * kPanelWidth);
  }
}

/// How the products are cut: blocks of rows by shares of all their panels, counted in bytes.
struct Split {
  int n_row_blocks;
  int n_shares;
  std::size_t n_bytes;  // Of all packed weights.
};

Split split_of(std::span<const Product> products, int n_rows, int n_threads) {
  std::size_t n_bytes = 0;
  std::size_t n_panels = 0;
  for (const Product& p : products) {
    n_bytes += p.linear.weight.n_bytes();
    n_panels += static_cast<std::size_t>(p.linear.weight.n_panels());
  }
  // A block of rows stays in the second-level cache while panels pass by, unless that were so few
  // that unpacking the weights would show.
  static const std::size_t l2_bytes = cache_sizes().l2_bytes;
  const std::size_t row_bytes =
      BlockRows{nullptr, n_rows, products[0].linear.weight.n_in}.row_bytes();
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
Part part_of(const BlockRows& rows, const Product& product, std::size_t at, std::size_t begin,
             std::size_t end) {
  const Weight& w = product.linear.weight;
  const int at_once = rows.n_rows <= kFewRows ? 1 : 2;
  const std::size_t bytes = w.panel_bytes() * static_cast<std::size_t>(at_once);
  const auto n_panels = static_cast<std::size_t>(w.n_panels());
  const auto first_from = [&](std::size_t byte) {
    const std::size_t units = byte <= at ? 0 : (byte - at + bytes - 1) / bytes;
    return static_cast<int>(std::min(units * static_cast<std::size_t>(at_once), n_panels));
  };
  const int first = first_from(begin);
  return {rows, product, 0, 0, first, first_from(end) - first};
}

}  // namespace

void multiply_blocks(const Activations& x, std::span<const Product> products, ThreadPool& pool) {
  const int n_rows = x.n_rows;
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
    for (const Product& p : products) {
      Part part = part_of(x.blocks, p, at, begin, end);
      part.first_row = first_row(row_block);
      part.n_rows = first_row(row_block + 1) - part.first_row;
      if (part.n_panels > 0) run_part(part);
      at += p.linear.weight.n_bytes();
    }
  });
}

}  // namespace quern::kernels
