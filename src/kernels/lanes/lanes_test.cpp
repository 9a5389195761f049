#include "kernels/lanes/lanes.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace quern::kernels {
namespace {

/// Rows of lanes, aligned as the kernels want them.
class Lanes {
 public:
  explicit Lanes(int n_rows) : rows_(static_cast<std::size_t>(n_rows)) {}
  float* data() { return rows_.data()->x; }
  std::size_t size() const { return rows_.size() * kLanes; }
  float& at(int row, int lane) { return rows_[static_cast<std::size_t>(row)].x[lane]; }
  bool operator==(const Lanes& other) const {
    return rows_.size() == other.rows_.size() &&
           std::memcmp(rows_.data(), other.rows_.data(), rows_.size() * sizeof(Row)) == 0;
  }

 private:
  struct alignas(64) Row {
    float x[kLanes] = {};
  };
  std::vector<Row> rows_;
};

void fill(Lanes& lanes, unsigned seed, float spread) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> draw(-spread, spread);
  for (std::size_t i = 0; i < lanes.size(); ++i) lanes.data()[i] = draw(random);
}

struct Matrix {
  std::vector<std::uint32_t> begins = {0}, columns;
  std::vector<float> weights;
  SparseRows rows() const { return {begins, columns, weights}; }
};

Matrix random_matrix(int n_rows, int n_columns, unsigned seed) {
  std::mt19937 random(seed);
  Matrix out;
  for (int r = 0; r < n_rows; ++r) {
    const unsigned n = random() % 20;  // Rows without entries, too.
    for (unsigned e = 0; e < n; ++e) {
      out.columns.push_back(random() % static_cast<unsigned>(n_columns));
      out.weights.push_back(static_cast<float>(random() % 2001) / 1000 - 1);
    }
    out.begins.push_back(static_cast<std::uint32_t>(out.columns.size()));
  }
  return out;
}

TEST(lanes, a_product_worked_by_hand) {
  Matrix w;
  w.begins = {0, 2, 2};
  w.columns = {1, 0};
  w.weights = {2, -1};
  for (const LaneIsa* isa : lanes_runnable()) {
    Lanes x(2), out(2);
    x.at(0, 3) = 5;
    x.at(1, 3) = 7;
    out.at(0, 3) = 0.5f;
    out.at(1, 3) = 9;
    isa->product({.w = w.rows(), .first = 0, .last = 2, .x = x.data(), .out = out.data()});
    EXPECT_EQ(out.at(0, 3), 9.5f) << isa->isa;  // 0.5 + 2 * 7 - 5
    EXPECT_EQ(out.at(1, 3), 9) << isa->isa;
    EXPECT_EQ(out.at(0, 2), 0) << isa->isa;
  }
}

TEST(lanes, every_isa_has_the_bits_of_plain_for_any_number_of_blocks) {
  constexpr int kRows = 37, kColumns = 53;
  const Matrix w = random_matrix(kRows, kColumns, 1);
  for (int n_blocks = 1; n_blocks <= kMaxLaneBlocks; ++n_blocks) {
    Lanes x(kColumns * n_blocks), start(kRows * n_blocks);
    fill(x, 2, 3);
    fill(start, 3, 1);
    Lanes want = start;
    // A block at a time.
    for (int b = 0; b < n_blocks; ++b) {
      lanes_plain.product({.w = w.rows(),
                           .first = 0,
                           .last = kRows,
                           .x = x.data() + b * kColumns * kLanes,
                           .out = want.data() + b * kRows * kLanes});
    }
    for (const LaneIsa* isa : lanes_runnable()) {
      Lanes got = start;
      for (const auto& [first, last] : {std::pair(0, 20), std::pair(20, kRows)}) {
        isa->product({.w = w.rows(),
                      .first = first,
                      .last = last,
                      .x = x.data(),
                      .x_stride = kColumns * kLanes,
                      .out = got.data(),
                      .out_stride = kRows * kLanes,
                      .n_blocks = n_blocks});
      }
      EXPECT_TRUE(got == want) << isa->isa << " " << n_blocks;
    }
  }
}

TEST(lanes, the_functions_are_what_they_are_called) {
  Lanes pre(4000);
  fill(pre, 4, 12);
  pre.at(0, 0) = 0;
  pre.at(0, 1) = 1e30f;
  pre.at(0, 2) = -1e30f;
  pre.at(0, 3) = 1e-7f;
  const DampedSine sine = {.amplitude = 1.5f, .decay = 0.1f, .omega = 6.0f};
  for (const LaneIsa* isa : lanes_runnable()) {
    Lanes tanhs(4000), sines(4000);
    isa->leaky_tanh(pre.data(), 4000, 1, tanhs.data());
    isa->leaky_sine(pre.data(), 4000, 1, sine, sines.data());
    for (std::size_t i = 0; i < pre.size(); ++i) {
      const double x = static_cast<double>(pre.data()[i]);
      EXPECT_NEAR(tanhs.data()[i], std::tanh(x), 2.5e-7) << isa->isa << x;
      if (std::abs(x) > 1e6) continue;
      EXPECT_NEAR(sines.data()[i], 1.5 * std::exp(-0.1 * std::abs(x)) * std::sin(6 * x), 5e-6)
          << isa->isa << x;
    }
    EXPECT_EQ(sines.at(0, 1), 0);
  }
}

TEST(lanes, a_state_leaks_and_stays_finite) {
  for (const LaneIsa* isa : lanes_runnable()) {
    Lanes pre(1), x(1);
    x.at(0, 0) = 0.5f;
    pre.at(0, 1) = std::numeric_limits<float>::quiet_NaN();
    pre.at(0, 2) = std::numeric_limits<float>::infinity();
    isa->leaky_tanh(pre.data(), 1, 0.25f, x.data());
    EXPECT_EQ(x.at(0, 0), 0.375f) << isa->isa;
    EXPECT_TRUE(std::isfinite(x.at(0, 1))) << isa->isa;
    EXPECT_EQ(x.at(0, 2), 0.25f) << isa->isa;
  }
}

TEST(lanes, a_neuron_fires_above_its_threshold_and_begins_anew) {
  const SpikeRule rule = {.keep = 0.5f, .threshold = 1, .trace_keep = 0.5f};
  for (const LaneIsa* isa : lanes_runnable()) {
    Lanes potential(1), trace(1), spikes(1);
    potential.at(0, 0) = 1.5f;
    potential.at(0, 1) = 1;
    trace.at(0, 0) = 1;
    isa->fire(1, rule, potential.data(), trace.data(), spikes.data());
    EXPECT_EQ(spikes.at(0, 0), 1) << isa->isa;
    EXPECT_EQ(potential.at(0, 0), 0) << isa->isa;
    EXPECT_EQ(trace.at(0, 0), 1.5f) << isa->isa;
    EXPECT_EQ(spikes.at(0, 1), 0) << isa->isa;
    EXPECT_EQ(potential.at(0, 1), 0.5f) << isa->isa;
  }
}

TEST(lanes, every_isa_has_the_bits_of_plain_in_all_functions) {
  Lanes pre(300), start(300);
  fill(pre, 5, 20);
  fill(start, 6, 2);
  const auto run = [&](const LaneIsa& isa) {
    std::vector<Lanes> out(6, start);
    isa.leaky_linear(pre.data(), 300, 0.3f, out[5].data());
    isa.leaky_tanh(pre.data(), 300, 0.3f, out[0].data());
    isa.leaky_sine(pre.data(), 300, 0.3f, {.amplitude = 1, .decay = 0.2f, .omega = 40},
                   out[1].data());
    isa.fire(300, {}, out[2].data(), out[3].data(), out[4].data());
    return out;
  };
  const std::vector<Lanes> want = run(lanes_plain);
  for (const LaneIsa* isa : lanes_runnable()) EXPECT_TRUE(run(*isa) == want) << isa->isa;
}

}  // namespace
}  // namespace quern::kernels
