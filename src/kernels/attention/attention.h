// Multi-head attention over whole sequences of a ragged batch, tiled per sequence with an online
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
/// `n_relative`: RelativeRows::n.
std::size_t attention_scratch_bytes(int longest, int d_head, int n_threads, int n_relative = 0);

/// Disentangled attention: how far a key lies from a query has a key and a query of its own. With
/// r = at[m - 1 + key - query] the score becomes scale * (q . k + q . keys[r] + k . queries[r]).
///
/// Source: He et al. 2021 (arXiv 2006.03654) eq. 4; huggingface/transformers
/// modeling_deberta_v2.py.
struct RelativeRows {
  int n = 0;  // Rows of `keys` and of `queries`; 0: there are none.
  // In panels of 16 rows, as Tile::b, of the type of k: [n_heads][(n + 15) / 16][steps][16], or
  // nullptr.
  const void* keys = nullptr;
  const void* queries = nullptr;
  std::span<const std::int32_t> at = {};  // [2 m - 1], never falling, for up to m tokens.
};

struct AttentionSpec {
  int n_heads = 0;     // A multiple of n_kv_heads.
  int n_kv_heads = 0;  // Heads of keys and values, each shared by n_heads / n_kv_heads neighbours.
  float scale = 1;     // Of query . key.
  bool causal = false;
  /// Tokens at distance < window see each other; 0: all do. With causal, as cached_attention.h.
  int window = 0;
  /// Added to the scores of each head, by how far the key lies from the query (relative position
  /// buckets, ALiBi): column m - 1 + key - query of [n_heads, 2 m - 1], for sequences of up to m
  /// tokens, each divided by `scale`. Or empty.
  Matrix<const float> offset_bias = {};
  RelativeRows relative = {};  // Not with offset_bias.
  /// [n_seqs]: keys at the front of each sequence that there are, from 1 to its length; or empty:
  /// all. With causal and window every query must see one of them.
  std::span<const std::int32_t> n_keys = {};
};

/// The rows of all sequences, one behind the other. {T, Out}: {f32, f32}, {bf16, f32}, {bf16,
/// bf16}.
template <typename T, typename Out>
struct AttentionRows {
  Matrix<const T> q;     // [n_tokens, n_heads * d_head]
  Matrix<const T> k, v;  // [n_tokens, n_kv_heads * d_head]
  Matrix<Out> out;       // as q
};

/// out[t, h] = softmax(scale * q[t, h] k[:, h]^T) v[:, h] over the keys that t sees, within each
/// sequence; `spec` may add to the scores. From bf16 rows sums and softmax are in f32,
/// probabilities are rounded to bf16, and d_head must be even.
///
/// Shapes: seq_starts [n_seqs + 1]; scratch of at least attention_scratch_bytes(...), 64-byte
///   aligned.
/// Numerics: a row's bits depend on its own sequence and the instruction set only.
template <typename T, typename Out>
void attention(const AttentionSpec& spec, const AttentionRows<T, Out>& rows,
               std::span<const std::int32_t> seq_starts, std::span<std::byte> scratch,
               ThreadPool& pool);

}  // namespace quern::kernels
