#include "kernels/attention/attention.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "kernels/table.h"

namespace quern::kernels {
namespace {

constexpr int kMaxTileRows = 12;
constexpr int kScoreStride = kKeyBlock + 16;  // Rows that do not share cache sets.

int round_up(int n, int multiple) { return (n + multiple - 1) / multiple * multiple; }

// How many elements of T make a 32-bit step.
template <typename T>
constexpr int kPerStep = 4 / static_cast<int>(sizeof(T));

/// One head of one sequence, and the queries of it that one part works on.
struct Part {
  int first_token = 0;
  int n_tokens = 0;
  int head = 0;
  int first_query = 0;
  int end_query = 0;
};

/// Keys as panels of 16 tokens, values as panels of 16 dimensions: see Tile.
struct PackedHead {
  std::uint32_t* keys = nullptr;    // [n_tokens / 16][steps of d_head][16]
  std::uint32_t* values = nullptr;  // [d_head / 16][steps of n_tokens][16]
  int key_steps = 0;
  int value_steps = 0;
};

template <typename T>
void pack_keys(Matrix<const T> k, const PackedHead& packed, const Table& table) {
  for (int t = 0; t < k.rows; t += 16) {
    table.transpose_16(reinterpret_cast<const std::uint32_t*>(k.row_data(t)),
                       k.stride / kPerStep<T>, std::min(16, k.rows - t), packed.key_steps,
                       packed.keys + static_cast<std::ptrdiff_t>(t) * packed.key_steps);
  }
}

void pack_values(Matrix<const float> v, const PackedHead& packed) {
  for (int first = 0; first < v.cols; first += 16) {
    const int n = std::min(16, v.cols - first);
    std::uint32_t* lines = packed.values + static_cast<std::ptrdiff_t>(first) * packed.value_steps;
    for (int t = 0; t < v.rows; ++t) {
      std::memset(lines + t * 16, 0, n < 16 ? 64 : 0);
      std::memcpy(lines + t * 16, v.row_data(t) + first, static_cast<std::size_t>(n) * 4);
    }
  }
}

void pack_values(Matrix<const std::uint16_t> v, const PackedHead& packed) {
  static constexpr std::uint16_t kZeros[16] = {};
  for (int first = 0; first < v.cols; first += 16) {
    const int n = std::min(16, v.cols - first);
    std::uint32_t* lines = packed.values + static_cast<std::ptrdiff_t>(first) * packed.value_steps;
    for (int t = 0; t < v.rows; t += 2) {
      const std::uint16_t* low = v.row_data(t) + first;
      const std::uint16_t* high = t + 1 < v.rows ? v.row_data(t + 1) + first : kZeros;
      for (int i = 0; i < n; ++i) {
        lines[t * 8 + i] = low[i] | static_cast<std::uint32_t>(high[i]) << 16;
      }
      for (int i = n; i < 16; ++i) lines[t * 8 + i] = 0;
    }
  }
}

// The state of a tile of queries while key blocks pass by.
struct QueryTile {
  alignas(64) float scores[kMaxTileRows * kScoreStride];
  alignas(64) std::uint16_t scores_bf16[kMaxTileRows * kScoreStride];
  float largest[kMaxTileRows];
  float sum[kMaxTileRows];
};

/// The keys [first, end) that a query sees.
struct Visible {
  int first = 0;
  int end = 0;
};

Visible visible_to(const AttentionSpec& spec, int query, int n_tokens) {
  Visible seen{0, spec.causal ? query + 1 : n_tokens};
  if (spec.window > 0) {
    seen.first = std::max(0, query - spec.window + 1);
    seen.end = std::min(seen.end, query + spec.window);
  }
  return seen;
}

template <typename T>
float soften(float* scores, std::uint16_t* rounded, int n, int n_padded, float scale,
             const Table& table, float* largest, float* sum) {
  if constexpr (sizeof(T) == 4) {
    return table.softmax_row(scores, n, n_padded, scale, largest, sum);
  } else {
    return table.softmax_row_bf16(scores, n, n_padded, scale, largest, sum, rounded);
  }
}

// Scores of one row of a block of keys to probabilities: what the row does not see gets 0, which
// adds nothing. Returns what earlier sums are scaled by.
template <typename T>
float soften_row(const AttentionSpec& spec, Visible seen, int key, int n, int n_padded, int r,
                 const Table& table, QueryTile& state) {
  float* scores = state.scores + r * kScoreStride;
  std::uint16_t* rounded = state.scores_bf16 + r * kScoreStride;
  const int low = std::clamp(seen.first - key, 0, n);
  const int high = std::clamp(seen.end - key, low, n);
  if (low == 0 && high == n) {
    return soften<T>(scores, rounded, n, n_padded, spec.scale, table, &state.largest[r],
                     &state.sum[r]);
  }
  float correction = 1;
  if (high > low) {
    correction = soften<T>(scores + low, rounded + low, high - low, high - low, spec.scale, table,
                           &state.largest[r], &state.sum[r]);
  }
  if constexpr (sizeof(T) == 4) {
    std::fill(scores, scores + low, 0.0f);
    std::fill(scores + high, scores + n_padded, 0.0f);
  } else {
    std::fill(rounded, rounded + low, std::uint16_t{0});
    std::fill(rounded + high, rounded + n_padded, std::uint16_t{0});
  }
  return correction;
}

// `first_query`: the place of q's first row in its sequence.
template <typename T>
void attend_tile(const AttentionSpec& spec, Matrix<const T> q, int first_query,
                 const PackedHead& packed, int n_tokens, const Table& table, QueryTile& state,
                 float* sums, int sums_stride) {
  constexpr bool kF32 = sizeof(T) == 4;
  const auto tile = kF32 ? table.tile_f32 : table.tile_bf16;
  std::fill_n(state.largest, q.rows, -std::numeric_limits<float>::infinity());
  std::fill_n(state.sum, q.rows, 0.0f);
  const int end = visible_to(spec, first_query + q.rows - 1, n_tokens).end;
  const int start = visible_to(spec, first_query, n_tokens).first / kKeyBlock * kKeyBlock;
  for (int key = start; key < end; key += kKeyBlock) {
    const int n = std::min(kKeyBlock, n_tokens - key);
    const int n_padded = round_up(n, 16);
    tile({.a = q.data,
          .a_stride = q.stride / kPerStep<T>,
          .b = packed.keys + static_cast<std::ptrdiff_t>(key) * packed.key_steps,
          .b_stride = static_cast<std::ptrdiff_t>(packed.key_steps) * 16,
          .n_steps = packed.key_steps,
          .c = state.scores,
          .c_stride = kScoreStride,
          .n_rows = q.rows,
          .n_panels = n_padded / 16});
    for (int r = 0; r < q.rows; ++r) {
      const Visible seen = visible_to(spec, first_query + r, n_tokens);
      const float correction = soften_row<T>(spec, seen, key, n, n_padded, r, table, state);
      if (key > start) table.scale_row(sums + r * sums_stride, sums_stride, correction);
    }
    tile({.a = kF32 ? static_cast<const void*>(state.scores) : state.scores_bf16,
          .a_stride = kScoreStride / kPerStep<T>,
          .b = packed.values + static_cast<std::ptrdiff_t>(key / kPerStep<T>) * 16,
          .b_stride = static_cast<std::ptrdiff_t>(packed.value_steps) * 16,
          .n_steps = (n + kPerStep<T> - 1) / kPerStep<T>,
          .c = sums,
          .c_stride = sums_stride,
          .n_rows = q.rows,
          .n_panels = sums_stride / 16,
          .accumulate = key > start});
  }
}

void write_out(const Table& table, const float* sums, int n, Matrix<float> out, int row) {
  table.finish_row({.c = sums, .n = n, .out = out.row_data(row)});
}
void write_out(const Table& table, const float* sums, int n, Matrix<std::uint16_t> out, int row) {
  table.finish_row({.c = sums, .n = n, .out_bf16 = out.row_data(row)});
}

/// The rows of all sequences.
template <typename T, typename Out>
struct Rows {
  Matrix<const T> q, k, v;
  Matrix<Out> out;
};

template <typename T, typename Out>
void attend_part(const AttentionSpec& spec, const Rows<T, Out>& rows, const Part& part,
                 std::byte* scratch, const Table& table) {
  const int d_head = rows.q.cols / spec.n_heads;
  const int column = part.head * d_head;
  const int kv_column = part.head / (spec.n_heads / spec.n_kv_heads) * d_head;
  const auto of_part = [&](Matrix<const T> m, int first_column) {
    return m.block(part.first_token, part.n_tokens).columns(first_column, d_head);
  };

  PackedHead packed;
  packed.keys = reinterpret_cast<std::uint32_t*>(scratch);
  packed.key_steps = (d_head + kPerStep<T> - 1) / kPerStep<T>;
  packed.values = packed.keys + round_up(part.n_tokens, 16) * packed.key_steps;
  packed.value_steps = (part.n_tokens + kPerStep<T> - 1) / kPerStep<T>;
  pack_keys(of_part(rows.k, kv_column), packed, table);
  pack_values(of_part(rows.v, kv_column), packed);

  const int sums_stride = round_up(d_head, 16);
  auto* sums = reinterpret_cast<float*>(
      packed.values + static_cast<std::ptrdiff_t>(packed.value_steps) * sums_stride);
  const Matrix<const T> q = of_part(rows.q, column);
  QueryTile state;
  for (int first = part.first_query; first < part.end_query; first += table.tile_rows) {
    const int n = std::min(table.tile_rows, part.end_query - first);
    attend_tile(spec, q.block(first, n), first, packed, part.n_tokens, table, state, sums,
                sums_stride);
    for (int r = 0; r < n; ++r) {
      table.scale_row(sums + r * sums_stride, d_head, 1.0f / state.sum[r]);
      write_out(table, sums + r * sums_stride, d_head, rows.out.columns(column, d_head),
                part.first_token + first + r);
    }
  }
}

// Whole heads, unless that leaves threads idle: then the queries of a head are split.
template <typename T, typename Out>
void attend(const AttentionSpec& spec, const Rows<T, Out>& rows,
            std::span<const std::int32_t> seq_starts, std::span<std::byte> scratch,
            ThreadPool& pool) {
  const Table& table = active();
  const int n_seqs = static_cast<int>(seq_starts.size()) - 1;
  const int n_heads = spec.n_heads;
  QUERN_CHECK(n_heads % spec.n_kv_heads == 0 && rows.q.cols % n_heads == 0);
  const int d_head = rows.q.cols / n_heads;
  QUERN_CHECK(rows.out.same_shape(rows.q.rows, rows.q.cols));
  QUERN_CHECK(rows.k.same_shape(rows.q.rows, spec.n_kv_heads * d_head));
  QUERN_CHECK(rows.v.same_shape(rows.k.rows, rows.k.cols));
  QUERN_CHECK(table.tile_rows <= kMaxTileRows && d_head % kPerStep<T> == 0);
  for (const Matrix<const T>& m : {rows.q, rows.k}) QUERN_CHECK(m.stride % kPerStep<T> == 0);
  int longest = 0;
  for (int s = 0; s < n_seqs; ++s) {
    const auto i = static_cast<std::size_t>(s);
    longest = std::max(longest, seq_starts[i + 1] - seq_starts[i]);
  }
  const std::size_t per_thread = attention_scratch_bytes(longest, d_head, 1);
  QUERN_CHECK(scratch.size() >= per_thread * static_cast<std::size_t>(pool.n_threads()));

  const int heads = n_seqs * n_heads;
  const int splits =
      heads >= 4 * pool.n_threads() ? 1 : (4 * pool.n_threads() + heads - 1) / std::max(heads, 1);
  const int queries_per_split = round_up((longest + splits - 1) / splits, table.tile_rows);
  const int n_splits = longest == 0 ? 0 : (longest + queries_per_split - 1) / queries_per_split;
  pool.parallel_for(heads * n_splits, [&](int index, int thread) {
    const auto s = static_cast<std::size_t>(index / n_splits / n_heads);
    Part part;
    part.first_token = seq_starts[s];
    part.n_tokens = seq_starts[s + 1] - part.first_token;
    part.head = index / n_splits % n_heads;
    part.first_query = index % n_splits * queries_per_split;
    part.end_query = std::min(part.first_query + queries_per_split, part.n_tokens);
    if (part.first_query >= part.end_query) return;
    attend_part(spec, rows, part, scratch.data() + per_thread * static_cast<std::size_t>(thread),
                table);
  });
}

}  // namespace

std::size_t attention_scratch_bytes(int longest, int d_head, int n_threads) {
  // Packed keys and values, counted as f32 (bf16 takes half), and the sums of a tile of queries.
  const std::ptrdiff_t units =
      static_cast<std::ptrdiff_t>(round_up(longest, 16)) * round_up(d_head, 2) +
      static_cast<std::ptrdiff_t>(round_up(longest, 2) + kMaxTileRows) * round_up(d_head, 16);
  const auto bytes = static_cast<std::size_t>(units) * 4;
  return (bytes + 63) / 64 * 64 * static_cast<std::size_t>(n_threads);
}

void attention(const AttentionSpec& spec, Matrix<const float> q, Matrix<const float> k,
               Matrix<const float> v, std::span<const std::int32_t> seq_starts,
               std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out) {
  attend<float, float>(spec, {q, k, v, out}, seq_starts, scratch, pool);
}

void attention(const AttentionSpec& spec, Matrix<const std::uint16_t> q,
               Matrix<const std::uint16_t> k, Matrix<const std::uint16_t> v,
               std::span<const std::int32_t> seq_starts, std::span<std::byte> scratch,
               ThreadPool& pool, Matrix<float> out) {
  attend<std::uint16_t, float>(spec, {q, k, v, out}, seq_starts, scratch, pool);
}

void attention(const AttentionSpec& spec, Matrix<const std::uint16_t> q,
               Matrix<const std::uint16_t> k, Matrix<const std::uint16_t> v,
               std::span<const std::int32_t> seq_starts, std::span<std::byte> scratch,
               ThreadPool& pool, Matrix<std::uint16_t> out) {
  attend<std::uint16_t, std::uint16_t>(spec, {q, k, v, out}, seq_starts, scratch, pool);
}

}  // namespace quern::kernels
