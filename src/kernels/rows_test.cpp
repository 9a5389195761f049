// The decoders' row kernels and the tiles with 16-bit weights, each table against the plain one.

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/table.h"
#include "kernels/test_floats.h"
#include "tensor/dtype.h"

namespace quern::kernels {
namespace {

constexpr int kWidths[] = {1, 7, 8, 9, 15, 16, 17, 31, 33, 576, 1000};

TEST(rms_norm_row, worked_example) {
  // Row {3, 4}: mean of squares 12.5, so the scale is 1 / sqrt(12.5).
  const float x[] = {3, 4}, weight[] = {1, 2};
  for (const Table* table : runnable()) {
    float out[2];
    table->rms_norm_row(x, weight, 2, 0, out);
    EXPECT_NEAR(out[0], 0.848528f, 1e-6f) << table->isa;
    EXPECT_NEAR(out[1], 2.262742f, 1e-6f) << table->isa;
  }
}

TEST(rms_norm_row, every_isa_agrees_with_plain) {
  for (const int d : kWidths) {
    const auto x = random_floats(d, 1, 3.0f), weight = random_floats(d, 2);
    std::vector<float> want(x.size()), got(x.size());
    plain_table.rms_norm_row(x.data(), weight.data(), d, 1e-5f, want.data());
    for (const Table* table : runnable()) {
      table->rms_norm_row(x.data(), weight.data(), d, 1e-5f, got.data());
      for (int i = 0; i < d; ++i) {
        EXPECT_NEAR(got[i], want[i], 2e-6f * std::abs(want[i])) << table->isa << " " << d;
      }
    }
  }
}

TEST(gated_row, every_isa_agrees_with_the_exact_function) {
  std::vector<float> gate;
  for (float g = -30; g <= 30; g += 0.0117f) gate.push_back(g);
  gate.insert(gate.end(), {0.0f, -80.0f, 80.0f, -100.0f, 100.0f, 1e4f, -1e4f, 1e-6f});
  const int n = static_cast<int>(gate.size());
  const auto up = random_floats(n, 4);
  const auto exact = [](Activation activation, double g) {
    switch (activation) {
      case Activation::kSilu:
        return g / (1 + std::exp(-g));
      case Activation::kGelu:
        return 0.5 * g * std::erfc(-g / std::sqrt(2.0));
      case Activation::kGeluTanh: {
        const double u = std::sqrt(2 / M_PI) * (g + 0.044715 * g * g * g);
        return g / (1 + std::exp(-2 * u));
      }
      case Activation::kRelu:
        return g > 0 ? g : 0;
      default:
        return g;
    }
  };
  for (const Table* table : runnable()) {
    for (const Activation activation : {Activation::kNone, Activation::kSilu, Activation::kGelu,
                                        Activation::kGeluTanh, Activation::kRelu}) {
      std::vector<float> got(gate.size());
      table->gated_row(gate.data(), up.data(), n, activation, got.data());
      for (int i = 0; i < n; ++i) {
        const double want = exact(activation, gate[i]) * up[i];
        // Tails: 1 + erf loses what is below half an ulp of 1, exp what is below exp(-88).
        const double tail = (activation == Activation::kSilu ? 1e-36 : 4e-7) * std::abs(gate[i]);
        EXPECT_NEAR(got[i], want, 2e-6 * std::abs(want) + tail * std::abs(up[i]))
            << table->isa << " " << static_cast<int>(activation) << " gate " << gate[i];
      }
    }
  }
}

TEST(gated_row, nan_stays_nan) {
  const float gate[] = {std::numeric_limits<float>::quiet_NaN(), 1.0f};
  const float up[] = {1.0f, std::numeric_limits<float>::quiet_NaN()};
  for (const Table* table : runnable()) {
    for (const Activation activation :
         {Activation::kSilu, Activation::kGelu, Activation::kGeluTanh}) {
      float out[2] = {};
      table->gated_row(gate, up, 2, activation, out);
      EXPECT_TRUE(std::isnan(out[0])) << table->isa << static_cast<int>(activation);
      EXPECT_TRUE(std::isnan(out[1])) << table->isa << static_cast<int>(activation);
    }
  }
}

TEST(f16_row, every_isa_rounds_to_nearest_even) {
  std::vector<float> x;
  std::vector<std::uint16_t> want;
  // Each f16, and half way to the next, just below and just above.
  for (std::uint32_t h = 0; h < 0x7c00; ++h) {
    const float low = f32_from_f16(static_cast<std::uint16_t>(h));
    const float high = h + 1 < 0x7c00 ? f32_from_f16(static_cast<std::uint16_t>(h + 1)) : 65536.0f;
    const float middle = 0.5f * (low + high);
    for (const std::uint16_t sign : {0, 0x8000}) {
      const float s = sign != 0 ? -1.0f : 1.0f;
      x.insert(x.end(), {s * low, s * middle, s * std::nextafter(middle, 0.0f),
                         s * std::nextafter(middle, 1e9f)});
      const auto at = [&](std::uint32_t bits) { return static_cast<std::uint16_t>(sign | bits); };
      want.insert(want.end(), {at(h), at(h + h % 2), at(h), at(h + 1)});
    }
  }
  x.insert(x.end(), {std::numeric_limits<float>::infinity(), 1e9f, -1e9f, 1e-30f});
  want.insert(want.end(), {0x7c00, 0x7c00, 0xfc00, 0});
  std::vector<std::uint16_t> got(x.size());
  for (const Table* table : runnable()) {
    table->f16_row(x.data(), static_cast<int>(x.size()), got.data());
    EXPECT_EQ(got, want) << table->isa;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    table->f16_row(&nan, 1, got.data());
    EXPECT_TRUE(std::isnan(f32_from_f16(got[0]))) << table->isa;
    table->f16_row(x.data(), static_cast<int>(x.size()), got.data());
  }
}

// The tile on 16-bit weights has the bits of tile_f32 on the same weights widened.
void check_16_bit_tile(TileKernel Table::* tile, float (*widen)(std::uint16_t)) {
  constexpr int kPanels = 9, kSteps = 70;
  std::mt19937 engine(3);
  struct alignas(64) Buffers {
    std::uint16_t half[kPanels * kSteps * 16];
    float wide[kPanels * kSteps * 16];
  };
  auto b = std::make_unique<Buffers>();
  for (int i = 0; i < kPanels * kSteps * 16; ++i) {
    b->half[i] = static_cast<std::uint16_t>(engine() & 0xbfff);  // Finite, of at most 2 (or 1).
    b->wide[i] = widen(b->half[i]);
  }
  const auto a = random_floats(12 * kSteps, 5);
  for (const Table* table : runnable()) {
    for (int n_rows = 1; n_rows <= (table->*tile).rows; ++n_rows) {
      std::vector<float> want(n_rows * kPanels * 16), got(want.size());
      Tile t{.a = a.data(),
             .a_stride = kSteps,
             .b = b->wide,
             .b_stride = kSteps * 16,
             .n_steps = kSteps,
             .c = want.data(),
             .c_stride = kPanels * 16,
             .n_rows = n_rows,
             .n_panels = kPanels};
      table->tile_f32(t);
      t.b = b->half;
      t.c = got.data();
      (table->*tile)(t);
      EXPECT_EQ(got, want) << table->isa << " " << n_rows;
    }
  }
}

TEST(tile_f16, has_the_bits_of_tile_f32) { check_16_bit_tile(&Table::tile_f16, f32_from_f16); }

TEST(tile_f32_bf16, has_the_bits_of_tile_f32) {
  check_16_bit_tile(&Table::tile_f32_bf16, f32_from_bf16);
}

}  // namespace
}  // namespace quern::kernels
