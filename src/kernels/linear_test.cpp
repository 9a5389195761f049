// Blocked, multi-threaded products against sums in double, and their bits across
// batches and thread counts. Runs on the active instruction set; the test command repeats it for
// every one this CPU has.

#include "kernels/linear.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/test_floats.h"
#include "tensor/dtype.h"

namespace quern::kernels {
namespace {

struct PackedWeight {
  PackedWeight(Precision precision, const std::vector<float>& values, int n_out, int n_in)
      : PackedWeight(weight_format(precision, BlockFormat::kF32), values, n_out, n_in) {}
  PackedWeight(WeightFormat format, const std::vector<float>& values, int n_out, int n_in)
      : bytes(aligned_bytes(weight_bytes(format, n_out, n_in))),
        weight(pack_weight(format, values.data(), n_out, n_in,
                           {bytes.get(), weight_bytes(format, n_out, n_in)})) {}
  AlignedBytes bytes;
  Weight weight;
};

TEST(matmul_f32, agrees_with_sums_in_double) {
  ThreadPool pool(2);
  for (const auto& [n_rows, n_in, n_out] : {std::tuple{1, 384, 384}, std::tuple{13, 48, 80},
                                            std::tuple{200, 96, 33}, std::tuple{7, 5000, 40}}) {
    const auto w = random_floats(static_cast<std::size_t>(n_out) * n_in, 1);
    auto x = random_floats(static_cast<std::size_t>(n_rows) * n_in, 2);
    const auto bias = random_floats(n_out, 3);
    const auto residual = random_floats(static_cast<std::size_t>(n_rows) * n_out, 4);
    const PackedWeight packed(Precision::kF32, w, n_out, n_in);
    std::vector<float> out(residual);
    const Matrix<float> out_m(out.data(), n_rows, n_out);
    multiply(Matrix<float>(x.data(), n_rows, n_in),
             {.linear = {.weight = packed.weight, .bias = bias}, .residual = out_m, .out = out_m},
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

class Matmul : public testing::TestWithParam<int> {};

// The longer rows are multiplied in several pieces, the last of them no whole number of registers.
TEST_P(Matmul, rows_and_threads_do_not_change_bits) {
  const int n_in = GetParam(), n_out = 144, n_rows = 301;
  const auto w = random_floats(static_cast<std::size_t>(n_out) * n_in, 1);
  auto x = random_floats(static_cast<std::size_t>(n_rows) * n_in, 2);
  std::vector<std::uint16_t> x16;
  for (const float v : x) x16.push_back(bf16_from_f32(v));
  const PackedWeight f32(Precision::kF32, w, n_out, n_in);
  const PackedWeight bf16(Precision::kBf16, w, n_out, n_in);
  const auto run = [&](int first, int n, int n_threads) {
    ThreadPool pool(n_threads);
    std::vector<float> out(static_cast<std::size_t>(2 * n) * n_out);
    const Matrix<float> all(out.data(), 2 * n, n_out);
    multiply(Matrix<float>(x.data() + first * n_in, n, n_in),
             {.linear = {.weight = f32.weight}, .out = all.block(0, n)}, pool);
    multiply(Matrix<std::uint16_t>(x16.data() + first * n_in, n, n_in),
             {.linear = {.weight = bf16.weight}, .out = all.block(n, n)}, pool);
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

INSTANTIATE_TEST_SUITE_P(Inputs, Matmul, testing::Values(384, 1500));

TEST(matmul_f32, no_rows_is_no_work) {
  const PackedWeight w(Precision::kF32, random_floats(64, 1), 8, 8);
  ThreadPool pool(2);
  multiply(Matrix<float>(nullptr, 0, 8),
           {.linear = {.weight = w.weight}, .out = Matrix<float>(nullptr, 0, 8)}, pool);
}

// Query, key and value rows read several weights of several kinds, and their results go where each
// next product wants them: the same numbers as one at a time.
TEST(multiply, several_products_in_several_forms) {
  const int n_in = 64, n_out = 96, n_rows = 21;
  auto x = random_floats(static_cast<std::size_t>(n_rows) * n_in, 2);
  const auto w = random_floats(static_cast<std::size_t>(n_out) * n_in, 1);
  const PackedWeight f32(Precision::kF32, w, n_out, n_in);
  const PackedWeight int8(Precision::kInt8, w, n_out, n_in);
  const auto storage = [](std::size_t n) {
    return std::unique_ptr<std::byte, AlignedFree>(
        static_cast<std::byte*>(std::aligned_alloc(64, (n + 63) / 64 * 64)));
  };
  const auto in_bytes = storage(int8_rows_bytes(n_rows, n_in));
  Activations in = Matrix<float>(x.data(), n_rows, n_in);
  in.int8 = {in_bytes.get(), n_rows, n_in};
  for (const int n_threads : {1, 3}) {
    ThreadPool pool(n_threads);
    convert_rows(in, pool);
    std::vector<float> all(static_cast<std::size_t>(n_rows) * 3 * n_out, -1.0f);
    const Matrix<float> out(all.data(), n_rows, 3 * n_out);
    const Product products[] = {
        {.linear = {.weight = f32.weight}, .out = out.columns(0, n_out)},
        {.linear = {.weight = f32.weight},
         .activation = Activation::kRelu,
         .out = out.columns(n_out, n_out)},
        {.linear = {.weight = int8.weight}, .out = out.columns(2 * n_out, n_out)}};
    multiply(in, products, pool);
    std::vector<float> alone(static_cast<std::size_t>(n_rows) * n_out);
    for (int i = 0; i < 3; ++i) {
      Product product = products[i];
      product.out = Matrix<float>(alone.data(), n_rows, n_out);
      multiply(in, product, ThreadPool::serial());
      for (int r = 0; r < n_rows; ++r) {
        for (int o = 0; o < n_out; ++o) {
          ASSERT_EQ(out.row_data(r)[i * n_out + o], alone[static_cast<std::size_t>(r * n_out + o)]);
        }
      }
    }
    // Forms that a product does not make itself are made from its f32 result.
    const auto made = storage(int8_rows_bytes(n_rows, n_out));
    const auto want = storage(int8_rows_bytes(n_rows, n_out));
    std::memset(made.get(), 0, int8_rows_bytes(n_rows, n_out));
    std::memset(want.get(), 0, int8_rows_bytes(n_rows, n_out));
    Product product = products[0];
    product.out = Matrix<float>(alone.data(), n_rows, n_out);
    product.out.int8 = {made.get(), n_rows, n_out};
    multiply(in, product, pool);
    Activations converted = product.out;
    converted.int8 = {want.get(), n_rows, n_out};
    convert_rows(converted, pool);
    EXPECT_EQ(std::memcmp(made.get(), want.get(), int8_rows_bytes(n_rows, n_out)), 0);
  }
}

}  // namespace
}  // namespace quern::kernels
