// Lays a model's matrices and vectors out in one run of bytes, packed for the kernels.

#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/linear.h"
#include "models/raw_rows.h"
#include "tensor/matrix.h"

namespace quern::models {

/// Cuts the storage into 64-byte aligned pieces, in the order of the calls. One walk counts the
/// bytes, another fills them or binds to bytes that were filled before: all three are the same
/// code. Pieces of a tensor that is not there take nothing.
class WeightPlacer {
 public:
  static WeightPlacer counting() { return {nullptr, nullptr, ThreadPool::serial()}; }
  /// `matrix_read` is called when the source of a matrix is not needed any more.
  static WeightPlacer filling(std::byte* base, ThreadPool& pool,
                              std::function<void()> matrix_read = {}) {
    WeightPlacer placer(base, base, pool);
    placer.matrix_read_ = std::move(matrix_read);
    return placer;
  }
  static WeightPlacer binding(const std::byte* base) {
    return {base, nullptr, ThreadPool::serial()};
  }

  /// In f32, `added` to each number. Nothing while counting.
  std::span<const float> vector(const RawRows& rows, float added = 0);

  /// So many f32; none: nothing.
  std::span<const float> zeros(int n);

  /// In f32, row by row.
  Matrix<const float> matrix(const RawRows& rows);

  /// The equalising factors of the rows that int8 products with these matrices read: ones where
  /// nothing was observed.
  std::span<const float> factors(std::initializer_list<const RawRows*> matrices,
                                 const std::vector<float>* largest);

  /// In the format of that precision, each column divided by its factor.
  kernels::Weight weight(const RawRows& rows, kernels::Precision precision,
                         std::span<const float> factors = {});

  /// So many bytes, which `fill` computes: nothing while counting or binding.
  const std::byte* computed(std::size_t n,
                            const std::function<void(std::span<std::byte> out, ThreadPool&)>& fill);

  bool fills() const { return fill_ != nullptr; }
  std::size_t n_bytes() const { return n_bytes_; }
  /// Of the source, read before matrix_read is called, at most.
  std::size_t most_read_bytes() const { return most_read_bytes_; }

 private:
  struct Run {
    const std::byte* at;  // nullptr while counting.
    std::byte* fill;      // nullptr while counting or binding.
  };

  WeightPlacer(const std::byte* base, std::byte* fill, ThreadPool& pool)
      : base_(base), fill_(fill), pool_(pool) {}

  Run take(std::size_t n);
  void was_read(std::size_t n_source_bytes);
  void fill(const RawRows& rows, const kernels::Weight& w, std::span<const float> factors,
            std::byte* to) const;

  const std::byte* base_;
  std::byte* fill_;
  ThreadPool& pool_;
  std::function<void()> matrix_read_;
  std::size_t n_bytes_ = 0;
  std::size_t most_read_bytes_ = 0;
};

}  // namespace quern::models
