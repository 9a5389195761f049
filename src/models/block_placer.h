// Lays a decoder's matrices and vectors out in one run of bytes, in the blocks of their file. Only
// decoder_load.cpp includes it.

#pragma once

#include <cstddef>
#include <span>

#include "base/thread_pool.h"
#include "kernels/block/block_weight.h"
#include "models/decoder_tensors.h"

namespace quern::models {

/// Cuts the storage into 64-byte aligned pieces, in the order of the calls. One walk counts the
/// bytes, another fills them or binds to bytes that an earlier process filled: all three are the
/// same code.
class BlockPlacer {
 public:
  static BlockPlacer counting(ThreadPool& pool) { return {nullptr, nullptr, pool}; }
  static BlockPlacer filling(std::byte* base, ThreadPool& pool) { return {base, base, pool}; }
  static BlockPlacer binding(const std::byte* base, ThreadPool& pool) {
    return {base, nullptr, pool};
  }

  /// In f32, `added` to each number. Nothing while counting, or where there is no such tensor.
  std::span<const float> vector(const RawRows& rows, float added = 0);

  kernels::BlockWeight weight(const RawRows& rows);

  std::size_t n_bytes() const { return n_bytes_; }

 private:
  struct Run {
    const std::byte* at;  // nullptr while counting.
    std::byte* fill;      // nullptr while counting or binding.
  };

  BlockPlacer(const std::byte* base, std::byte* fill, ThreadPool& pool)
      : base_(base), fill_(fill), pool_(pool) {}

  Run take(std::size_t n);

  const std::byte* base_;
  std::byte* fill_;
  ThreadPool& pool_;
  std::size_t n_bytes_ = 0;
};

}  // namespace quern::models
