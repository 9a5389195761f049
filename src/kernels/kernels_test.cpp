// Each instruction set's table against the plain one, which is the meaning.

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/table.h"
#include "kernels/test_floats.h"
#include "kernels/weight.h"
#include "tensor/dtype.h"

namespace quern::kernels {
namespace {

// Sizes around the vector widths, plus real model widths.
constexpr int kWidths[] = {1, 7, 8, 9, 15, 16, 17, 31, 33, 48, 384, 1000};

// A packed random [n_out, n_in] matrix and its plain values as the precision holds them.
struct RandomWeight {
  RandomWeight(Precision precision, int n_out, int n_in)
      : RandomWeight(weight_format(precision, BlockFormat::kF32), n_out, n_in) {
    if (precision == Precision::kBf16) {
      for (float& v : values) v = f32_from_bf16(bf16_from_f32(v));
    }
  }
  RandomWeight(WeightFormat format, int n_out, int n_in)
      : values(random_floats(static_cast<std::size_t>(n_out) * n_in, 7)),
        bytes(aligned_bytes(weight_bytes(format, n_out, n_in))),
        weight(pack_weight(format, values.data(), n_out, n_in,
                           {bytes.get(), weight_bytes(format, n_out, n_in)})) {}
  std::vector<float> values;
  AlignedBytes bytes;
  Weight weight;
};

// 32-bit steps of the inputs: see Tile.
int n_steps(const Weight& w) {
  return w.format.kind == WeightFormat::Kind::kBf16Pairs ? (w.n_in + 1) / 2 : w.n_in;
}

std::vector<std::uint16_t> to_bf16(const std::vector<float>& x) {
  std::vector<std::uint16_t> out;
  for (const float v : x) out.push_back(bf16_from_f32(v));
  return out;
}

std::vector<float> run_tile(const Table& table, const Weight& w, const void* x, int n_rows) {
  std::vector<float> c(static_cast<std::size_t>(n_rows) * w.n_panels() * 16, 0.0f);
  const Tile tile{.a = x,
                  .a_stride = n_steps(w),
                  .b = w.packed,
                  .b_stride = static_cast<std::ptrdiff_t>(n_steps(w)) * 16,
                  .n_steps = n_steps(w),
                  .c = c.data(),
                  .c_stride = w.n_panels() * 16,
                  .n_rows = n_rows,
                  .n_panels = w.n_panels(),
                  .accumulate = false};
  if (w.format.kind == WeightFormat::Kind::kStored) {
    table.tile_f32(tile);
  } else {
    table.tile_bf16(tile);
  }
  return c;
}

TEST(tile_f32, worked_example) {
  // x = [1 2 3], W = [[1 0 0], [0 1 1]]: x W^T = [1, 5].
  const std::vector<float> w = {1, 0, 0, 0, 1, 1};
  const AlignedBytes packed = aligned_bytes(weight_bytes(WeightFormat{}, 2, 3));
  const Weight weight = pack_weight(WeightFormat{}, w.data(), 2, 3,
                                    {packed.get(), weight_bytes(WeightFormat{}, 2, 3)});
  const std::vector<float> x = {1, 2, 3};
  for (const Table* table : runnable()) {
    const std::vector<float> c = run_tile(*table, weight, x.data(), 1);
    EXPECT_EQ(c[0], 1.0f) << table->isa;
    EXPECT_EQ(c[1], 5.0f) << table->isa;
    EXPECT_EQ(c[2], 0.0f) << table->isa;
  }
}

TEST(tile_f32, every_isa_gives_the_bits_of_plain) {
  for (const int n_out : {1, 16, 33, 80, 144}) {
    for (const int n_in : {1, 5, 64, 384}) {
      const RandomWeight w(Precision::kF32, n_out, n_in);
      const auto x = random_floats(static_cast<std::size_t>(n_in) * 12, 3);
      for (const Table* table : runnable()) {
        for (int n_rows = 1; n_rows <= table->tile_f32.rows; ++n_rows) {
          std::vector<float> want;
          for (int r = 0; r < n_rows; ++r) {
            const auto row = run_tile(plain_table, w.weight, x.data() + r * n_in, 1);
            want.insert(want.end(), row.begin(), row.end());
          }
          EXPECT_EQ(run_tile(*table, w.weight, x.data(), n_rows), want)
              << table->isa << " " << n_rows << "x" << n_in << "x" << n_out;
        }
      }
    }
  }
}

TEST(tile_f32, accumulating_over_pieces_gives_the_same_bits) {
  const RandomWeight w(Precision::kF32, 48, 100);
  const auto x = random_floats(300, 4);
  for (const Table* table : runnable()) {
    const std::vector<float> whole = run_tile(*table, w.weight, x.data(), 3);
    std::vector<float> c(whole.size(), 9.0f);
    for (const auto& [first, n] : {std::pair{0, 37}, std::pair{37, 1}, std::pair{38, 62}}) {
      table->tile_f32({.a = x.data() + first,
                       .a_stride = 100,
                       .b = w.weight.packed + first * 64,
                       .b_stride = 1600,
                       .n_steps = n,
                       .c = c.data(),
                       .c_stride = 48,
                       .n_rows = 3,
                       .n_panels = 3,
                       .accumulate = first > 0});
    }
    EXPECT_EQ(c, whole) << table->isa;
  }
}

TEST(tile_bf16, accumulating_over_pieces_of_whole_registers_gives_the_same_bits) {
  const RandomWeight w(Precision::kBf16, 48, 200);  // 100 steps
  const auto x16 = to_bf16(random_floats(200 * kMaxTileRows, 4));
  for (const Table* table : runnable()) {
    for (const int n_rows : {1, 17, 32}) {
      if (n_rows > table->tile_bf16.rows) continue;
      const std::vector<float> whole = run_tile(*table, w.weight, x16.data(), n_rows);
      std::vector<float> c(whole.size(), 9.0f);
      for (const auto& [first, n] : {std::pair{0, 16}, std::pair{16, 48}, std::pair{64, 36}}) {
        table->tile_bf16({.a = x16.data() + 2 * first,
                          .a_stride = 100,
                          .b = w.weight.packed + first * 64,
                          .b_stride = 1600,
                          .n_steps = n,
                          .c = c.data(),
                          .c_stride = 48,
                          .n_rows = n_rows,
                          .n_panels = 3,
                          .accumulate = first > 0});
      }
      EXPECT_EQ(c, whole) << table->isa << " " << n_rows;
    }
  }
}

TEST(tile_bf16, every_isa_agrees_with_the_exact_sum_of_its_inputs) {
  for (const int n_out : {1, 33, 144}) {
    for (const int n_in : {2, 5, 64, 384}) {
      const RandomWeight w(Precision::kBf16, n_out, n_in);
      const int n_padded = (n_in + 1) / 2 * 2;
      auto x = random_floats(static_cast<std::size_t>(n_padded) * kMaxTileRows, 3);
      const auto x16 = to_bf16(x);
      for (const Table* table : runnable()) {
        const int n_rows = table->tile_bf16.rows;
        const auto got = run_tile(*table, w.weight, x16.data(), n_rows);
        for (int r = 0; r < n_rows; ++r) {
          for (int o = 0; o < n_out; ++o) {
            double want = 0;
            double size = 0;  // Each of n_in roundings errs by at most 2^-24 of a partial sum.
            for (int i = 0; i < n_in; ++i) {
              const double p = static_cast<double>(f32_from_bf16(x16[r * n_padded + i])) *
                               w.values[static_cast<std::size_t>(o) * n_in + i];
              want += p;
              size += std::abs(p);
            }
            EXPECT_NEAR(got[r * w.weight.n_panels() * 16 + o], want, size * n_in * 6e-8 + 1e-30)
                << table->isa;
          }
        }
      }
    }
  }
}

TEST(tile_bf16, a_row_alone_has_the_bits_it_has_among_others) {
  const RandomWeight w(Precision::kBf16, 144, 384);
  const auto x16 = to_bf16(random_floats(384 * kMaxTileRows, 5));
  for (const Table* table : runnable()) {
    const auto all = run_tile(*table, w.weight, x16.data(), table->tile_bf16.rows);
    for (int r = 0; r < table->tile_bf16.rows; ++r) {
      const auto alone = run_tile(*table, w.weight, x16.data() + r * 384, 1);
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + r * 144)) << table->isa;
    }
  }
}

TEST(finish_row, every_isa_agrees_with_plain) {
  for (const Table* table : runnable()) {
    for (const int n : kWidths) {
      for (const auto activation :
           {Activation::kNone, Activation::kGelu, Activation::kGeluTanh, Activation::kRelu}) {
        const auto c = random_floats(n, n, 3.0f);
        const auto bias = random_floats(n, n + 1);
        const auto residual = random_floats(n, n + 2);
        std::vector<float> want(n), got(n, 9.0f);
        std::vector<std::uint16_t> got16(n);
        Finish f{.c = c.data(),
                 .bias = bias.data(),
                 .residual = residual.data(),
                 .activation = activation,
                 .n = n,
                 .out = want.data()};
        plain_table.finish_row(f);
        f.out = got.data();
        f.out_bf16 = got16.data();
        table->finish_row(f);
        for (int i = 0; i < n; ++i) {
          EXPECT_NEAR(got[i], want[i], 3e-6) << table->isa << " n=" << n << " i=" << i;
          EXPECT_EQ(got16[i], bf16_from_f32(got[i]));
        }
      }
    }
  }
}

TEST(finish_row, gelu_is_the_exact_one_over_its_whole_range) {
  for (const Table* table : runnable()) {
    std::vector<float> x;
    for (float v = -30.0f; v <= 30.0f; v += 0.003f) x.push_back(v);
    std::vector<float> got(x.size());
    table->finish_row({.c = x.data(),
                       .activation = Activation::kGelu,
                       .n = static_cast<int>(x.size()),
                       .out = got.data()});
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double want = x[i] * 0.5 * std::erfc(-static_cast<double>(x[i]) / std::sqrt(2.0));
      EXPECT_NEAR(got[i], want, 2.5e-6 + 2e-7 * std::abs(want)) << table->isa << " x=" << x[i];
    }
  }
}

TEST(finish_row, gelu_for_bf16_is_within_the_rounding) {
  for (const Table* table : runnable()) {
    std::vector<float> x;
    for (float v = -30.0f; v <= 30.0f; v += 0.003f) x.push_back(v);
    std::vector<std::uint16_t> got(x.size());
    table->finish_row({.c = x.data(),
                       .activation = Activation::kGelu,
                       .n = static_cast<int>(x.size()),
                       .out_bf16 = got.data()});
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double want = x[i] * 0.5 * std::erfc(-static_cast<double>(x[i]) / std::sqrt(2.0));
      EXPECT_NEAR(f32_from_bf16(got[i]), want, 2e-5 + std::abs(want) / 256) << table->isa;
    }
  }
}

TEST(layer_norm_row, worked_example) {
  // Mean 2, variance 1: (1, 3) becomes (-1, 1) x gamma + beta.
  const float x[] = {1, 3}, gamma[] = {2, 2}, beta[] = {1, 0};
  for (const Table* table : runnable()) {
    float out[2] = {};
    table->layer_norm_row(x, gamma, beta, 2, 0.0f, out, nullptr);
    EXPECT_NEAR(out[0], -1.0f, 1e-6) << table->isa;
    EXPECT_NEAR(out[1], 2.0f, 1e-6) << table->isa;
  }
}

TEST(layer_norm_row, every_isa_agrees_with_plain) {
  for (const Table* table : runnable()) {
    for (const int d : kWidths) {
      const auto x = random_floats(d, d, 2.0f);
      const auto gamma = random_floats(d, d + 1);
      const auto beta = random_floats(d, d + 2);
      std::vector<float> want(d), got(d);
      std::vector<std::uint16_t> got16(d);
      plain_table.layer_norm_row(x.data(), gamma.data(), beta.data(), d, 1e-12f, want.data(),
                                 nullptr);
      table->layer_norm_row(x.data(), gamma.data(), beta.data(), d, 1e-12f, got.data(),
                            got16.data());
      for (int i = 0; i < d; ++i) {
        if (d > 1) {
          EXPECT_NEAR(got[i], want[i], 1e-5) << table->isa << " d=" << d;
        }
        EXPECT_EQ(got16[i], bf16_from_f32(got[i]));
      }
    }
  }
}

TEST(softmax_row, blocks_carry_on_where_the_last_one_stopped) {
  const auto s = random_floats(100, 11, 4.0f);
  double largest = -1e30, sum = 0;
  for (const float v : s) largest = std::max(largest, 0.5 * v);
  for (const float v : s) sum += std::exp(0.5 * v - largest);
  for (const Table* table : runnable()) {
    float max_io = -std::numeric_limits<float>::infinity();
    float sum_io = 0;
    std::vector<float> first(s.begin(), s.begin() + 48), second(s.begin() + 48, s.end());
    second.resize(64, 7.0f);
    table->softmax_row(first.data(), 48, 48, 0.5f, &max_io, &sum_io);
    const float correction = table->softmax_row(second.data(), 52, 64, 0.5f, &max_io, &sum_io);
    EXPECT_NEAR(sum_io, sum, 1e-5 * sum) << table->isa;
    for (int i = 0; i < 48; ++i) {
      EXPECT_NEAR(first[i] * correction, std::exp(0.5 * s[i] - largest), 2e-6) << table->isa;
    }
    for (int i = 0; i < 52; ++i) {
      EXPECT_NEAR(second[i], std::exp(0.5 * s[48 + i] - largest), 2e-6) << table->isa;
    }
    for (int i = 52; i < 64; ++i) EXPECT_EQ(second[i], 0.0f) << table->isa;
  }
}

TEST(softmax_row_bf16, is_softmax_row_rounded) {
  for (const Table* table : runnable()) {
    for (const int n : {1, 15, 16, 17, 100, 256}) {
      const int n_padded = (n + 15) / 16 * 16;
      auto s = random_floats(n_padded, n, 5.0f);
      auto same = s;
      std::vector<std::uint16_t> got(n_padded, 7);
      float max_want = 0.5f, sum_want = 2.0f, max_got = 0.5f, sum_got = 2.0f;
      const float want = plain_table.softmax_row(s.data(), n, n_padded, 0.3f, &max_want, &sum_want);
      EXPECT_EQ(
          table->softmax_row_bf16(same.data(), n, n_padded, 0.3f, &max_got, &sum_got, got.data()),
          want)
          << table->isa;
      EXPECT_EQ(max_got, max_want);
      EXPECT_NEAR(sum_got, sum_want, 1e-5 * sum_want);
      for (int i = 0; i < n_padded; ++i) {
        EXPECT_NEAR(f32_from_bf16(got[i]), s[i], s[i] / 250) << table->isa << " n=" << n;
      }
    }
  }
}

TEST(transpose_16, every_isa_gives_what_plain_gives) {
  std::vector<std::uint32_t> rows(16 * 50);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint32_t>(i + 1);
  for (const Table* table : runnable()) {
    for (int n_rows = 1; n_rows <= 16; ++n_rows) {
      for (const int n_units : {1, 2, 8, 15, 16, 17, 32, 50}) {
        std::vector<std::uint32_t> got(50 * 16, 7), want(got);
        plain_table.transpose_16(rows.data(), 50, n_rows, n_units, want.data());
        table->transpose_16(rows.data(), 50, n_rows, n_units, got.data());
        ASSERT_EQ(got, want) << table->isa << " " << n_rows << "x" << n_units;
      }
    }
  }
}

TEST(bf16_row, every_isa_gives_the_bits_of_plain) {
  auto x = random_floats(1001, 1, 1e3f);
  x[0] = std::numeric_limits<float>::quiet_NaN();
  x[1] = std::numeric_limits<float>::infinity();
  x[2] = 1e-37f;
  x[3] = -0.0f;
  std::vector<std::uint16_t> want(x.size()), got(x.size());
  plain_table.bf16_row(x.data(), static_cast<int>(x.size()), want.data());
  for (const Table* table : runnable()) {
    table->bf16_row(x.data(), static_cast<int>(x.size()), got.data());
    EXPECT_EQ(got, want) << table->isa;
  }
}

TEST(bf16_row, a_subnormal_number_becomes_its_bf16_or_zero) {
  const float x = 1e-41f;
  for (const Table* table : runnable()) {
    std::uint16_t got = 9;
    table->bf16_row(&x, 1, &got);
    EXPECT_TRUE(got == bf16_from_f32(x) || got == 0) << table->isa;
  }
}

TEST(table, active_is_runnable_and_plain_comes_first) {
  ASSERT_FALSE(runnable().empty());
  EXPECT_STREQ(runnable()[0]->isa, "plain");
  bool found = false;
  for (const Table* t : runnable()) found |= t == &active();
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace quern::kernels
