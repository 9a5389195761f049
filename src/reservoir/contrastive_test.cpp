#include "reservoir/contrastive.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace quern::reservoir {
namespace {

struct Toy {
  std::vector<float> x, y;
  std::size_t n = 0;
  ContrastiveRows rows() const { return {.x = x, .y = y, .prior = {}}; }
};

/// Both parts of an answer follow from the input; one has much noise, the other little. Least
/// squares maps both alike, and the noise of the first decides what is nearest.
Toy toy(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto draw = [&] { return static_cast<float>(random() >> 11) / 4503599627370496.0f - 1; };
  Toy out;
  out.n = n;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<float> x(8), y(8);
    for (float& value : x) value = draw();
    float squares = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      y[k] = 0.3f * x[k] + (k < 4 ? 2.0f : 0.05f) * draw();
      squares += y[k] * y[k];
    }
    for (float& value : y) value /= std::sqrt(squares);
    out.x.insert(out.x.end(), x.begin(), x.end());
    out.y.insert(out.y.end(), y.begin(), y.end());
  }
  return out;
}

LinearReadout ridge(const Toy& toy) {
  RidgeSums sums(8, 8);
  EXPECT_TRUE(sums.add(toy.x, toy.y).ok());
  return *RidgeFit::make(sums)->solve(1);
}

/// How often the right answer is the nearest of sixteen.
double recall(const LinearReadout& readout, const Toy& toy) {
  int n_right = 0;
  std::vector<float> mapped(8);
  for (std::size_t i = 0; i < toy.n; ++i) {
    readout.apply(std::span(toy.x).subspan(i * 8, 8), mapped);
    const auto score = [&](std::size_t j) {
      float sum = 0;
      for (std::size_t k = 0; k < 8; ++k) sum += mapped[k] * toy.y[j * 8 + k];
      return sum;
    };
    bool is_right = true;
    for (std::size_t j = 1; j < 16; ++j) is_right &= score((i + j) % toy.n) < score(i);
    n_right += is_right;
  }
  return n_right / static_cast<double>(toy.n);
}

}  // namespace

TEST(contrastive, finds_what_least_squares_does_not) {
  const Toy seen = toy(2000, 1), others = toy(1000, 2);
  ThreadPool pool(1);
  const LinearReadout start = ridge(seen);
  const auto refined =
      refine(start, seen.rows(), {.n_rounds = 20, .n_batch = 64, .rate = 1e-2, .pull = 0}, pool);
  ASSERT_TRUE(refined.ok()) << refined.status().message();
  EXPECT_GT(recall(*refined, others), recall(start, others) + 0.1);
}

TEST(contrastive, threads_change_no_bit_and_seeds_do) {
  const Toy seen = toy(300, 1);
  ThreadPool one(1), four(4);
  const LinearReadout start = ridge(seen);
  ContrastiveOptions options = {.n_rounds = 3, .n_batch = 32};
  const auto a = refine(start, seen.rows(), options, one);
  EXPECT_EQ(a->weights, refine(start, seen.rows(), options, four)->weights);
  EXPECT_NE(a->weights, start.weights);
  options.seed = 2;
  EXPECT_NE(a->weights, refine(start, seen.rows(), options, one)->weights);
}

TEST(contrastive, the_gradient_is_that_of_the_loss) {
  // One batch, one step of Adam at its beginning: each weight moves by the rate against the sign of
  // its derivative, which differences of the loss give.
  const Toy seen = toy(16, 3);
  ThreadPool pool(1);
  const LinearReadout start = ridge(seen);
  const auto loss = [&](const LinearReadout& readout) {
    double sum = 0;
    std::vector<float> mapped(8);
    for (std::size_t i = 0; i < 16; ++i) {
      readout.apply(std::span(seen.x).subspan(i * 8, 8), mapped);
      double length = 0, all = 0, right = 0;
      for (const float v : mapped) length += static_cast<double>(v) * static_cast<double>(v);
      for (std::size_t j = 0; j < 16; ++j) {
        double score = 0;
        for (std::size_t k = 0; k < 8; ++k) {
          score += static_cast<double>(mapped[k]) * static_cast<double>(seen.y[j * 8 + k]);
        }
        score /= std::sqrt(length) * 0.1;
        all += std::exp(score);
        if (j == i) right = score;
      }
      sum += std::log(all) - right;
    }
    return sum / 16;
  };
  const double rate = 1e-4;
  const auto moved =
      refine(start, seen.rows(), {.n_rounds = 1, .n_batch = 16, .rate = rate, .pull = 0}, pool);
  for (std::size_t w = 0; w < start.weights.size(); ++w) {
    LinearReadout up = start, down = start;
    up.weights[w] += 1e-3f;
    down.weights[w] -= 1e-3f;
    const double slope = (loss(up) - loss(down)) / 2e-3;
    if (std::abs(slope) < 1e-3) continue;
    EXPECT_NEAR(static_cast<double>(moved->weights[w] - start.weights[w]), slope > 0 ? -rate : rate,
                1e-6)
        << w;
  }
}

TEST(contrastive, what_is_wrong_is_refused) {
  const Toy seen = toy(100, 1);
  ThreadPool pool(1);
  const LinearReadout start = ridge(seen);
  const auto code = [&](const ContrastiveRows& rows, const ContrastiveOptions& options) {
    return refine(start, rows, options, pool).status().code();
  };
  EXPECT_EQ(code(seen.rows(), {.n_batch = 101}), Code::kBadInput);
  EXPECT_EQ(code(seen.rows(), {.n_batch = 1}), Code::kBadInput);
  EXPECT_EQ(code(seen.rows(), {.n_batch = 10, .temperature = 0}), Code::kBadInput);
  EXPECT_EQ(code(seen.rows(), {.n_batch = 10, .rate = -1}), Code::kBadInput);
  EXPECT_EQ(code({.x = seen.x, .y = std::span(seen.y).first(8), .prior = {}}, {.n_batch = 10}),
            Code::kBadInput);
  Toy bad = seen;
  bad.x[7] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(code(bad.rows(), {.n_batch = 10}), Code::kBadInput);
  EXPECT_EQ(code(seen.rows(), {.n_batch = 10, .is_stopped = [] { return true; }}),
            Code::kCancelled);
}

}  // namespace quern::reservoir
