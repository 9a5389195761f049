// Attention over whole sequences against the formula in double, and its bits across batches and
// thread counts: all keys, only earlier ones, windows, shared key heads, scores that know
// distances.

#include "kernels/attention/attention.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/test_floats.h"
#include "tensor/dtype.h"

namespace quern::kernels {
namespace {

enum class Distances { kNone, kBias, kRelative, kRelativeKeys, kRelativeQueries };

struct Case {
  const char* name;
  int n_heads;
  int n_kv_heads;
  int d_head;
  bool causal = false;
  int window = 0;
  Distances distances = Distances::kNone;
  int most_keys = 0;  // At the front of each sequence; 0: all.
};

constexpr int kLongest = 300;
constexpr int kRelativeRows = 43;

/// What the distances of a case add to its scores, as numbers and as the kernel reads them.
template <typename T>
class DistanceScores {
 public:
  explicit DistanceScores(const Case& c) : c_(c) {
    if (c.distances == Distances::kNone) return;
    const std::size_t n_offsets = 2 * kLongest - 1;
    bias_ = random_floats(static_cast<std::size_t>(c.n_heads) * n_offsets, 11);
    const std::size_t n = static_cast<std::size_t>(c.n_heads) * kRelativeRows * c.d_head;
    keys_ = random_floats(n, 12);
    queries_ = random_floats(n, 13);
    if constexpr (sizeof(T) == 2) {
      for (auto* numbers : {&keys_, &queries_}) {
        for (float& v : *numbers) v = f32_from_bf16(bf16_from_f32(v));
      }
    }
    // Rows one by one near the query, each for several distances further away, one for the rest.
    for (int o = -kLongest + 1; o < kLongest; ++o) {
      const int far = std::abs(o) <= 12 ? o : (o > 0 ? 1 : -1) * (12 + (std::abs(o) - 12) / 20);
      at_.push_back(std::clamp(far + kRelativeRows / 2, 0, kRelativeRows - 1));
    }
    packed_keys_ = packed(keys_);
    packed_queries_ = packed(queries_);
  }

  bool has_keys() const {
    return c_.distances == Distances::kRelative || c_.distances == Distances::kRelativeKeys;
  }
  bool has_queries() const {
    return c_.distances == Distances::kRelative || c_.distances == Distances::kRelativeQueries;
  }

  AttentionSpec spec() const {
    AttentionSpec out{.n_heads = c_.n_heads,
                      .n_kv_heads = c_.n_kv_heads,
                      .scale = 1.0f / std::sqrt(static_cast<float>(c_.d_head)),
                      .causal = c_.causal,
                      .window = c_.window};
    if (c_.distances == Distances::kBias) {
      out.offset_bias = {bias_.data(), c_.n_heads, 2 * kLongest - 1};
    }
    if (has_keys() || has_queries()) {
      out.relative = {.n = kRelativeRows,
                      .keys = has_keys() ? packed_keys_.get() : nullptr,
                      .queries = has_queries() ? packed_queries_.get() : nullptr,
                      .at = at_};
    }
    return out;
  }

  int n_relative() const { return spec().relative.n; }

  /// Of a query and a key, before scaling.
  double of(int head, const float* query, const float* key, int offset) const {
    const auto o = static_cast<std::size_t>(kLongest - 1 + offset);
    if (c_.distances == Distances::kBias) {
      return bias_[static_cast<std::size_t>(head) * (2 * kLongest - 1) + o];
    }
    double sum = 0;
    if (has_keys()) sum += dot(query, row(keys_, head, at_[o]));
    if (has_queries()) sum += dot(key, row(queries_, head, at_[o]));
    return sum;
  }

 private:
  const float* row(const std::vector<float>& rows, int head, int r) const {
    return rows.data() + (static_cast<std::size_t>(head) * kRelativeRows + r) * c_.d_head;
  }

  double dot(const float* a, const float* b) const {
    double sum = 0;
    for (int i = 0; i < c_.d_head; ++i) sum += static_cast<double>(a[i]) * b[i];
    return sum;
  }

  /// [n_heads][panels][steps][16] steps.
  AlignedBytes packed(const std::vector<float>& rows) const {
    constexpr int kPerStep = 4 / static_cast<int>(sizeof(T));
    const int n_panels = (kRelativeRows + 15) / 16, n_steps = c_.d_head / kPerStep;
    AlignedBytes out =
        aligned_bytes(static_cast<std::size_t>(c_.n_heads) * n_panels * n_steps * 16 * 4);
    T* at = reinterpret_cast<T*>(out.get());
    for (int h = 0; h < c_.n_heads; ++h) {
      for (int first = 0; first < n_panels * 16; first += 16) {
        for (int s = 0; s < n_steps; ++s) {
          for (int r = first; r < first + 16; ++r) {
            for (int i = s * kPerStep; i < (s + 1) * kPerStep; ++i) {
              const float v = r < kRelativeRows ? row(rows, h, r)[i] : 0;
              if constexpr (sizeof(T) == 4) {
                *at++ = v;
              } else {
                *at++ = bf16_from_f32(v);
              }
            }
          }
        }
      }
    }
    return out;
  }

  const Case& c_;
  std::vector<float> bias_, keys_, queries_;
  std::vector<std::int32_t> at_;
  AlignedBytes packed_keys_, packed_queries_;
};

const std::vector<int> kStarts = {0, 1, 18, 18 + 300, 18 + 300 + 256, 18 + 300 + 256 + 33};

// By the formula, in double. A row holds queries, then keys, then values.
template <typename T>
std::vector<double> plain_attention(const Case& c, const std::vector<float>& qkv) {
  const DistanceScores<T> distances(c);
  const int d = c.n_heads * c.d_head, d_kv = c.n_kv_heads * c.d_head, width = d + 2 * d_kv;
  std::vector<double> out(static_cast<std::size_t>(kStarts.back()) * d);
  for (std::size_t s = 0; s + 1 < kStarts.size(); ++s) {
    for (int h = 0; h < c.n_heads; ++h) {
      const int kv = h / (c.n_heads / c.n_kv_heads) * c.d_head;
      for (int t = kStarts[s]; t < kStarts[s + 1]; ++t) {
        std::vector<double> p(static_cast<std::size_t>(kStarts[s + 1] - kStarts[s]));
        double sum = 0;
        for (int u = kStarts[s]; u < kStarts[s + 1]; ++u) {
          if (c.causal && u > t) continue;
          if (c.most_keys > 0 && u - kStarts[s] >= c.most_keys) continue;
          if (c.window > 0 && std::abs(t - u) >= c.window) continue;
          const float* query = qkv.data() + static_cast<std::size_t>(t) * width + h * c.d_head;
          const float* key = qkv.data() + static_cast<std::size_t>(u) * width + d + kv;
          double dot = distances.of(h, query, key, u - t);
          for (int i = 0; i < c.d_head; ++i) dot += static_cast<double>(query[i]) * key[i];
          sum += p[u - kStarts[s]] = std::exp(dot / std::sqrt(c.d_head));
        }
        for (int i = 0; i < c.d_head; ++i) {
          double v = 0;
          for (int u = kStarts[s]; u < kStarts[s + 1]; ++u) {
            v += p[u - kStarts[s]] / sum *
                 qkv[static_cast<std::size_t>(u) * width + d + d_kv + kv + i];
          }
          out[static_cast<std::size_t>(t) * d + h * c.d_head + i] = v;
        }
      }
    }
  }
  return out;
}

/// Rows of some sequences through the kernel.
template <typename T>
std::vector<T> run(const Case& c, const std::vector<T>& qkv, int first_seq, int n_seqs,
                   int n_threads) {
  const int d = c.n_heads * c.d_head, d_kv = c.n_kv_heads * c.d_head, width = d + 2 * d_kv;
  ThreadPool pool(n_threads);
  std::vector<std::int32_t> starts(kStarts.begin() + first_seq,
                                   kStarts.begin() + first_seq + n_seqs + 1);
  const int first = starts[0];
  for (auto& v : starts) v -= first;
  const DistanceScores<T> distances(c);
  const std::size_t n_bytes =
      attention_scratch_bytes(kLongest, c.d_head, n_threads, distances.n_relative());
  const AlignedBytes scratch = aligned_bytes(n_bytes);
  const Matrix<const T> rows(qkv.data() + static_cast<std::size_t>(first) * width, starts.back(),
                             width);
  std::vector<T> out(static_cast<std::size_t>(starts.back()) * d);
  const AttentionRows<T, T> all{.q = rows.columns(0, d),
                                .k = rows.columns(d, d_kv),
                                .v = rows.columns(d + d_kv, d_kv),
                                .out = {out.data(), starts.back(), d}};
  AttentionSpec spec = distances.spec();
  std::vector<std::int32_t> n_keys;
  for (std::size_t s = 0; s + 1 < starts.size() && c.most_keys > 0; ++s) {
    n_keys.push_back(std::min(starts[s + 1] - starts[s], c.most_keys));
  }
  spec.n_keys = n_keys;
  attention(spec, all, starts, {scratch.get(), n_bytes}, pool);
  return out;
}

class Attention : public testing::TestWithParam<Case> {};

template <typename T>
void expect_own_bits(const Case& c, const std::vector<T>& qkv, const std::vector<T>& all) {
  EXPECT_EQ(run(c, qkv, 0, 5, 3), all);
  for (int s = 0; s < 5; ++s) {
    const auto alone = run(c, qkv, s, 1, 2);
    const auto at = static_cast<std::ptrdiff_t>(kStarts[s]) * c.n_heads * c.d_head;
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + at)) << s;
  }
}

TEST_P(Attention, agrees_with_the_formula_and_keeps_its_bits) {
  const Case& c = GetParam();
  const int width = (c.n_heads + 2 * c.n_kv_heads) * c.d_head;
  const auto qkv = random_floats(static_cast<std::size_t>(kStarts.back()) * width, 5);
  const auto got = run(c, qkv, 0, 5, 1);
  const auto want = plain_attention<float>(c, qkv);
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], want[i], 1e-5) << i;
  expect_own_bits(c, qkv, got);
}

TEST_P(Attention, from_bf16_rows_too) {
  const Case& c = GetParam();
  if (c.d_head % 2 != 0) GTEST_SKIP() << "bf16 takes even widths";
  const int width = (c.n_heads + 2 * c.n_kv_heads) * c.d_head;
  std::vector<std::uint16_t> qkv;
  std::vector<float> rounded;
  for (const float v : random_floats(static_cast<std::size_t>(kStarts.back()) * width, 5)) {
    qkv.push_back(bf16_from_f32(v));
    rounded.push_back(f32_from_bf16(qkv.back()));
  }
  const auto got = run(c, qkv, 0, 5, 1);
  const auto want = plain_attention<std::uint16_t>(c, rounded);
  // Probabilities and results are rounded to 8 bits.
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(f32_from_bf16(got[i]), want[i], 0.03) << i;
  }
  expect_own_bits(c, qkv, got);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Attention,
    testing::Values(Case{"two_heads", 2, 2, 32}, Case{"three_heads", 3, 3, 16},
                    Case{"wide", 1, 1, 64}, Case{"odd_panels", 2, 2, 20}, Case{"odd", 2, 2, 5},
                    Case{"shared_keys", 4, 2, 16}, Case{"causal", 2, 2, 32, true},
                    Case{"causal_shared", 4, 1, 24, true},
                    Case{"causal_window", 2, 1, 16, true, 40},
                    Case{"causal_wide_window", 2, 2, 16, true, 270},
                    Case{"window", 2, 2, 32, false, 9}, Case{"wide_window", 2, 2, 16, false, 200},
                    Case{"bias", 3, 3, 16, false, 0, Distances::kBias},
                    Case{"relative", 2, 2, 20, false, 0, Distances::kRelative},
                    Case{"relative_keys", 2, 2, 32, false, 0, Distances::kRelativeKeys},
                    Case{"relative_queries", 3, 3, 8, false, 0, Distances::kRelativeQueries},
                    Case{"few_keys", 2, 1, 20, false, 0, Distances::kNone, 17},
                    Case{"few_keys_bias", 3, 3, 16, false, 0, Distances::kBias, 270},
                    Case{"few_keys_relative", 2, 2, 20, false, 0, Distances::kRelative, 30}),
    [](const auto& shape) { return shape.param.name; });

}  // namespace
}  // namespace quern::kernels
