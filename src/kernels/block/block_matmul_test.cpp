// The products with block formats: against exact sums, and every instruction set, batch and number
// of threads against the plain version's bits.

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/block/block_isa.h"
#include "kernels/block/block_layout.h"
#include "kernels/block/test_block_weights.h"
#include "kernels/linear.h"
#include "kernels/test_floats.h"

namespace quern::kernels {
namespace {

/// Rows of f32 and the same quantised.
struct Rows {
  Rows(int n_rows, int n_in, unsigned seed = 5)
      : Rows(random_floats(static_cast<std::size_t>(n_rows) * n_in, seed), n_rows, n_in) {}
  Rows(std::vector<float> x, int n_rows, int n_in)
      : values(std::move(x)),
        bytes(aligned_block(block_rows_bytes(n_rows, n_in))),
        input(Matrix<float>(values.data(), n_rows, n_in)) {
    if (n_in % 32 != 0) return;
    input.blocks = {bytes.get(), n_rows, n_in};
    convert_rows(input, ThreadPool::serial());
  }
  std::vector<float> values;
  AlignedBlock bytes;
  Activations input;
};

std::vector<float> product(const Activations& x, const Weight& w, ThreadPool& pool) {
  std::vector<float> out(static_cast<std::size_t>(x.n_rows) * w.n_out);
  multiply(x, {.linear = {.weight = w}, .out = Matrix<float>(out.data(), x.n_rows, w.n_out)}, pool);
  return out;
}

/// Runs `test` once with each version of the kernels.
template <typename F>
void with_each_isa(const F& test) {
  const BlockIsa& before = block_active();
  for (const BlockIsa* isa : block_runnable()) {
    SCOPED_TRACE(isa->isa);
    block_set_active(*isa);
    test(*isa);
  }
  block_set_active(before);
}

TEST(quantise_block_row, worked_example) {
  // Largest magnitude 127: scale 1, codes are the numbers rounded, ties to even.
  std::vector<float> x(32, 0.0f);
  x[0] = 127.0f;
  x[1] = 2.5f;
  x[2] = 3.5f;
  x[20] = -7.2f;
  with_each_isa([&](const BlockIsa&) {
    const Rows rows(x, 1, 32);
    const RowBlock& block = *rows.input.blocks.record(0);
    EXPECT_EQ(block.scale, 1.0f);
    EXPECT_EQ(block.codes[0], 127);
    EXPECT_EQ(block.codes[1], 2);
    EXPECT_EQ(block.codes[2], 4);
    EXPECT_EQ(block.codes[20], -7);
    EXPECT_EQ(block.minus_halves[0], -133);
    EXPECT_EQ(block.minus_halves[1], 7);
    EXPECT_EQ(block.minus_sum, -126);
    EXPECT_EQ(block.scaled_sum, 126.0f);
    EXPECT_EQ(block.scaled_halves[1], -7.0f);
  });
}

TEST(quantise_block_row, every_isa_gives_the_bytes_of_plain) {
  std::vector<float> x = random_floats(32 * 64, 8);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] *= std::pow(10.0f, static_cast<float>(i / 32) - 32);
  std::fill(x.begin() + 64, x.begin() + 96, 0.0f);
  x[100] = std::numeric_limits<float>::infinity();
  x[140] = std::numeric_limits<float>::quiet_NaN();
  std::vector<RowBlock> want(64), got(64);
  block_plain.quantise(x.data(), 64, want.data());
  for (const BlockIsa* isa : block_runnable()) {
    isa->quantise(x.data(), 64, got.data());
    for (int b = 0; b < 64; ++b) {
      if (std::isnan(want[b].scale)) {
        EXPECT_TRUE(std::isnan(got[b].scale) && std::isnan(got[b].scaled_sum)) << isa->isa;
        continue;
      }
      EXPECT_EQ(std::memcmp(&got[b], &want[b], sizeof(RowBlock)), 0) << isa->isa << " block " << b;
    }
  }
}

TEST(block_matmul, is_the_exact_product_of_the_dequantised_values) {
  constexpr int kIn = 512, kOut = 40, kRows = 3;
  const Rows x(kRows, kIn);
  for (const BlockFormat format : kBlockFormats) {
    const PackedBlocks w(format, kOut, kIn);
    const std::vector<float> got = product(x.input, w.weight, ThreadPool::serial());
    for (int r = 0; r < kRows; ++r) {
      for (int o = 0; o < kOut; ++o) {
        double want = 0;
        double size = 0;
        for (int i = 0; i < kIn; ++i) {
          const RowBlock& block = x.input.blocks.record(r)[i / 32];
          const double a = takes_block_rows(format)
                               ? static_cast<double>(block.scale) * block.codes[i % 32]
                               : x.values[r * kIn + i];
          want += a * w.values[o * kIn + i];
          size += std::abs(a * w.values[o * kIn + i]);
        }
        // Minima are subtracted from sums up to 4 times as large as the sum of the values'
        // magnitudes; each of some 70 operations (512 for f32) errs by at most 2^-24 of those.
        EXPECT_NEAR(got[r * kOut + o], want, 4 * size * 512 * 6e-8) << block_layout(format).name;
      }
    }
  }
}

TEST(block_matmul, every_isa_gives_the_bits_of_plain_for_all_rows) {
  ThreadPool pools[] = {ThreadPool(1), ThreadPool(2), ThreadPool(3)};
  for (const BlockFormat format : kBlockFormats) {
    for (const int n_in : {256, 1280}) {
      const PackedBlocks w(format, 56, n_in);
      const Rows all(112, n_in);
      const BlockIsa& before = block_active();
      block_set_active(block_plain);
      const std::vector<float> want = product(all.input, w.weight, ThreadPool::serial());
      block_set_active(before);
      with_each_isa([&](const BlockIsa&) {
        for (const int n : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 23, 64, 112}) {
          const int first = (112 - n) / 2;
          const Activations x = all.input.block(first, n);
          const std::vector<float> part(want.begin() + first * 56, want.begin() + (first + n) * 56);
          EXPECT_EQ(product(x, w.weight, pools[n % 3]), part)
              << block_layout(format).name << " " << n << "x" << n_in;
        }
      });
    }
  }
}

TEST(block_matmul, an_odd_number_of_blocks) {
  for (const BlockFormat format : kBlockFormats) {
    if (block_layout(format).n_elements == 256) continue;
    const PackedBlocks w(format, 33, 608);
    const Rows x(14, 608);
    const BlockIsa& before = block_active();
    block_set_active(block_plain);
    const std::vector<float> want = product(x.input, w.weight, ThreadPool::serial());
    block_set_active(before);
    with_each_isa([&](const BlockIsa&) {
      EXPECT_EQ(product(x.input, w.weight, ThreadPool::serial()), want)
          << block_layout(format).name;
    });
  }
}

// The largest codes against the largest rows: sums of 16 bits must not saturate.
TEST(block_matmul, extreme_codes_are_exact) {
  std::vector<float> x(512);
  for (int i = 0; i < 512; ++i) x[i] = i / 256 == 0 ? 1.0f : -1.0f;
  for (const BlockFormat format : kBlockFormats) {
    if (!takes_block_rows(format)) continue;
    for (const int fill : {0x00, 0x0f, 0x7f, 0x80, 0xff}) {
      // All bytes but the f16 fields, which come from random blocks.
      std::vector<std::byte> blocks = random_blocks(format, 16, 512, 1);
      const int n_bytes = block_layout(format).n_bytes;
      const BlockShape& shape = *find_block_shape(format);
      const int tail = n_bytes - shape.group_inputs * (shape.low_bits + shape.high_bits) / 8;
      const bool scales_last =
          format == BlockFormat::kQ3K || format == BlockFormat::kQ6K || format == BlockFormat::kQ2K;
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        const int at = static_cast<int>(i % n_bytes);
        const bool code = format == BlockFormat::kQ2K   ? at >= 16 && at < 80
                          : format == BlockFormat::kQ3K ? at < 96
                          : scales_last                 ? at < n_bytes - tail
                                                        : at >= tail;
        if (code) blocks[i] = static_cast<std::byte>(fill);
      }
      const PackedBlocks w(format, 16, 512, blocks);
      std::vector<float> rows(x);
      rows.insert(rows.end(), x.begin(), x.end());
      const Rows two(rows, 2, 512);
      const BlockIsa& before = block_active();
      block_set_active(block_plain);
      const std::vector<float> want = product(two.input, w.weight, ThreadPool::serial());
      block_set_active(before);
      with_each_isa([&](const BlockIsa&) {
        EXPECT_EQ(product(two.input, w.weight, ThreadPool::serial()), want)
            << block_layout(format).name << " " << fill;
      });
    }
  }
}

TEST(block_matmul, several_weights_share_a_job) {
  ThreadPool pool(3);
  for (const int n_rows : {1, 7, 200}) {
    const Rows x(n_rows, 256);
    const PackedBlocks a(BlockFormat::kQ4K, 80, 256, 1), b(BlockFormat::kQ6K, 16, 256, 2),
        c(BlockFormat::kF16, 24, 256, 3);
    const std::vector<float> want_a = product(x.input, a.weight, pool);
    const std::vector<float> want_b = product(x.input, b.weight, pool);
    std::vector<float> want_c = product(x.input, c.weight, pool);
    const std::vector<float> bias = random_floats(24, 4);
    std::vector<float> out_a(want_a.size()), out_b(want_b.size());
    std::vector<float> out_c = random_floats(want_c.size(), 6);  // Its own residual.
    for (std::size_t i = 0; i < want_c.size(); ++i) {
      want_c[i] = want_c[i] + bias[i % 24];
      want_c[i] = want_c[i] + out_c[i];
    }
    const Product products[] = {
        {.linear = {.weight = a.weight}, .out = Matrix<float>(out_a.data(), n_rows, 80)},
        {.linear = {.weight = b.weight}, .out = Matrix<float>(out_b.data(), n_rows, 16)},
        {.linear = {.weight = c.weight, .bias = bias},
         .residual = {out_c.data(), n_rows, 24},
         .out = Matrix<float>(out_c.data(), n_rows, 24)},
    };
    multiply(x.input, products, pool);
    EXPECT_EQ(out_a, want_a);
    EXPECT_EQ(out_b, want_b);
    EXPECT_EQ(out_c, want_c);
  }
}

TEST(block_matmul, a_row_with_nan_is_nan_and_its_neighbours_are_not) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    std::vector<float> values = random_floats(9 * 256, 3);
    values[4 * 256 + 17] = bad;
    const Rows x(values, 9, 256);
    const PackedBlocks w(BlockFormat::kQ4_0, 16, 256);
    with_each_isa([&](const BlockIsa&) {
      const Rows rows(values, 9, 256);
      const std::vector<float> got = product(rows.input, w.weight, ThreadPool::serial());
      for (int i = 0; i < 9 * 16; ++i) EXPECT_EQ(std::isnan(got[i]), i / 16 == 4) << i;
    });
  }
}

TEST(block_matmul, no_rows_is_no_work) {
  const PackedBlocks w(BlockFormat::kQ4_0, 16, 256);
  Activations none;
  none.n_cols = 256;
  multiply(none, {.linear = {.weight = w.weight}, .out = Matrix<float>(nullptr, 0, 16)},
           ThreadPool::serial());
}

}  // namespace
}  // namespace quern::kernels
