#include "kernels/attention/cached_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "kernels/attention/attention.h"
#include "kernels/table.h"

namespace quern::kernels {
namespace {

constexpr int kScoreStride = kKeyBlock + 16;
constexpr int kPanel = 16;

/// Queries that share keys: consecutive tokens of one head, or the heads of a group at one token.
struct Tile {
  const float* q = nullptr;
  std::ptrdiff_t q_stride = 0;
  float* out = nullptr;
  std::ptrdiff_t out_stride = 0;
  int n_rows = 0;
  int kv_head = 0;
  int first_position = 0;
  int position_step = 0;  // 1: tokens; 0: heads.

  int position(int row) const { return first_position + row * position_step; }
};

/// Where a page's keys and values of one head lie as panels, and which kernel reads them.
struct Panels {
  const std::byte* keys = nullptr;
  const std::byte* values = nullptr;
  std::ptrdiff_t key_stride = 0;  // From panel to panel, in elements.
  std::ptrdiff_t value_stride = 0;
};

struct State {
  alignas(64) float scores[kMaxTileRows * kScoreStride];
  alignas(64) float sums[kMaxTileRows * kMaxHeadWidth];
  float largest[kMaxTileRows];
  float sum[kMaxTileRows];
};

const TileKernel& kernel_for(KvType type, const Table& table) {
  return type == KvType::kF16 ? table.tile_f16 : table.tile_f32;
}

class TileRun {
 public:
  TileRun(const CachedAttention& spec, std::span<std::byte* const> pages, const Table& table,
          std::byte* scratch)
      : spec_(spec), pages_(pages), table_(table), scratch_(reinterpret_cast<float*>(scratch)) {}

  void run(const Tile& tile) {
    std::fill_n(state_.largest, tile.n_rows, -std::numeric_limits<float>::infinity());
    std::fill_n(state_.sum, tile.n_rows, 0.0f);
    const int stride = spec_.kv.padded_width();
    const int end = tile.position(tile.n_rows - 1) + 1;
    const int begin = first_visible(tile.first_position) / kKeyBlock * kKeyBlock;
    for (int key = begin; key < end; key += kKeyBlock) block(tile, key, end, key > begin);
    for (int r = 0; r < tile.n_rows; ++r) {
      float* sums = state_.sums + r * stride;
      table_.scale_row(sums, spec_.kv.d_head, 1.0f / state_.sum[r]);
      std::copy_n(sums, spec_.kv.d_head, tile.out + r * tile.out_stride);
    }
  }

 private:
  int first_visible(int position) const {
    return spec_.window > 0 ? std::max(0, position - spec_.window + 1) : 0;
  }

  // q8_0 has no tile of its own: one page's head is widened into the scratch.
  Panels panels_of(int page, int kv_head) const {
    const KvShape& kv = spec_.kv;
    const std::byte* at = pages_[static_cast<std::size_t>(page)];
    Panels out;
    out.key_stride = static_cast<std::ptrdiff_t>(kv.d_head) * kPanel;
    out.value_stride = static_cast<std::ptrdiff_t>(kKvPageTokens) * kPanel;
    if (kv.type == KvType::kQ8_0) {
      float* values = scratch_ + kv.d_head * kKvPageTokens;
      expand_kv(kv, kv_head, at, scratch_, values);
      out.keys = reinterpret_cast<const std::byte*>(scratch_);
      out.values = reinterpret_cast<const std::byte*>(values);
      return out;
    }
    out.keys = at + static_cast<std::size_t>(kv_head) * kv.head_bytes();
    out.values = out.keys + kv.keys_bytes();
    return out;
  }

  void multiply(const kernels::Tile& tile) const { kernel_for(spec_.kv.type, table_)(tile); }

  // Calls work(page's panels, its first key within the block, keys of it) for the pages of a block.
  template <typename Work>
  void for_pages(const Tile& tile, int key, int n_keys, const Work& work) const {
    const int lowest = first_visible(tile.first_position);
    for (int offset = 0; offset < n_keys; offset += kKvPageTokens) {
      if (key + offset + kKvPageTokens <= lowest) continue;
      work(panels_of((key + offset) / kKvPageTokens, tile.kv_head), offset,
           std::min(kKvPageTokens, n_keys - offset));
    }
  }

  // One block of keys. What a row does not see gets the probability 0, which adds nothing.
  void block(const Tile& tile, int key, int end, bool accumulate) {
    const KvShape& kv = spec_.kv;
    const int n_keys = std::min(kKeyBlock, end - key);
    const int stride = kv.padded_width();
    for_pages(tile, key, n_keys, [&](const Panels& p, int offset, int n) {
      multiply({.a = tile.q,
                .a_stride = tile.q_stride,
                .b = p.keys,
                .b_stride = p.key_stride,
                .n_steps = kv.d_head,
                .c = state_.scores + offset,
                .c_stride = kScoreStride,
                .n_rows = tile.n_rows,
                .n_panels = (n + kPanel - 1) / kPanel});
    });
    for (int r = 0; r < tile.n_rows; ++r) {
      const float correction = soften(tile.position(r), key, n_keys, r);
      if (accumulate) table_.scale_row(state_.sums + r * stride, stride, correction);
    }
    for_pages(tile, key, n_keys, [&](const Panels& p, int offset, int n) {
      multiply({.a = state_.scores + offset,
                .a_stride = kScoreStride,
                .b = p.values,
                .b_stride = p.value_stride,
                .n_steps = n,
                .c = state_.sums,
                .c_stride = stride,
                .n_rows = tile.n_rows,
                .n_panels = stride / kPanel,
                .accumulate = accumulate});
      accumulate = true;
    });
  }

  // Scores of one row to probabilities; returns what earlier sums are scaled by.
  float soften(int position, int key, int n_keys, int r) {
    float* row = state_.scores + r * kScoreStride;
    const int low = std::clamp(first_visible(position) - key, 0, n_keys);
    const int high = std::clamp(position + 1 - key, low, n_keys);
    float correction = 1;
    float scale = spec_.scale;
    if (spec_.softcap > 0) {
      for (int i = low; i < high; ++i) {
        row[i] = spec_.softcap * std::tanh(row[i] * spec_.scale / spec_.softcap);
      }
      scale = 1;
    }
    if (high > low) {
      correction = table_.softmax_row(row + low, high - low, high - low, scale, &state_.largest[r],
                                      &state_.sum[r]);
    }
    std::fill(row, row + low, 0.0f);
    std::fill(row + high, row + n_keys, 0.0f);
    return correction;
  }

  const CachedAttention& spec_;
  const std::span<std::byte* const> pages_;
  const Table& table_;
  float* const scratch_;
  State state_;
};

/// How the rows of one sequence are cut into parts: tokens of one head when there are many, else
/// heads of one group at one token, split further while threads would stand idle.
struct Cut {
  int tokens_per_part = 0;  // 0: by group.
  int heads_per_part = 0;
  int n_token_parts = 0;
  int n_head_parts = 0;

  int n_parts() const { return n_token_parts * n_head_parts; }
};

constexpr int kFewRows = 4;

Cut cut_of(const CachedAttention& spec, const CachedRows& s, int n_sequences, int tile_rows,
           int n_threads) {
  const int group = spec.n_heads / spec.kv.n_kv_heads;
  if (s.n_rows > kFewRows) {
    return {.tokens_per_part = tile_rows,
            .heads_per_part = 1,
            .n_token_parts = (s.n_rows + tile_rows - 1) / tile_rows,
            .n_head_parts = spec.n_heads};
  }
  const int wanted = (2 * n_threads + n_sequences * s.n_rows - 1) / (n_sequences * s.n_rows);
  const int splits = std::clamp((wanted + spec.kv.n_kv_heads - 1) / spec.kv.n_kv_heads,
                                (group + tile_rows - 1) / tile_rows, group);
  const int heads = (group + splits - 1) / splits;
  return {.tokens_per_part = 0,
          .heads_per_part = heads,
          .n_token_parts = s.n_rows,
          .n_head_parts = spec.kv.n_kv_heads * ((group + heads - 1) / heads)};
}

Tile tile_of(const CachedAttention& spec, const CachedRows& s, const Cut& cut, int part,
             Matrix<const float> q, Matrix<float> out) {
  const int d = spec.kv.d_head;
  const int group = spec.n_heads / spec.kv.n_kv_heads;
  Tile tile;
  int token = 0;
  int head = 0;
  if (cut.tokens_per_part > 0) {
    // The costliest parts, those of the last tokens, go first.
    const int i_token = cut.n_token_parts - 1 - part / cut.n_head_parts;
    token = i_token * cut.tokens_per_part;
    head = part % cut.n_head_parts;
    tile.n_rows = std::min(cut.tokens_per_part, s.n_rows - token);
    tile.q_stride = q.stride;
    tile.out_stride = out.stride;
    tile.position_step = 1;
    tile.kv_head = head / group;
  } else {
    const int parts_of_group = cut.n_head_parts / spec.kv.n_kv_heads;
    token = part / cut.n_head_parts;
    const int i = part % cut.n_head_parts;
    tile.kv_head = i / parts_of_group;
    const int first = i % parts_of_group * cut.heads_per_part;
    head = tile.kv_head * group + first;
    tile.n_rows = std::min(cut.heads_per_part, group - first);
    tile.q_stride = d;
    tile.out_stride = d;
  }
  tile.first_position = s.first_position + token;
  tile.q = q.row_data(s.first_row + token) + head * d;
  tile.out = out.row_data(s.first_row + token) + head * d;
  return tile;
}

}  // namespace

std::size_t cached_attention_scratch_bytes(const KvShape& kv, int n_threads) {
  if (kv.type != KvType::kQ8_0) return 0;
  const auto width = static_cast<std::size_t>(kv.d_head + kv.padded_width());
  return width * kKvPageTokens * sizeof(float) * static_cast<std::size_t>(n_threads);
}

void cached_attention(const CachedAttention& spec, Matrix<const float> q,
                      std::span<const CachedRows> sequences, std::span<std::byte> scratch,
                      ThreadPool& pool, Matrix<float> out) {
  const Table& table = active();
  QUERN_CHECK(spec.kv.d_head <= kMaxHeadWidth && spec.n_heads % spec.kv.n_kv_heads == 0);
  QUERN_CHECK(q.cols == spec.n_heads * spec.kv.d_head && out.same_shape(q.rows, q.cols));
  const std::size_t per_thread = cached_attention_scratch_bytes(spec.kv, 1);
  QUERN_CHECK(scratch.size() >= per_thread * static_cast<std::size_t>(pool.n_threads()));

  const int n_sequences = static_cast<int>(sequences.size());
  const auto cut = [&](const CachedRows& s) {
    return cut_of(spec, s, n_sequences, kernel_for(spec.kv.type, table).rows, pool.n_threads());
  };
  int n_parts = 0;
  for (const CachedRows& s : sequences) n_parts += s.n_rows == 0 ? 0 : cut(s).n_parts();
  pool.parallel_for(n_parts, [&](int part, int thread) {
    for (const CachedRows& s : sequences) {
      if (s.n_rows == 0) continue;
      const Cut c = cut(s);
      if (part < c.n_parts()) {
        TileRun run(spec, s.pages, table,
                    scratch.data() + per_thread * static_cast<std::size_t>(thread));
        return run.run(tile_of(spec, s, c, part, q, out));
      }
      part -= c.n_parts();
    }
  });
}

}  // namespace quern::kernels
