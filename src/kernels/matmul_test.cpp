// Blocked, multi-threaded matmul and attention against sums in double, and their bits across
// batches and thread counts. Runs on the active instruction set; the test command repeats it for
// every one this CPU has.

#include "kernels/matmul.h"

#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/attention/attention.h"
#include "tensor/dtype.h"

namespace quern::kernels {
namespace {

std::vector<float> random_floats(std::size_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(n);
  for (float& v : out) v = normal(engine);
  return out;
}

struct AlignedFree {
  void operator()(std::byte* p) const { std::free(p); }
};

struct PackedWeight {
  PackedWeight(Precision precision, const std::vector<float>& values, int n_out, int n_in)
      : bytes(
            static_cast<std::byte*>(std::aligned_alloc(64, packed_bytes(precision, n_out, n_in)))),
        weight(pack_weight(precision, values.data(), n_out, n_in,
                           {bytes.get(), packed_bytes(precision, n_out, n_in)})) {}
  std::unique_ptr<std::byte, AlignedFree> bytes;
  Weight weight;
};

TEST(matmul_f32, agrees_with_sums_in_double) {
  ThreadPool pool(2);
  for (const auto& [n_rows, n_in, n_out] : {std::tuple{1, 384, 384}, std::tuple{13, 48, 80},
                                            std::tuple{200, 96, 33}, std::tuple{7, 5000, 40}}) {
    const auto w = random_floats(static_cast<std::size_t>(n_out) * n_in, 1);
    const auto x = random_floats(static_cast<std::size_t>(n_rows) * n_in, 2);
    const auto bias = random_floats(n_out, 3);
    const auto residual = random_floats(static_cast<std::size_t>(n_rows) * n_out, 4);
    const PackedWeight packed(Precision::kF32, w, n_out, n_in);
    std::vector<float> out(residual);
    const Matrix<float> out_m(out.data(), n_rows, n_out);
    matmul({x.data(), n_rows, n_in}, packed.weight, {.bias = bias, .residual = out_m, .out = out_m},
           pool);
    for (int r = 0; r < n_rows; ++r) {
      for (int o = 0; o < n_out; ++o) {
        double want = bias[o] + residual[static_cast<std::size_t>(r) * n_out + o];
        for (int i = 0; i < n_in; ++i) {
          const double p = static_cast<double>(x[static_cast<std::size_t>(r) * n_in + i]) *
                           w[static_cast<std::size_t>(o) * n_in + i];
          want += p;
        }
        // Partial sums of n products of normals are about sqrt(n); each step rounds by at most
        // 2^-24 of one, and n random steps walk sqrt(n) of that: 2^-24 n, four times for the tail.
        ASSERT_NEAR(out[static_cast<std::size_t>(r) * n_out + o], want, 6e-8 * n_in * 4 + 1e-6);
      }
    }
  }
}

TEST(matmul, rows_and_threads_do_not_change_bits) {
  const int n_in = 384, n_out = 144, n_rows = 301;
  const auto w = random_floats(static_cast<std::size_t>(n_out) * n_in, 1);
  const auto x = random_floats(static_cast<std::size_t>(n_rows) * n_in, 2);
  std::vector<std::uint16_t> x16;
  for (const float v : x) x16.push_back(bf16_from_f32(v));
  const PackedWeight f32(Precision::kF32, w, n_out, n_in);
  const PackedWeight bf16(Precision::kBf16, w, n_out, n_in);
  const auto run = [&](int first, int n, int n_threads) {
    ThreadPool pool(n_threads);
    std::vector<float> out(static_cast<std::size_t>(2 * n) * n_out);
    const Matrix<float> all(out.data(), 2 * n, n_out);
    matmul({x.data() + first * n_in, n, n_in}, f32.weight, {.out = all.block(0, n)}, pool);
    matmul({x16.data() + first * n_in, n, n_in}, bf16.weight, {.out = all.block(n, n)}, pool);
    return out;
  };
  const auto all = run(0, n_rows, 1);
  EXPECT_EQ(run(0, n_rows, 2), all);
  EXPECT_EQ(run(0, n_rows, 5), all);
  for (const int r : {0, 1, 96, 299, 300}) {
    const auto alone = run(r, 1, 3);
    for (int o = 0; o < n_out; ++o) {
      ASSERT_EQ(alone[o], all[static_cast<std::size_t>(r) * n_out + o]);
      ASSERT_EQ(alone[n_out + o], all[static_cast<std::size_t>(n_rows + r) * n_out + o]);
    }
  }
}

TEST(matmul_f32, no_rows_is_no_work) {
  const PackedWeight w(Precision::kF32, random_floats(64, 1), 8, 8);
  ThreadPool pool(2);
  matmul(Matrix<const float>(nullptr, 0, 8), w.weight, {.out = {nullptr, 0, 8}}, pool);
}

// Attention by the formula, in double.
std::vector<double> plain_attention(const std::vector<float>& qkv, const std::vector<int>& starts,
                                    int n_heads, int d_head) {
  const int d = n_heads * d_head;
  std::vector<double> out(qkv.size() / 3);
  for (std::size_t s = 0; s + 1 < starts.size(); ++s) {
    for (int h = 0; h < n_heads; ++h) {
      for (int t = starts[s]; t < starts[s + 1]; ++t) {
        std::vector<double> p;
        double sum = 0;
        for (int u = starts[s]; u < starts[s + 1]; ++u) {
          double dot = 0;
          for (int i = 0; i < d_head; ++i) {
            dot += static_cast<double>(qkv[static_cast<std::size_t>(t) * 3 * d + h * d_head + i]) *
                   qkv[static_cast<std::size_t>(u) * 3 * d + d + h * d_head + i];
          }
          p.push_back(std::exp(dot / std::sqrt(d_head)));
          sum += p.back();
        }
        for (int i = 0; i < d_head; ++i) {
          double v = 0;
          for (int u = starts[s]; u < starts[s + 1]; ++u) {
            v += p[u - starts[s]] / sum *
                 qkv[static_cast<std::size_t>(u) * 3 * d + 2 * d + h * d_head + i];
          }
          out[static_cast<std::size_t>(t) * d + h * d_head + i] = v;
        }
      }
    }
  }
  return out;
}

class Attention : public testing::TestWithParam<std::pair<int, int>> {};

TEST_P(Attention, agrees_with_the_formula_and_keeps_its_bits) {
  const auto [n_heads, d_head] = GetParam();
  const std::vector<int> starts = {0, 1, 18, 18 + 300, 18 + 300 + 256, 18 + 300 + 256 + 33};
  const int n = starts.back(), d = n_heads * d_head;
  const auto qkv = random_floats(static_cast<std::size_t>(n) * 3 * d, 5);
  std::vector<std::uint16_t> qkv16;
  std::vector<float> rounded;
  for (const float v : qkv) {
    qkv16.push_back(bf16_from_f32(v));
    rounded.push_back(f32_from_bf16(qkv16.back()));
  }
  const auto run = [&](int first_seq, int n_seqs, int n_threads,
                       std::vector<std::uint16_t>& out16) {
    ThreadPool pool(n_threads);
    std::vector<std::int32_t> part(starts.begin() + first_seq,
                                   starts.begin() + first_seq + n_seqs + 1);
    const int first = part[0];
    for (auto& v : part) v -= first;
    const std::size_t scratch_bytes = attention_scratch_bytes(300, d_head, n_threads);
    std::unique_ptr<std::byte, AlignedFree> scratch(
        static_cast<std::byte*>(std::aligned_alloc(64, scratch_bytes)));
    std::vector<float> out(static_cast<std::size_t>(part.back()) * d);
    attention({qkv.data() + static_cast<std::size_t>(first) * 3 * d, part.back(), 3 * d}, part,
              n_heads, {scratch.get(), scratch_bytes}, pool, {out.data(), part.back(), d});
    out16.resize(out.size());
    if (d_head % 2 == 0) {
      attention({qkv16.data() + static_cast<std::size_t>(first) * 3 * d, part.back(), 3 * d}, part,
                n_heads, {scratch.get(), scratch_bytes}, pool, {out16.data(), part.back(), d});
    }
    return out;
  };
  std::vector<std::uint16_t> got16;
  const auto got = run(0, 5, 1, got16);
  const auto want = plain_attention(qkv, starts, n_heads, d_head);
  const auto want16 = plain_attention(rounded, starts, n_heads, d_head);
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], want[i], 1e-5);
    // Probabilities and results are rounded to 8 bits.
    if (d_head % 2 == 0) {
      ASSERT_NEAR(f32_from_bf16(got16[i]), want16[i], 0.03);
    }
  }
  std::vector<std::uint16_t> other16;
  EXPECT_EQ(run(0, 5, 3, other16), got);
  EXPECT_EQ(other16, got16);
  for (int s = 0; s < 5; ++s) {
    const auto alone = run(s, 1, 2, other16);
    const auto at = static_cast<std::ptrdiff_t>(starts[s]) * d;
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), got.begin() + at)) << s;
    EXPECT_TRUE(std::equal(other16.begin(), other16.end(), got16.begin() + at)) << s;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Attention,
                         testing::Values(std::pair{2, 32}, std::pair{3, 16}, std::pair{1, 64},
                                         std::pair{2, 20}, std::pair{2, 5}));

}  // namespace
}  // namespace quern::kernels
