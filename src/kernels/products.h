// The three kinds of products behind linear.h, each with its own way to cut the work. Only
// linear.cpp calls them; cuts never change results.

#pragma once

#include <array>
#include <optional>
#include <span>

#include "base/check.h"
#include "kernels/linear.h"

namespace quern::kernels {

/// Weights of f32, f16, bf16, and pairs of bf16 (matmul.cpp).
void multiply_elements(const Activations& x, std::span<const Product> products, ThreadPool& pool);

/// Int8 weights (int8/int8_matmul.cpp).
void multiply_int8(const Activations& x, std::span<const Product> products, ThreadPool& pool);

/// Block formats (block/block_matmul.cpp).
void multiply_blocks(const Activations& x, std::span<const Product> products, ThreadPool& pool);

/// Most products of one job: query, key and value, or gate and up.
inline constexpr std::size_t kMostProducts = 4;

/// Runs the parts of all products as one job: run(work, i) for i in [0, work.n_parts()) of each
/// make(product).
template <typename Make, typename Run>
void for_each_part(std::span<const Product> products, ThreadPool& pool, const Make& make,
                   const Run& run) {
  QUERN_CHECK(products.size() <= kMostProducts);
  std::array<std::optional<decltype(make(products[0]))>, kMostProducts> works;
  int n_parts = 0;
  for (std::size_t i = 0; i < products.size(); ++i) {
    works[i].emplace(make(products[i]));
    n_parts += works[i]->n_parts();
  }
  pool.parallel_for(n_parts, [&](int part, int) {
    std::size_t i = 0;
    while (part >= works[i]->n_parts()) part -= works[i++]->n_parts();
    run(*works[i], part);
  });
}

template <typename T>
void prefetch_row(const Matrix<T>& m, int row, int col, int n) {
  if (m.data == nullptr) return;
  const auto* p = reinterpret_cast<const std::byte*>(m.row_data(row) + col);
  for (std::size_t i = 0; i < static_cast<std::size_t>(n) * sizeof(T); i += 64) {
    __builtin_prefetch(p + i, 1);
  }
}

/// Asks for what the last touch on `n` results of a row from column `col` on reads and writes.
inline void prefetch_results(const Product& p, int row, int col, int n) {
  prefetch_row(p.residual, row, col, n);
  prefetch_row(p.out.f32, row, col, n);
  prefetch_row(p.out.bf16, row, col, n);
}

/// The last touch on `n` results of a row from column `col` on: all but the results themselves.
inline Finish finish_of(const Product& p, int row, int col, int n) {
  const auto at = [&](const auto& m) {
    return m.data == nullptr ? nullptr : m.row_data(row) + col;
  };
  return {.bias = p.linear.bias.empty() ? nullptr : p.linear.bias.data() + col,
          .residual = at(p.residual),
          .activation = p.activation,
          .n = n,
          .out = at(p.out.f32),
          .out_bf16 = at(p.out.bf16)};
}

}  // namespace quern::kernels
