// Token rows of several sequences, one after another, with no padding anywhere.

#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace quern::models {

struct RaggedBatch {
  std::span<const std::int32_t> ids;         // [n_tokens], each < n_vocab
  std::span<const std::uint8_t> type_ids;    // [n_tokens], each < n_types
  std::span<const std::int32_t> seq_starts;  // [n_seqs + 1], ascending from 0 to n_tokens
  // [n_seqs], or empty: rows at the front of each that pooling leaves out; fewer than it has.
  std::span<const std::int32_t> n_unpooled = {};
  // [n_seqs], or empty: rows at the front of each that its rows see; at least one, else all.
  std::span<const std::int32_t> n_seen = {};

  int n_tokens() const { return static_cast<int>(ids.size()); }
  int n_seqs() const { return static_cast<int>(seq_starts.size()) - 1; }
  int seq_len(int s) const {
    const auto i = static_cast<std::size_t>(s);
    return seq_starts[i + 1] - seq_starts[i];
  }
  int first_pooled(int s) const {
    return n_unpooled.empty() ? 0 : n_unpooled[static_cast<std::size_t>(s)];
  }
  int longest() const {
    int n = 0;
    for (int s = 0; s < n_seqs(); ++s) n = std::max(n, seq_len(s));
    return n;
  }
};

}  // namespace quern::models
