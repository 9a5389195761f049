#include "kernels/int8/int8.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/int8/int8_isa.h"
#include "kernels/linear.h"
#include "kernels/norm.h"
#include "kernels/test_floats.h"
#include "tensor/dtype.h"

namespace quern::kernels {
namespace {

/// 64-byte aligned bytes, filled with a pattern so that nothing relies on zeros.
class Bytes {
 public:
  explicit Bytes(std::size_t n) : storage_(n + 63, std::byte{0x5a}), n_(n) {}
  std::byte* data() {
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
    return storage_.data() + (64 - address % 64) % 64;
  }
  std::span<std::byte> span() { return {data(), n_}; }

 private:
  std::vector<std::byte> storage_;
  std::size_t n_;
};

Matrix<const float> matrix(const std::vector<float>& v, int rows, int cols) {
  return {v.data(), rows, cols};
}

/// Restores the choice of instruction set.
class WithIsa {
 public:
  explicit WithIsa(const Int8Isa& isa) : before_(int8_active()) { int8_set_active(isa); }
  ~WithIsa() { int8_set_active(before_); }

 private:
  const Int8Isa& before_;
};

constexpr WeightFormat kInt8{WeightFormat::Kind::kInt8};

/// Panels that every instruction set multiplies exactly.
Weight pack_for_all(const std::vector<float>& w, int n_out, int n_in, std::span<std::byte> packed) {
  const auto strictest =
      std::min_element(int8_runnable().begin(), int8_runnable().end(),
                       [](auto* a, auto* b) { return a->pair_limit < b->pair_limit; });
  const WithIsa with(**strictest);
  return pack_weight(kInt8, w.data(), n_out, n_in, packed);
}

Activations only_int8(const Int8Rows& rows) {
  Activations out;
  out.n_rows = rows.n_rows;
  out.n_cols = rows.n_in;
  out.int8 = rows;
  return out;
}

void quantise(Matrix<const float> x, std::span<const float> factors, ThreadPool& pool,
              const Int8Rows& out) {
  for_each_row_block(x.rows, pool, [&](int first, int n) {
    int8_quantise_block(x.block(first, n), 0, factors, out, first);
  });
}

/// A whole product: rows quantised, weights packed.
struct Problem {
  int n_rows, n_out, n_in;
  std::vector<float> x, w, bias, factors;
  Bytes packed;
  Weight weight;

  Problem(int rows, int out, int in, unsigned seed)
      : n_rows(rows),
        n_out(out),
        n_in(in),
        x(random_floats(std::size_t(rows) * in, seed)),
        w(random_floats(std::size_t(out) * in, seed + 1, 0.05f)),
        bias(random_floats(out, seed + 2)),
        packed(weight_bytes(kInt8, out, in)),
        weight(pack_for_all(w, out, in, packed.span())) {}

  Product product() const { return {.linear = {.weight = weight, .bias = bias}, .out = {}}; }

  std::vector<float> run(ThreadPool* pool = nullptr, int first = 0, int n = -1) {
    if (n < 0) n = n_rows;
    Bytes bytes(int8_rows_bytes(n, n_in));
    const Int8Rows rows{bytes.data(), n, n_in};
    ThreadPool alone(1);
    if (pool == nullptr) pool = &alone;
    quantise(matrix(x, n_rows, n_in).block(first, n), factors, *pool, rows);
    std::vector<float> out(std::size_t(n) * n_out, std::numeric_limits<float>::quiet_NaN());
    multiply(
        only_int8(rows),
        {.linear = {.weight = weight, .bias = bias}, .out = Matrix<float>(out.data(), n, n_out)},
        *pool);
    return out;
  }
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(int8, a_small_product_by_hand) {
  // Range [-1, 1.55] in 255 steps of 0.01: the zero point is 100. Weights are multiples of 0.5 /
  // 127 with the largest at 127, so nothing is lost to rounding but the last bits.
  const float step = 0.5f / 127;
  const std::vector<float> x = {-1.0f, 1.55f, 0.5f};
  const std::vector<float> w = {127 * step, -2 * step, 3 * step, 0, 0, -127 * step};
  const std::vector<float> bias = {10.0f, 20.0f};
  Bytes packed(weight_bytes(kInt8, 2, 3));
  const Weight weight = pack_weight(kInt8, w.data(), 2, 3, packed.span());
  Bytes bytes(int8_rows_bytes(1, 3));
  const Int8Rows rows{bytes.data(), 1, 3};
  ThreadPool pool(1);
  quantise(matrix(x, 1, 3), {}, pool, rows);

  const auto* codes = reinterpret_cast<const std::uint8_t*>(rows.record(0));
  EXPECT_EQ(codes[0], 0);
  EXPECT_EQ(codes[1], 255);
  EXPECT_EQ(codes[2], 150);
  EXPECT_EQ(codes[3], 0);
  std::int32_t zero;
  std::memcpy(&zero, rows.record(0) + rows.zeros_offset(), sizeof(zero));
  EXPECT_EQ(zero, 100);

  // One line of codes, one of scales, one of sums.
  const auto* weight_codes = reinterpret_cast<const std::int8_t*>(weight.packed);
  EXPECT_EQ(weight_codes[0], 127);
  EXPECT_EQ(weight_codes[1], -2);
  EXPECT_EQ(weight_codes[2], 3);
  EXPECT_EQ(weight_codes[4 + 2], -127);
  EXPECT_EQ(reinterpret_cast<const float*>(weight.packed + 64)[0], 0.5f / 127);
  const auto* sums = reinterpret_cast<const std::int32_t*>(weight.packed + 128);
  EXPECT_EQ(sums[0], -128);
  EXPECT_EQ(sums[1], 127);

  float out[2];
  multiply(only_int8(rows),
           {.linear = {.weight = weight, .bias = bias}, .out = Matrix<float>(out, 1, 2)}, pool);
  // -1 * 0.5 + 1.55 * (-2 * step) + 0.5 * (3 * step) = -0.506299...
  EXPECT_NEAR(out[0], 10.0f - 0.5f - 3.1f * step + 1.5f * step, 1e-5f);
  EXPECT_NEAR(out[1], 20.0f - 0.25f, 1e-5f);
}

TEST(int8, every_isa_gives_the_bits_of_plain) {
  const int shapes[][2] = {{1, 1},     {3, 5},     {16, 4},    {17, 127}, {16, 128},  {31, 129},
                           {33, 256},  {48, 260},  {80, 130},  {128, 64}, {130, 511}, {145, 384},
                           {300, 132}, {384, 300}, {513, 640}, {16, 4100}};
  for (const auto& [n_out, n_in] : shapes) {
    for (int n_rows : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 17, 25, 40}) {
      if (n_rows > 13 && n_out * n_in > 100000) continue;
      Problem problem(n_rows, n_out, n_in, unsigned(n_rows * 31 + n_out));
      if (n_rows % 2) problem.factors = random_floats(n_in, 5);
      std::vector<float> expected;
      for (const Int8Isa* isa : int8_runnable()) {
        const WithIsa with(*isa);
        const std::vector<float> got = problem.run();
        if (expected.empty()) expected = got;
        ASSERT_TRUE(same_bits(got, expected))
            << isa->isa << " " << n_rows << " x " << n_out << " x " << n_in;
      }
    }
  }
}

TEST(int8, every_isa_quantises_like_plain) {
  const float big = std::numeric_limits<float>::max();
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (int n : {1, 2, 3, 4, 5, 15, 16, 17, 127, 128, 129, 131, 384, 1000}) {
    std::vector<std::vector<float>> rows = {
        random_floats(n, 1),          random_floats(n, 2, 1e-20f),  random_floats(n, 3, 1e30f),
        std::vector<float>(n, 0.0f),  std::vector<float>(n, -0.0f), std::vector<float>(n, 3.0f),
        std::vector<float>(n, -2.5f), std::vector<float>(n, 1e-38f)};
    for (const float odd : {big, -big, inf, -inf, nan}) {
      rows.push_back(random_floats(n, 4));
      rows.back()[n / 2] = odd;
    }
    std::vector<float> halves(n);  // Ties: range 255, so a step is exactly 1.
    for (int i = 0; i < n; ++i) halves[i] = float(i % 255) * 0.5f;
    halves[0] = -100;
    halves[n - 1] = n > 1 ? 155.0f : -100.0f;
    rows.push_back(halves);

    for (const auto& x : rows) {
      for (const bool scaled : {false, true}) {
        const std::vector<float> factors = random_floats(n, 9);
        const std::size_t n_groups = std::size_t(int8_groups(n));
        std::vector<std::uint8_t> first_codes;
        std::vector<std::int32_t> first_zeros;
        std::vector<float> first_scales;
        for (const Int8Isa* isa : int8_runnable()) {
          std::vector<std::uint8_t> codes(std::size_t(int8_steps(n)) * 4 + 1, 77);
          std::vector<float> scales(n_groups);
          std::vector<std::int32_t> zeros(n_groups);
          isa->quantise({.x = x.data(),
                         .x_stride = n,
                         .factors = scaled ? factors.data() : nullptr,
                         .n = n,
                         .n_rows = 1,
                         .codes = codes.data(),
                         .scales = scales.data(),
                         .zeros = zeros.data(),
                         .row_bytes = 0});
          EXPECT_EQ(codes.back(), 77) << "written past the end";
          if (first_codes.empty()) {
            first_codes = codes;
            first_zeros = zeros;
            first_scales = scales;
          }
          ASSERT_EQ(codes, first_codes) << isa->isa << " n " << n;
          ASSERT_EQ(zeros, first_zeros) << isa->isa << " n " << n;
          ASSERT_EQ(std::memcmp(scales.data(), first_scales.data(), n_groups * sizeof(float)), 0)
              << isa->isa << " n " << n;
        }
      }
    }
  }
}

TEST(int8, rows_quantised_together_are_those_quantised_alone) {
  ThreadPool pool(1);
  for (const int n : {1, 127, 128, 300, 512}) {
    const std::vector<float> x = random_floats(13 * n, 5);
    const std::vector<float> factors = random_floats(n, 6);
    for (const Int8Isa* isa : int8_runnable()) {
      int8_set_active(*isa);
      std::vector<std::byte> together(int8_rows_bytes(13, n)), alone(together.size());
      const Int8Rows rows{together.data(), 13, n}, single{alone.data(), 13, n};
      quantise(matrix(x, 13, n), factors, pool, rows);
      for (int r = 0; r < 13; ++r) {
        quantise(matrix(x, 13, n).block(r, 1), factors, pool, single.block(r, 1));
      }
      EXPECT_EQ(together, alone) << isa->isa << " n " << n;
    }
  }
}

TEST(int8, codes_are_within_half_a_step) {
  const int n = 300;
  const std::vector<float> x = random_floats(n, 11, 3.0f);
  Bytes bytes(int8_rows_bytes(1, n));
  const Int8Rows rows{bytes.data(), 1, n};
  ThreadPool pool(1);
  quantise(matrix(x, 1, n), {}, pool, rows);
  const auto* codes = reinterpret_cast<const std::uint8_t*>(rows.record(0));
  const auto* scales = reinterpret_cast<const float*>(rows.record(0) + rows.scales_offset());
  const auto* zeros = reinterpret_cast<const std::int32_t*>(rows.record(0) + rows.zeros_offset());
  for (int k = 0; k < n; ++k) {
    const int g = k / kInt8Group;
    // Half a step for the code; the zero point's own rounding can push the ends half a step out.
    EXPECT_NEAR(float(int(codes[k]) - zeros[g]) * scales[g], x[k], 1.001f * scales[g]) << k;
  }
}

TEST(int8, the_largest_sums_do_not_overflow_or_saturate) {
  const int n_in = 256, n_out = 32, n_rows = 13;
  Problem problem(n_rows, n_out, n_in, 1);
  for (const float sign : {1.0f, -1.0f}) {
    for (float& v : problem.w) v = sign;
    for (float& v : problem.x) v = 2.0f;
    problem.weight = pack_for_all(problem.w, n_out, n_in, problem.packed.span());
    std::fill(problem.bias.begin(), problem.bias.end(), 0.0f);
    for (const Int8Isa* isa : int8_runnable()) {
      const WithIsa with(*isa);
      for (const float v : problem.run()) ASSERT_NEAR(v, sign * 512.0f, 1e-3f) << isa->isa;
    }
    for (float& v : problem.x) v = -2.0f;
    for (const Int8Isa* isa : int8_runnable()) {
      const WithIsa with(*isa);
      for (const float v : problem.run()) ASSERT_NEAR(v, sign * -512.0f, 1e-3f) << isa->isa;
    }
  }
}

// What lets AVX2 multiply pairs in 16 bits; and the others lose nothing to it.
TEST(int8, neighbouring_weights_keep_within_the_limit_of_pairs) {
  const int n_in = 300;
  int most = 0;
  for (const Int8Isa* isa : int8_runnable()) {
    const WithIsa with(*isa);
    for (unsigned seed = 0; seed < 40; ++seed) {
      std::vector<float> w = random_floats(16 * n_in, seed, 0.1f);
      if (seed % 4 == 1) std::fill(w.begin(), w.end(), seed % 8 == 1 ? 1.0f : -1.0f);
      if (seed % 4 == 2) w[10] = w[11] = seed % 8 == 2 ? 3.0f : -3.0f;
      if (seed % 4 == 3) {
        for (std::size_t k = 0; k < w.size(); ++k) w[k] = k % 2 == 0 ? 0.6350001f : 0.6449999f;
      }
      Bytes packed(weight_bytes(kInt8, 16, n_in));
      const Weight weight = pack_weight(kInt8, w.data(), 16, n_in, packed.span());
      const auto* codes = reinterpret_cast<const std::int8_t*>(weight.packed);
      for (int i = 0; i < int8_steps(n_in) * 64; i += 2) {
        const int above = std::max<int>(codes[i], 0) + std::max<int>(codes[i + 1], 0);
        const int below = std::min<int>(codes[i], 0) + std::min<int>(codes[i + 1], 0);
        ASSERT_LE(above, isa->pair_limit) << isa->isa << " " << seed << " at " << i;
        ASSERT_GE(below, -isa->pair_limit) << isa->isa << " " << seed << " at " << i;
        most = std::max({most, above, -below});
      }
    }
  }
  EXPECT_EQ(most, kInt8AnyPair);
}

// Pairs at the limit against the largest codes, and cancelling ones: no saturation, no carry.
TEST(int8, the_largest_pairs_are_exact) {
  const int n_in = 128;
  for (const auto& [a, b] : {std::array{127, 1}, std::array{64, 64}, std::array{1, 127},
                             std::array{-127, -1}, std::array{-64, -64}, std::array{127, -127}}) {
    Problem problem(7, 16, n_in, 1);
    for (std::size_t k = 0; k < problem.w.size(); ++k) problem.w[k] = float(k % 2 == 0 ? a : b);
    std::fill(problem.x.begin(), problem.x.end(), 255.0f);
    std::fill(problem.bias.begin(), problem.bias.end(), 0.0f);
    problem.weight = pack_for_all(problem.w, 16, n_in, problem.packed.span());
    for (const Int8Isa* isa : int8_runnable()) {
      const WithIsa with(*isa);
      for (const float v : problem.run()) {
        ASSERT_NEAR(v, 255.0f * 64 * float(a + b), 1.0f) << isa->isa << " " << a << " " << b;
      }
    }
  }
}

TEST(int8, zero_rows_and_zero_weights_give_the_bias) {
  Problem problem(5, 20, 130, 3);
  std::fill(problem.x.begin(), problem.x.end(), 0.0f);
  for (const Int8Isa* isa : int8_runnable()) {
    const WithIsa with(*isa);
    const std::vector<float> out = problem.run();
    for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], problem.bias[i % 20]);
  }
  problem.x = random_floats(problem.x.size(), 8);
  std::fill(problem.w.begin(), problem.w.end(), 0.0f);
  problem.weight = pack_weight(kInt8, problem.w.data(), 20, 130, problem.packed.span());
  const std::vector<float> out = problem.run();
  for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], problem.bias[i % 20]);
}

TEST(int8, no_rows_is_no_work) {
  Problem problem(1, 16, 16, 3);
  ThreadPool pool(2);
  EXPECT_TRUE(problem.run(nullptr, 0, 0).empty());
  EXPECT_TRUE(problem.run(&pool, 0, 0).empty());
}

TEST(int8, agrees_with_f32_within_the_rounding_of_codes) {
  // A weight is off by at most w_step / 2 and an activation by at most a_step (half a step for its
  // code, half for the zero point at the range's ends), so a group of products is off by at most
  //   sum |w| * a_step + sum |a| * w_step / 2 + 128 * a_step * w_step / 2,
  // plus f32 rounding, far below it.
  for (const auto& [n_rows, n_out, n_in] :
       {std::array{3, 40, 200}, std::array{13, 130, 384}, std::array{2, 16, 1536}}) {
    Problem problem(n_rows, n_out, n_in, unsigned(n_in));
    const std::vector<float> got = problem.run();
    for (int r = 0; r < n_rows; ++r) {
      for (int o = 0; o < n_out; ++o) {
        double exact = problem.bias[o], bound = 1e-4;
        for (int first = 0; first < n_in; first += kInt8Group) {
          double low = 0, high = 0, w_max = 0, sum_w = 0, sum_a = 0;
          for (int k = first; k < std::min(first + kInt8Group, n_in); ++k) {
            const double a = problem.x[std::size_t(r) * n_in + k];
            const double w = problem.w[std::size_t(o) * n_in + k];
            exact += a * w;
            low = std::min(low, a);
            high = std::max(high, a);
            w_max = std::max(w_max, std::fabs(w));
            sum_w += std::fabs(w);
            sum_a += std::fabs(a);
          }
          const double a_step = (high - low) / 255, w_step = w_max / 127;
          bound += sum_w * a_step + sum_a * w_step / 2 + 64 * a_step * w_step;
        }
        ASSERT_NEAR(got[std::size_t(r) * n_out + o], exact, bound);
        // Errors are independent, so the bound must be far from reached.
        ASSERT_NEAR(got[std::size_t(r) * n_out + o], exact, bound / 4);
      }
    }
  }
}

TEST(int8, any_number_of_threads_gives_the_same_bits) {
  for (const auto& [n_rows, n_out, n_in] : {std::array{1, 700, 256}, std::array{12, 384, 384},
                                            std::array{333, 200, 130}, std::array{500, 48, 512}}) {
    Problem problem(n_rows, n_out, n_in, unsigned(n_rows));
    const std::vector<float> expected = problem.run();
    for (int n_threads : {1, 2, 3, 4, 16}) {
      ThreadPool pool(n_threads);
      ASSERT_TRUE(same_bits(problem.run(&pool), expected)) << n_rows << " rows " << n_threads;
    }
  }
}

TEST(int8, a_row_alone_has_the_bits_it_has_in_a_batch) {
  Problem problem(61, 150, 300, 77);
  ThreadPool pool(2);
  const std::vector<float> all = problem.run(&pool);
  for (int r = 0; r < problem.n_rows; ++r) {
    const std::vector<float> one = problem.run(nullptr, r, 1);
    ASSERT_EQ(std::memcmp(one.data(), all.data() + std::size_t(r) * 150, 150 * sizeof(float)), 0)
        << r;
  }
}

/// The rows of a problem, quantised.
struct Quantised {
  Bytes bytes;
  Int8Rows rows;
  Quantised(Matrix<const float> x, std::span<const float> factors)
      : bytes(int8_rows_bytes(x.rows, x.cols)), rows{bytes.data(), x.rows, x.cols} {
    ThreadPool pool(1);
    quantise(x, factors, pool, rows);
  }
};

TEST(int8, a_residual_is_added_and_bf16_written) {
  Problem problem(30, 150, 64, 5);
  const std::vector<float> plain = problem.run();
  std::vector<float> x = random_floats(plain.size(), 6);
  std::vector<float> expected(plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) expected[i] = plain[i] + x[i];

  const Quantised q(matrix(problem.x, 30, 64), {});
  std::vector<std::uint16_t> bf16(plain.size());
  ThreadPool pool(3);
  Product product = problem.product();
  product.residual = matrix(x, 30, 150);
  product.out = Matrix<float>(x.data(), 30, 150);
  product.out.bf16 = {bf16.data(), 30, 150};
  multiply(only_int8(q.rows), product, pool);
  EXPECT_TRUE(same_bits(x, expected));
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(bf16[i], bf16_from_f32(x[i]));
}

TEST(int8, requantising_in_the_product_equals_storing_and_quantising) {
  const int n_rows = 70, n_out = 300, n_in = 140;
  Problem problem(n_rows, n_out, n_in, 5);
  const std::vector<float> factors = random_floats(n_out, 12);
  const Quantised q(matrix(problem.x, n_rows, n_in), {});
  Product product = problem.product();
  product.activation = Activation::kRelu;

  std::vector<float> stored(std::size_t(n_rows) * n_out);
  product.out = Matrix<float>(stored.data(), n_rows, n_out);
  ThreadPool alone(1);
  multiply(only_int8(q.rows), product, alone);
  const Quantised expected(matrix(stored, n_rows, n_out), factors);

  for (int n_threads : {1, 4}) {
    Bytes bytes(int8_rows_bytes(n_rows, n_out));
    const Int8Rows got{bytes.data(), n_rows, n_out};
    ThreadPool pool(n_threads);
    product.out = only_int8(got);
    product.out.factors = factors;
    multiply(only_int8(q.rows), product, pool);
    // Both buffers began with the same pattern, so whole records may be compared.
    EXPECT_EQ(std::memcmp(got.data, expected.rows.data, int8_rows_bytes(n_rows, n_out)), 0);
  }
}

TEST(int8, gelu_before_requantising_is_within_a_step_of_the_exact_one) {
  const int n_rows = 70, n_out = 300, n_in = 140;
  Problem problem(n_rows, n_out, n_in, 5);
  const Quantised q(matrix(problem.x, n_rows, n_in), {});
  Product product = problem.product();
  product.activation = Activation::kGelu;
  std::vector<float> stored(std::size_t(n_rows) * n_out);
  product.out = Matrix<float>(stored.data(), n_rows, n_out);
  ThreadPool pool(2);
  multiply(only_int8(q.rows), product, pool);
  const Quantised expected(matrix(stored, n_rows, n_out), {});
  Bytes bytes(int8_rows_bytes(n_rows, n_out));
  const Int8Rows got{bytes.data(), n_rows, n_out};
  product.out = only_int8(got);
  multiply(only_int8(q.rows), product, pool);
  for (int r = 0; r < n_rows; ++r) {
    const auto* codes = reinterpret_cast<const std::uint8_t*>(got.record(r));
    const auto* want = reinterpret_cast<const std::uint8_t*>(expected.rows.record(r));
    for (int i = 0; i < n_out; ++i) ASSERT_LE(std::abs(codes[i] - want[i]), 1);
  }
}

TEST(int8, layer_norm_quantises_what_it_writes) {
  const int n = 37, d = 200;
  const std::vector<float> x = random_floats(std::size_t(n) * d, 2);
  const std::vector<float> gamma = random_floats(d, 3), beta = random_floats(d, 4);
  const std::vector<float> factors = random_floats(d, 5);
  std::vector<float> expected(x.size()), got(x.size());
  ThreadPool pool(2);
  const Norm norm{.eps = 1e-12f, .weight = gamma, .bias = beta};
  norm_rows(norm, matrix(x, n, d), Matrix<float>(expected.data(), n, d), pool);
  const Quantised q(matrix(expected, n, d), factors);

  Bytes bytes(int8_rows_bytes(n, d));
  const Int8Rows rows{bytes.data(), n, d};
  Activations out = Matrix<float>(got.data(), n, d);
  out.int8 = rows;
  out.factors = factors;
  norm_rows(norm, matrix(x, n, d), out, pool);
  EXPECT_TRUE(same_bits(got, expected));
  EXPECT_EQ(std::memcmp(rows.data, q.rows.data, int8_rows_bytes(n, d)), 0);
}

TEST(int8, records_are_an_odd_number_of_lines) {
  for (int n_in : {1, 64, 100, 384, 768, 1024, 1536, 3072, 4096}) {
    const Int8Rows rows{nullptr, 1, n_in};
    EXPECT_EQ(rows.row_bytes() % 128, 64u) << n_in;
    EXPECT_GE(rows.row_bytes(), rows.zeros_offset() + std::size_t(int8_groups(n_in)) * 4);
    EXPECT_GE(rows.scales_offset(), std::size_t(int8_steps(n_in)) * 4);
  }
}

}  // namespace
}  // namespace quern::kernels
