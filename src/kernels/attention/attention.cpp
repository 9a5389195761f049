#include "kernels/attention/attention.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/check.h"
#include "kernels/attention/relative_scores.h"
#include "kernels/attention/score_tile.h"
#include "kernels/table.h"

namespace quern::kernels {
namespace {

constexpr int kScoreStride = kKeyBlock + 16;  // Rows that do not share cache sets.

// Queries that share what is computed per key: relative scores of a key are a product of their own
// for each group, which reaches as many distances as the group and a tile of keys have together.
constexpr int kMaxGroupTiles = 8;
constexpr int kMaxGroupRows = kMaxGroupTiles * kMaxScoreRows;

int round_up(int n, int multiple) { return (n + multiple - 1) / multiple * multiple; }

// How many elements of T make a 32-bit step.
template <typename T>
constexpr int kPerStep = 4 / static_cast<int>(sizeof(T));

/// One head of one sequence, and the queries of it that one part works on.
struct Part {
  int first_token = 0;
  int n_tokens = 0;
  int n_keys = 0;  // Of these tokens, at the front.
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

/// Scores of a tile of queries and a block of keys.
struct ScoreTile {
  alignas(64) float f32[kMaxScoreRows * kScoreStride];
  alignas(64) std::uint16_t bf16[kMaxScoreRows * kScoreStride];
};

/// The state of a group of queries while key blocks pass by.
struct QueryGroup {
  ScoreTile scores;
  float largest[kMaxGroupRows];
  float sum[kMaxGroupRows];
};

/// The keys [first, end) that a query sees.
struct Visible {
  int first = 0;
  int end = 0;
};

/// What all queries of a part share.
struct Head {
  const AttentionSpec& spec;
  const Table& table;
  int index = 0;
  int n_keys = 0;  // Of its sequence.
  PackedHead packed = {};

  bool has_relative() const { return spec.relative.n > 0; }
  int group_rows(int tile_rows) const { return tile_rows * (has_relative() ? kMaxGroupTiles : 1); }

  Visible visible_to(int query) const {
    Visible seen{0, spec.causal ? std::min(query + 1, n_keys) : n_keys};
    if (spec.window > 0) {
      seen.first = std::max(0, query - spec.window + 1);
      seen.end = std::min(seen.end, query + spec.window);
    }
    return seen;
  }
};

/// Where the relative scores of a group and a block of keys are put together; or nothing.
struct RelativeScratch {
  Matrix<float> scores;  // [group rows, kKeyBlock]
  Matrix<float> spare;   // [tile rows, of relative_spare_columns]
};

/// A block of keys.
struct KeyBlock {
  int first = 0;
  int n = 0;
  int n_padded() const { return round_up(n, 16); }
};

/// A row of scores while it becomes probabilities.
struct ScoreRow {
  float* f32;
  std::uint16_t* bf16;
  float* largest;
  float* sum;
};

/// Scores [first, end) of a row to probabilities, and zeros behind them up to `padded`.
template <typename T>
float soften(const Head& head, const ScoreRow& row, Visible scores, int padded) {
  const int n = scores.end - scores.first;
  const int n_padded = padded - scores.first;
  const float scale = head.spec.scale;
  if constexpr (sizeof(T) == 4) {
    return head.table.softmax_row(row.f32 + scores.first, n, n_padded, scale, row.largest, row.sum);
  } else {
    return head.table.softmax_row_bf16(row.f32 + scores.first, n, n_padded, scale, row.largest,
                                       row.sum, row.bf16 + scores.first);
  }
}

// Scores of a query against a block of keys to probabilities: what it does not see gets 0, which
// adds nothing. Returns what earlier sums are scaled by.
template <typename T>
float soften_row(const Head& head, int query, const KeyBlock& keys, const ScoreRow& row) {
  const Visible seen = head.visible_to(query);
  const int low = std::clamp(seen.first - keys.first, 0, keys.n);
  const int high = std::clamp(seen.end - keys.first, low, keys.n);
  if (low == 0 && high == keys.n) return soften<T>(head, row, {0, keys.n}, keys.n_padded());
  float correction = 1;
  if (high > low) correction = soften<T>(head, row, {low, high}, high);
  const auto clear = [&](auto* numbers) {
    std::fill(numbers, numbers + low, std::remove_pointer_t<decltype(numbers)>{});
    std::fill(numbers + high, numbers + keys.n_padded(),
              std::remove_pointer_t<decltype(numbers)>{});
  };
  if constexpr (sizeof(T) == 4) {
    clear(row.f32);
  } else {
    clear(row.bf16);
  }
  return correction;
}

/// Attention of a group of queries, [rows of q] of them from the place `first_query` on.
template <typename T>
class GroupPass {
 public:
  // sums: [rows of q, d_head padded to 16]; k: all keys of the sequence, as rows.
  GroupPass(const Head& head, Matrix<const T> q, Matrix<const T> k, int first_query,
            const RelativeScratch& relative, QueryGroup& state, Matrix<float> sums)
      : head_(head),
        q_(q),
        k_(k),
        first_query_(first_query),
        relative_(relative),
        state_(state),
        sums_(sums) {}

  void run() {
    std::fill_n(state_.largest, q_.rows, -std::numeric_limits<float>::infinity());
    std::fill_n(state_.sum, q_.rows, 0.0f);
    const int end = head_.visible_to(first_query_ + q_.rows - 1).end;
    const int start = head_.visible_to(first_query_).first / kKeyBlock * kKeyBlock;
    for (int key = start; key < end; key += kKeyBlock) {
      const KeyBlock keys{key, std::min(kKeyBlock, head_.n_keys - key)};
      if (head_.has_relative()) {
        relative_scores({head_.table, head_.spec.relative, head_.index, head_.packed.key_steps}, q_,
                        first_query_, k_.block(keys.first, keys.n), keys.first, relative_.spare,
                        relative_.scores);
      }
      const int tile_rows = score_rows<T>(head_.table);
      for (int first = 0; first < q_.rows; first += tile_rows) {
        attend_tile(keys, first, std::min(tile_rows, q_.rows - first), key == start);
      }
    }
  }

 private:
  static constexpr bool kF32 = sizeof(T) == 4;

  /// What is added to a row's scores before they are scaled, from the block's first key on, or
  /// nullptr.
  const float* added(const KeyBlock& keys, int row) const {
    if (head_.has_relative()) return relative_.scores.row_data(row);
    const Matrix<const float>& bias = head_.spec.offset_bias;
    if (bias.data == nullptr) return nullptr;
    return bias.row_data(head_.index) + bias.cols / 2 + keys.first - (first_query_ + row);
  }

  void attend_tile(const KeyBlock& keys, int first, int n, bool is_first_block) {
    const Table& table = head_.table;
    const PackedHead& packed = head_.packed;
    const TileKernel& tile = score_kernel<T>(table);
    bool adds = false;
    for (int r = 0; r < n; ++r) {
      const float* more = added(keys, first + r);
      adds = more != nullptr;
      if (adds) std::copy_n(more, keys.n, state_.scores.f32 + r * kScoreStride);
    }
    tile({.a = q_.row_data(first),
          .a_stride = q_.stride / kPerStep<T>,
          .b = packed.keys + static_cast<std::ptrdiff_t>(keys.first) * packed.key_steps,
          .b_stride = static_cast<std::ptrdiff_t>(packed.key_steps) * 16,
          .n_steps = packed.key_steps,
          .c = state_.scores.f32,
          .c_stride = kScoreStride,
          .n_rows = n,
          .n_panels = keys.n_padded() / 16,
          .accumulate = adds});
    for (int r = 0; r < n; ++r) {
      const ScoreRow row{.f32 = state_.scores.f32 + r * kScoreStride,
                         .bf16 = state_.scores.bf16 + r * kScoreStride,
                         .largest = state_.largest + first + r,
                         .sum = state_.sum + first + r};
      const float correction = soften_row<T>(head_, first_query_ + first + r, keys, row);
      if (!is_first_block) table.scale_row(sums_.row_data(first + r), sums_.cols, correction);
    }
    tile({.a = kF32 ? static_cast<const void*>(state_.scores.f32) : state_.scores.bf16,
          .a_stride = kScoreStride / kPerStep<T>,
          .b = packed.values + static_cast<std::ptrdiff_t>(keys.first / kPerStep<T>) * 16,
          .b_stride = static_cast<std::ptrdiff_t>(packed.value_steps) * 16,
          .n_steps = (keys.n + kPerStep<T> - 1) / kPerStep<T>,
          .c = sums_.row_data(first),
          .c_stride = sums_.stride,
          .n_rows = n,
          .n_panels = sums_.cols / 16,
          .accumulate = !is_first_block});
  }

  const Head& head_;
  const Matrix<const T> q_, k_;
  const int first_query_;
  const RelativeScratch& relative_;
  QueryGroup& state_;
  const Matrix<float> sums_;
};

void write_out(const Table& table, const float* sums, int n, Matrix<float> out, int row) {
  table.finish_row({.c = sums, .n = n, .out = out.row_data(row)});
}
void write_out(const Table& table, const float* sums, int n, Matrix<std::uint16_t> out, int row) {
  table.finish_row({.c = sums, .n = n, .out_bf16 = out.row_data(row)});
}

template <typename T, typename Out>
void attend_part(const AttentionSpec& spec, const AttentionRows<T, Out>& rows, const Part& part,
                 std::byte* scratch, const Table& table) {
  const int d_head = rows.q.cols / spec.n_heads;
  const int column = part.head * d_head;
  const int kv_column = part.head / (spec.n_heads / spec.n_kv_heads) * d_head;
  const auto of_part = [&](Matrix<const T> m, int n_rows, int first_column) {
    return m.block(part.first_token, n_rows).columns(first_column, d_head);
  };

  Head head{.spec = spec, .table = table, .index = part.head, .n_keys = part.n_keys, .packed = {}};
  PackedHead& packed = head.packed;
  packed.keys = reinterpret_cast<std::uint32_t*>(scratch);
  packed.key_steps = (d_head + kPerStep<T> - 1) / kPerStep<T>;
  packed.values = packed.keys + round_up(part.n_keys, 16) * packed.key_steps;
  packed.value_steps = (part.n_keys + kPerStep<T> - 1) / kPerStep<T>;
  const Matrix<const T> k = of_part(rows.k, part.n_keys, kv_column);
  pack_keys(k, packed, table);
  pack_values(of_part(rows.v, part.n_keys, kv_column), packed);

  const int sums_stride = round_up(d_head, 16);
  auto* free = reinterpret_cast<float*>(
      packed.values + static_cast<std::ptrdiff_t>(packed.value_steps) * sums_stride);
  const auto carve = [&free](int n_rows, int n_columns, int stride) {
    const Matrix<float> out(free, n_rows, n_columns, stride);
    free += static_cast<std::ptrdiff_t>(n_rows) * stride;
    return out;
  };
  const int tile_rows = score_rows<T>(table);
  const int group_rows = head.group_rows(tile_rows);
  const Matrix<float> sums = carve(group_rows, sums_stride, sums_stride);
  RelativeScratch relative;
  if (head.has_relative()) {
    const int n = relative_spare_columns(spec.relative.n);
    relative.scores = carve(group_rows, kKeyBlock, kScoreStride);
    relative.spare = carve(tile_rows, n, n + 16);
  }
  const Matrix<const T> q = of_part(rows.q, part.n_tokens, column);
  QueryGroup state;
  for (int first = part.first_query; first < part.end_query; first += group_rows) {
    const int n = std::min(group_rows, part.end_query - first);
    GroupPass<T>(head, q.block(first, n), k, first, relative, state, sums).run();
    for (int r = 0; r < n; ++r) {
      table.scale_row(sums.row_data(r), d_head, 1.0f / state.sum[r]);
      write_out(table, sums.row_data(r), d_head, rows.out.columns(column, d_head),
                part.first_token + first + r);
    }
  }
}

}  // namespace

std::size_t attention_scratch_bytes(int longest, int d_head, int n_threads, int n_relative) {
  // Packed keys and values, counted as f32 (bf16 takes half), and the sums of a group of queries.
  const int group_rows = n_relative > 0 ? kMaxGroupRows : kMaxScoreRows;
  std::ptrdiff_t units =
      static_cast<std::ptrdiff_t>(round_up(longest, 16)) * round_up(d_head, 2) +
      static_cast<std::ptrdiff_t>(round_up(longest, 2) + group_rows) * round_up(d_head, 16);
  if (n_relative > 0) {
    units += static_cast<std::ptrdiff_t>(kMaxGroupRows) * kScoreStride +
             static_cast<std::ptrdiff_t>(kMaxScoreRows) * (relative_spare_columns(n_relative) + 16);
  }
  const auto bytes = static_cast<std::size_t>(units) * 4;
  return (bytes + 63) / 64 * 64 * static_cast<std::size_t>(n_threads);
}

// Whole heads, unless that leaves threads idle: then the queries of a head are split.
template <typename T, typename Out>
void attention(const AttentionSpec& spec, const AttentionRows<T, Out>& rows,
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
  QUERN_CHECK(d_head % kPerStep<T> == 0);
  for (const Matrix<const T>& m : {rows.q, rows.k}) QUERN_CHECK(m.stride % kPerStep<T> == 0);
  int longest = 0;
  for (int s = 0; s < n_seqs; ++s) {
    const auto i = static_cast<std::size_t>(s);
    longest = std::max(longest, seq_starts[i + 1] - seq_starts[i]);
  }
  QUERN_CHECK(spec.offset_bias.data == nullptr ||
              (spec.offset_bias.rows == n_heads && spec.offset_bias.cols >= 2 * longest - 1));
  QUERN_CHECK(spec.relative.n == 0 ||
              spec.relative.at.size() + 1 >= 2 * static_cast<std::size_t>(longest));
  const std::size_t per_thread = attention_scratch_bytes(longest, d_head, 1, spec.relative.n);
  QUERN_CHECK(scratch.size() >= per_thread * static_cast<std::size_t>(pool.n_threads()));

  const int heads = n_seqs * n_heads;
  const int splits =
      heads >= 4 * pool.n_threads() ? 1 : (4 * pool.n_threads() + heads - 1) / std::max(heads, 1);
  const int queries_per_split = round_up((longest + splits - 1) / splits, score_rows<T>(table));
  const int n_splits = longest == 0 ? 0 : (longest + queries_per_split - 1) / queries_per_split;
  pool.parallel_for(heads * n_splits, [&](int index, int thread) {
    const auto s = static_cast<std::size_t>(index / n_splits / n_heads);
    Part part;
    part.first_token = seq_starts[s];
    part.n_tokens = seq_starts[s + 1] - part.first_token;
    part.n_keys = spec.n_keys.empty() ? part.n_tokens : spec.n_keys[s];
    part.head = index / n_splits % n_heads;
    part.first_query = index % n_splits * queries_per_split;
    part.end_query = std::min(part.first_query + queries_per_split, part.n_tokens);
    if (part.first_query >= part.end_query) return;
    attend_part(spec, rows, part, scratch.data() + per_thread * static_cast<std::size_t>(thread),
                table);
  });
}

template void attention(const AttentionSpec&, const AttentionRows<float, float>&,
                        std::span<const std::int32_t>, std::span<std::byte>, ThreadPool&);
template void attention(const AttentionSpec&, const AttentionRows<std::uint16_t, float>&,
                        std::span<const std::int32_t>, std::span<std::byte>, ThreadPool&);
template void attention(const AttentionSpec&, const AttentionRows<std::uint16_t, std::uint16_t>&,
                        std::span<const std::int32_t>, std::span<std::byte>, ThreadPool&);

}  // namespace quern::kernels
