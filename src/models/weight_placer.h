// Lays a model's packed matrices and vectors out in one run of bytes. Only bert_load.cpp includes
// it.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/weight.h"
#include "models/bert_tensors.h"
#include "tensor/matrix.h"

namespace quern::models {

/// What each piece of the layout is rounded up to.
inline std::size_t placed_bytes(std::size_t n) { return (n + 63) / 64 * 64; }

/// Cuts the storage into 64-byte aligned pieces, in the order of the calls. One walk counts the
/// bytes, another fills them or binds to bytes that were filled by an earlier process: all three
/// are the same code.
class WeightPlacer {
 public:
  static WeightPlacer counting(kernels::Precision precision, ThreadPool& pool) {
    return {nullptr, nullptr, precision, pool};
  }
  static WeightPlacer filling(std::byte* base, kernels::Precision precision, ThreadPool& pool) {
    return {base, base, precision, pool};
  }
  static WeightPlacer binding(const std::byte* base, kernels::Precision precision,
                              ThreadPool& pool) {
    return {base, nullptr, precision, pool};
  }

  /// The tensors one after another, in f32. Nothing while counting.
  std::span<const float> vector(const Stack& parts);

  /// One tensor [rows, cols] in f32.
  Matrix<const float> matrix(const Stack& parts);

  /// The equalising factors of a product's input columns: none unless int8, ones where nothing was
  /// observed.
  std::span<const float> factors(const Stack& parts, const std::vector<float>* largest);

  /// The tensors [n_out each, n_in] stacked and packed, each column divided by its factor.
  kernels::Weight weight(const Stack& parts, std::span<const float> factors);

  std::size_t n_bytes() const { return n_bytes_; }

 private:
  struct Run {
    const std::byte* at;  // nullptr while counting.
    std::byte* fill;      // nullptr while counting or binding.
  };

  WeightPlacer(const std::byte* base, std::byte* fill, kernels::Precision precision,
               ThreadPool& pool)
      : base_(base), fill_(fill), precision_(precision), pool_(pool) {}

  Run take(std::size_t n);

  const std::byte* base_;
  std::byte* fill_;
  kernels::Precision precision_;
  ThreadPool& pool_;
  std::size_t n_bytes_ = 0;
};

}  // namespace quern::models
