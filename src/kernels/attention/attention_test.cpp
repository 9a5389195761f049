// Attention over whole sequences against the formula in double, and its bits across batches and
// thread counts: all keys, only earlier ones, windows, shared key heads.

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

struct Case {
  const char* name;
  int n_heads;
  int n_kv_heads;
  int d_head;
  bool causal = false;
  int window = 0;
};

AttentionSpec spec_of(const Case& c) {
  return {.n_heads = c.n_heads,
          .n_kv_heads = c.n_kv_heads,
          .scale = 1.0f / std::sqrt(static_cast<float>(c.d_head)),
          .causal = c.causal,
          .window = c.window};
}

const std::vector<int> kStarts = {0, 1, 18, 18 + 300, 18 + 300 + 256, 18 + 300 + 256 + 33};

// By the formula, in double. A row holds queries, then keys, then values.
std::vector<double> plain_attention(const Case& c, const std::vector<float>& qkv) {
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
          if (c.window > 0 && std::abs(t - u) >= c.window) continue;
          double dot = 0;
          for (int i = 0; i < c.d_head; ++i) {
            dot +=
                static_cast<double>(qkv[static_cast<std::size_t>(t) * width + h * c.d_head + i]) *
                qkv[static_cast<std::size_t>(u) * width + d + kv + i];
          }
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
  const std::size_t n_bytes = attention_scratch_bytes(300, c.d_head, n_threads);
  const AlignedBytes scratch = aligned_bytes(n_bytes);
  const Matrix<const T> rows(qkv.data() + static_cast<std::size_t>(first) * width, starts.back(),
                             width);
  std::vector<T> out(static_cast<std::size_t>(starts.back()) * d);
  const AttentionRows<T, T> all{.q = rows.columns(0, d),
                                .k = rows.columns(d, d_kv),
                                .v = rows.columns(d + d_kv, d_kv),
                                .out = {out.data(), starts.back(), d}};
  attention(spec_of(c), all, starts, {scratch.get(), n_bytes}, pool);
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
  const auto want = plain_attention(c, qkv);
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
  const auto want = plain_attention(c, rounded);
  // Probabilities and results are rounded to 8 bits.
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(f32_from_bf16(got[i]), want[i], 0.03) << i;
  }
  expect_own_bits(c, qkv, got);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Attention,
                         testing::Values(Case{"two_heads", 2, 2, 32}, Case{"three_heads", 3, 3, 16},
                                         Case{"wide", 1, 1, 64}, Case{"odd_panels", 2, 2, 20},
                                         Case{"odd", 2, 2, 5}, Case{"shared_keys", 4, 2, 16},
                                         Case{"causal", 2, 2, 32, true},
                                         Case{"causal_shared", 4, 1, 24, true},
                                         Case{"causal_window", 2, 1, 16, true, 40},
                                         Case{"causal_wide_window", 2, 2, 16, true, 270},
                                         Case{"window", 2, 2, 32, false, 9},
                                         Case{"wide_window", 2, 2, 16, false, 200}),
                         [](const auto& shape) { return shape.param.name; });

}  // namespace
}  // namespace quern::kernels
