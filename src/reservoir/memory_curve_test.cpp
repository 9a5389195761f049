#include "reservoir/memory_curve.h"

#include <numeric>

#include <gtest/gtest.h>

namespace quern::reservoir {
namespace {

std::vector<double> curve_of(const NetworkSpec& spec, const MemoryAsk& ask, int n_threads = 1) {
  ThreadPool pool(n_threads);
  const Result<Network> network = Network::make(spec);
  EXPECT_TRUE(network.ok());
  Result<std::vector<double>> out = memory_curve(*network, ask, pool);
  EXPECT_TRUE(out.ok()) << out.status().message();
  return out.ok() ? *out : std::vector<double>();
}

NetworkSpec linear_units(int n) {
  return {.dynamics = Dynamics::kLinear,
          .n_units = n,
          .d_in = 1,
          .n_links = std::min(5, n),
          .spectral_radius = 0.9f,
          .scaling = Scaling::kMeasured,
          .leak = 1,
          .seed = 4};
}

}  // namespace

TEST(memory_curve, one_unit_without_links_knows_what_it_hears_and_nothing_else) {
  NetworkSpec spec = linear_units(1);
  spec.spectral_radius = 0;
  const auto curve = curve_of(spec, {.n_delays = 3, .n_steps = 4000});
  ASSERT_EQ(curve.size(), 3u);
  EXPECT_NEAR(curve[0], 1, 1e-6);
  EXPECT_LT(curve[1], 0.02);
  EXPECT_LT(curve[2], 0.02);
}

TEST(memory_curve, a_linear_network_remembers_as_many_numbers_as_it_has_units_at_most) {
  const auto curve = curve_of(linear_units(20), {.n_delays = 60, .lambda = 1e-6});
  const double capacity = std::accumulate(curve.begin(), curve.end(), 0.0);
  EXPECT_GT(capacity, 8);
  EXPECT_LT(capacity, 20 + 60 * 0.002);  // Chance finds about 1 / steps of each delay.
  EXPECT_GT(curve[0], 0.99);
  EXPECT_LT(curve[59], 0.05);
}

TEST(memory_curve, of_vectors_it_remembers_fewer) {
  NetworkSpec spec = linear_units(40);
  const auto numbers = curve_of(spec, {.n_delays = 10});
  spec.d_in = 30;
  spec.input_density = 1;
  const auto vectors = curve_of(spec, {.n_delays = 10});
  EXPECT_GT(numbers[5], 0.9);
  EXPECT_LT(vectors[5], 0.2);
}

TEST(memory_curve, threads_change_no_bit_and_what_cannot_be_asked_is_refused) {
  const MemoryAsk ask = {.n_delays = 5, .n_steps = 500};
  EXPECT_EQ(curve_of(linear_units(20), ask, 1), curve_of(linear_units(20), ask, 3));
  ThreadPool pool(1);
  const Result<Network> network = Network::make(linear_units(3));
  EXPECT_EQ(memory_curve(*network, {.n_delays = 0}, pool).status().code(), Code::kBadInput);
  EXPECT_EQ(memory_curve(*network, {.n_delays = 101}, pool).status().code(), Code::kBadInput);
  EXPECT_EQ(memory_curve(*network, {.n_steps = 20}, pool).status().code(), Code::kBadInput);
  EXPECT_EQ(memory_curve(*network, {.is_stopped = [] { return true; }}, pool).status().code(),
            Code::kCancelled);
}

}  // namespace quern::reservoir
