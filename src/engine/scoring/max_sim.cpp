#include "engine/scoring/max_sim.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/check.h"
#include "kernels/table.h"

namespace quern::engine {
namespace {

constexpr int kPanel = 16;
// Rows of a document that a part packs: of 1,024 numbers they fit a second-level cache.
constexpr int kPartRows = 64;
constexpr float kNone = -std::numeric_limits<float>::infinity();

int n_panels_of(int n_rows) { return (n_rows + kPanel - 1) / kPanel; }

/// One step of a panel.
struct alignas(64) Line {
  std::uint32_t units[kPanel];
};

/// What a thread keeps.
struct Scratch {
  std::vector<Line> panels;  // [panels of a part][width]
  std::vector<float> best;   // For each row of the query.
};

float largest_of(const float* products, int n) {
  float lanes[kPanel];
  std::fill_n(lanes, kPanel, kNone);
  const int n_whole = n / kPanel * kPanel;
  for (int i = 0; i < n_whole; i += kPanel) {
    for (int lane = 0; lane < kPanel; ++lane) {
      lanes[lane] = std::max(lanes[lane], products[i + lane]);
    }
  }
  float largest = *std::max_element(lanes, lanes + kPanel);
  for (int i = n_whole; i < n; ++i) largest = std::max(largest, products[i]);
  return largest;
}

void take_part(const kernels::Table& table, Matrix<const float> query, Matrix<const float> document,
               Scratch& scratch) {
  const int width = query.cols;
  const int n_panels = n_panels_of(document.rows);
  for (int p = 0; p < n_panels; ++p) {
    const int first = p * kPanel;
    Line* panel = scratch.panels.data() + static_cast<std::ptrdiff_t>(p) * width;
    table.transpose_16(reinterpret_cast<const std::uint32_t*>(document.row_data(first)),
                       document.stride, std::min(kPanel, document.rows - first), width,
                       panel->units);
  }
  alignas(64) float products[kernels::kMaxTileRows * kPartRows];
  for (int first = 0; first < query.rows; first += table.tile_f32.rows) {
    const int n = std::min(table.tile_f32.rows, query.rows - first);
    table.tile_f32({.a = query.row_data(first),
                    .a_stride = query.stride,
                    .b = scratch.panels.data(),
                    .b_stride = static_cast<std::ptrdiff_t>(width) * kPanel,
                    .n_steps = width,
                    .c = products,
                    .c_stride = kPartRows,
                    .n_rows = n,
                    .n_panels = n_panels});
    for (int r = 0; r < n; ++r) {
      float& best = scratch.best[static_cast<std::size_t>(first + r)];
      best = std::max(best, largest_of(products + r * kPartRows, document.rows));
    }
    ThreadPool::rest();
  }
}

}  // namespace

float max_sim(Matrix<const float> query, Matrix<const float> document, bool averages,
              ThreadPool& pool) {
  QUERN_CHECK(query.rows > 0 && document.rows > 0 && query.cols == document.cols);
  const auto n_query_rows = static_cast<std::size_t>(query.rows);
  const auto n_lines = static_cast<std::size_t>(n_panels_of(std::min(kPartRows, document.rows))) *
                       static_cast<std::size_t>(query.cols);
  std::vector<Scratch> scratch(static_cast<std::size_t>(pool.n_threads()));
  const kernels::Table& table = kernels::active();
  const int n_parts = (document.rows + kPartRows - 1) / kPartRows;
  pool.parallel_for(n_parts, [&](int part, int thread) {
    Scratch& own = scratch[static_cast<std::size_t>(thread)];
    own.panels.resize(n_lines);
    own.best.resize(n_query_rows, kNone);
    const int first = part * kPartRows;
    take_part(table, query, document.block(first, std::min(kPartRows, document.rows - first)), own);
  });
  double sum = 0;
  for (std::size_t q = 0; q < n_query_rows; ++q) {
    float best = kNone;
    for (const Scratch& own : scratch) {
      if (!own.best.empty()) best = std::max(best, own.best[q]);
    }
    sum += best;
  }
  return static_cast<float>(averages ? sum / query.rows : sum);
}

std::size_t max_sim_bytes(int n_query_rows, int width, int n_threads) {
  const std::size_t n_per_thread =
      static_cast<std::size_t>(kPartRows) * static_cast<std::size_t>(width) +
      static_cast<std::size_t>(n_query_rows);
  return n_per_thread * sizeof(float) * static_cast<std::size_t>(n_threads);
}

}  // namespace quern::engine
