// Bidirectional multi-head attention over a ragged batch, tiled per sequence with an online
// softmax: no matrix of all scores ever exists.
//
// Source: Vaswani et al. 2017 (arXiv 1706.03762) eq. 1; tiling as in Dao et al. 2022
// (arXiv 2205.14135), with key blocks at absolute multiples of kKeyBlock.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "tensor/matrix.h"

namespace quern::kernels {

inline constexpr int kKeyBlock = 256;

/// Bytes of scratch for sequences of at most `longest` tokens, for all threads together.
std::size_t attention_scratch_bytes(int longest, int d_head, int n_threads);

/// out[t, h] = softmax(q[t, h] k[:, h]^T / sqrt(d_head)) v[:, h], within each sequence.
///
/// Shapes: qkv [n_tokens, 3 * n_heads * d_head], q columns first, then k, then v;
///   seq_starts [n_seqs + 1]; out [n_tokens, n_heads * d_head]; scratch of at least
///   attention_scratch_bytes(...), 64-byte aligned.
/// Numerics: a row's bits depend on its own sequence and the instruction set only.
void attention(Matrix<const float> qkv, std::span<const std::int32_t> seq_starts, int n_heads,
               std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out);

/// The same from bf16 rows with sums and softmax in f32, probabilities rounded to bf16; the result
/// in f32 or rounded. d_head must be even.
void attention(Matrix<const std::uint16_t> qkv, std::span<const std::int32_t> seq_starts,
               int n_heads, std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out);
void attention(Matrix<const std::uint16_t> qkv, std::span<const std::int32_t> seq_starts,
               int n_heads, std::span<std::byte> scratch, ThreadPool& pool,
               Matrix<std::uint16_t> out);

}  // namespace quern::kernels
