#include "reservoir/network.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/checksum.h"

namespace quern::reservoir {
namespace {

Network network(const NetworkSpec& spec) {
  Result<Network> made = Network::make(spec);
  EXPECT_TRUE(made.ok()) << made.status().message();
  return std::move(*made);
}

std::uint64_t sum_of(const Network& network) {
  Checksum64 sum;
  const auto add = [&](const auto& numbers) {
    sum.add(std::string_view(reinterpret_cast<const char*>(numbers.data()),
                             numbers.size() * sizeof(numbers[0])));
  };
  for (const SparseMatrix* matrix : {&network.recurrent(), &network.input()}) {
    add(matrix->begins);
    add(matrix->columns);
    add(matrix->weights);
  }
  add(network.bias());
  return sum.value();
}

TEST(network, a_seed_is_one_network_everywhere) {
  const NetworkSpec spec = {.n_units = 200, .d_in = 30, .bias_scale = 0.5f, .seed = 7};
  EXPECT_EQ(sum_of(network(spec)), 13801092892178810027U);
  NetworkSpec other = spec;
  other.seed = 8;
  EXPECT_NE(sum_of(network(other)), sum_of(network(spec)));
}

TEST(network, each_unit_hears_as_many_as_it_should_and_none_twice) {
  const Network made = network({.n_units = 50, .d_in = 20, .n_links = 7, .input_density = 0.25f});
  for (int r = 0; r < 50; ++r) {
    const auto& w = made.recurrent();
    EXPECT_EQ(w.begins[r + 1] - w.begins[r], 7U);
    EXPECT_EQ(made.input().begins[r + 1] - made.input().begins[r], 5U);
    for (auto e = w.begins[r] + 1; e < w.begins[r + 1]; ++e) {
      EXPECT_LT(w.columns[e - 1], w.columns[e]);
    }
  }
}

TEST(network, the_radius_of_known_matrices_is_measured) {
  SparseMatrix ring;  // 3 units in a ring, weights 2, 2, 2: eigenvalues 2 times the roots of 1.
  ring.begins = {0, 1, 2, 3};
  ring.columns = {1, 2, 0};
  ring.weights = {2, 2, 2};
  EXPECT_NEAR(measured_radius(ring), 2, 1e-9);
  SparseMatrix turn;  // [[a, -b], [b, a]]: |a + ib| = 5
  turn.begins = {0, 2, 4};
  turn.columns = {0, 1, 0, 1};
  turn.weights = {3, -4, 4, 3};
  EXPECT_NEAR(measured_radius(turn), 5, 1e-6);
  SparseMatrix chain;
  chain.begins = {0, 1, 1};
  chain.columns = {1};
  chain.weights = {9};
  EXPECT_EQ(measured_radius(chain), 0);
}

TEST(network, both_ways_of_scaling_come_near_the_radius) {
  for (const Scaling scaling : {Scaling::kExpected, Scaling::kMeasured}) {
    const Network made = network(
        {.n_units = 800, .n_links = 20, .spectral_radius = 0.9f, .scaling = scaling, .seed = 3});
    const double tolerance = scaling == Scaling::kMeasured ? 0.005 : 0.06;
    EXPECT_NEAR(measured_radius(made.recurrent()), 0.9, tolerance);
  }
}

TEST(network, one_in_five_inhibits_and_near_units_are_heard_more_often) {
  const Network made =
      network({.dynamics = Dynamics::kSpiking, .wiring = Wiring::kColumn, .n_units = 450});
  const SparseMatrix& w = made.recurrent();
  int n_inhibiting = 0, n_near = 0, n_far = 0;
  std::vector<int> sign(450, 0);
  for (int r = 0; r < 450; ++r) {
    for (auto e = w.begins[r]; e < w.begins[r + 1]; ++e) {
      const int from = static_cast<int>(w.columns[e]);
      const int its = w.weights[e] < 0 ? -1 : 1;
      EXPECT_TRUE(sign[from] == 0 || sign[from] == its) << "a unit does one or the other";
      sign[from] = its;
      (std::abs(from / 9 - r / 9) <= 1 ? n_near : n_far)++;
    }
  }
  for (const int its : sign) n_inhibiting += its < 0;
  EXPECT_NEAR(n_inhibiting, 90, 30);
  // A unit has 26 near ones, and some 423 others.
  EXPECT_GT(n_near / 26.0, 5 * n_far / 423.0);
}

TEST(network, what_makes_no_network_is_refused_by_name) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto message = [](const NetworkSpec& spec) {
    const Result<Network> made = Network::make(spec);
    return made.ok() ? std::string() : made.status().message();
  };
  EXPECT_NE(message({.n_units = 0}).find("n_units is 0, wanted 1 to 65,536"), std::string::npos);
  EXPECT_NE(message({.n_units = 5, .n_links = 6}).find("n_links"), std::string::npos);
  EXPECT_NE(message({.spectral_radius = nan}).find("spectral_radius"), std::string::npos);
  EXPECT_NE(message({.leak = 1.5f}).find("leak is 1.5, wanted 0 to 1"), std::string::npos);
  EXPECT_NE(message({.d_in = 0}).find("d_in"), std::string::npos);
  EXPECT_NE(message({.input_scale = -1}).find("input_scale"), std::string::npos);
  EXPECT_EQ(message({.n_units = 5, .n_links = 5, .spectral_radius = 0}), "");
}

TEST(network, dynamics_have_names) {
  for (const Dynamics dynamics :
       {Dynamics::kTanh, Dynamics::kLinear, Dynamics::kSine, Dynamics::kSpiking}) {
    const Result<Dynamics> back = dynamics_from_name(dynamics_name(dynamics));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, dynamics);
  }
  EXPECT_NE(dynamics_from_name("gru").status().message().find("tanh, linear, sine and lif"),
            std::string::npos);
}

}  // namespace
}  // namespace quern::reservoir
