// Causal attention of new tokens over the pages of a KV cache, with grouped queries, windows and
// soft-capped scores: of a prompt's rows as of a single token's.
//
// Source: Vaswani et al. 2017 (arXiv 1706.03762) eq. 1; grouped queries: Ainslie et al. 2023
// (arXiv 2305.13245); online softmax as in attention.h, key blocks at absolute multiples of
// kKeyBlock, so that a row's bits depend on its position and its cache only.

#pragma once

#include <cstddef>
#include <span>

#include "base/thread_pool.h"
#include "kernels/attention/kv_page.h"
#include "tensor/matrix.h"

namespace quern::kernels {

struct CachedAttention {
  KvShape kv;
  int n_heads = 0;    // A multiple of kv.n_kv_heads.
  float scale = 1;    // Of query . key.
  float softcap = 0;  // c: scores become c * tanh(score / c); 0: none.
  int window = 0;     // A token sees itself and the window - 1 before it; 0: all before it.
};

/// One sequence's new rows.
struct CachedRows {
  /// Page i holds positions [64 i, 64 i + 64), those of the new rows too; pages that lie below
  /// every row's window may be null.
  std::span<std::byte* const> pages;
  int first_row = 0;  // In q.
  int n_rows = 0;
  int first_position = 0;
};

/// Bytes of scratch for all threads together.
std::size_t cached_attention_scratch_bytes(const KvShape& kv, int n_threads);

/// Shapes: q, out [n_rows, n_heads * d_head] (out may be q); the sequences' rows cover q's.
/// Errors: none. Wrong shapes are a bug and stop the program.
void cached_attention(const CachedAttention& spec, Matrix<const float> q,
                      std::span<const CachedRows> sequences, std::span<std::byte> scratch,
                      ThreadPool& pool, Matrix<float> out);

}  // namespace quern::kernels
