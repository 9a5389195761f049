#include "reservoir/states.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace quern::reservoir {
namespace {

constexpr Dynamics kAll[] = {Dynamics::kTanh, Dynamics::kLinear, Dynamics::kSine,
                             Dynamics::kSpiking};

Network network(Dynamics dynamics) {
  Result<Network> made = Network::make({.dynamics = dynamics,
                                        .n_units = 150,
                                        .d_in = 12,
                                        .input_density = 0.5f,
                                        .bias_scale = 0.1f,
                                        .seed = 5});
  EXPECT_TRUE(made.ok()) << made.status().message();
  return std::move(*made);
}

std::vector<float> inputs(int n, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> draw(-1, 1);
  std::vector<float> out(static_cast<std::size_t>(n) * 12);
  for (float& x : out) x = draw(random);
  return out;
}

std::vector<float> saved(const Network& network, const States& states, int i) {
  std::vector<float> out(static_cast<std::size_t>(network.d_state()));
  states.save(i, out);
  return out;
}

TEST(states, a_step_is_what_the_formula_says) {
  const Network made = network(Dynamics::kTanh);
  States states(made, 1);
  const std::vector<float> first = inputs(1, 1), second = inputs(1, 2);
  states.step(first, 1, ThreadPool::serial());
  std::vector<float> before(150), after(150);
  states.read(0, before);
  states.step(second, 1, ThreadPool::serial());
  states.read(0, after);
  for (std::size_t u = 0; u < 150; ++u) {
    double pre = static_cast<double>(made.bias()[u]);
    for (auto e = made.input().begins[u]; e < made.input().begins[u + 1]; ++e) {
      pre += static_cast<double>(made.input().weights[e] * second[made.input().columns[e]]);
    }
    for (auto e = made.recurrent().begins[u]; e < made.recurrent().begins[u + 1]; ++e) {
      pre += static_cast<double>(made.recurrent().weights[e] * before[made.recurrent().columns[e]]);
    }
    EXPECT_NEAR(after[u], 0.7 * static_cast<double>(before[u]) + 0.3 * std::tanh(pre), 1e-6);
  }
}

TEST(states, a_sequence_has_the_same_bits_alone_in_company_and_on_any_number_of_threads) {
  for (const Dynamics dynamics : kAll) {
    const Network made = network(dynamics);
    constexpr int kN = 100;
    States alone(made, 1), all(made, kN), threaded(made, kN);
    ThreadPool pool(3);
    for (unsigned step = 0; step < 12; ++step) {
      const std::vector<float> u = inputs(kN, step);
      all.step(u, kN, ThreadPool::serial());
      threaded.step(u, kN, pool);
      alone.step(std::span(u).subspan(70 * 12, 12), 1, ThreadPool::serial());
    }
    EXPECT_EQ(saved(made, alone, 0), saved(made, all, 70)) << dynamics_name(dynamics);
    for (int i = 0; i < kN; ++i) EXPECT_EQ(saved(made, all, i), saved(made, threaded, i)) << i;
  }
}

TEST(states, a_state_that_was_saved_goes_on_as_if_nothing_had_been) {
  for (const Dynamics dynamics : kAll) {
    const Network made = network(dynamics);
    States straight(made, 1), forked(made, 20);
    for (unsigned step = 0; step < 6; ++step) {
      straight.step(inputs(1, step), 1, ThreadPool::serial());
    }
    forked.load(17, saved(made, straight, 0));
    for (unsigned step = 6; step < 12; ++step) {
      const std::vector<float> u = inputs(1, step);
      straight.step(u, 1, ThreadPool::serial());
      std::vector<float> many = inputs(20, 100 + step);
      std::copy(u.begin(), u.end(), many.begin() + 17 * 12);
      forked.step(many, 20, ThreadPool::serial());
    }
    EXPECT_EQ(saved(made, straight, 0), saved(made, forked, 17)) << dynamics_name(dynamics);
  }
}

TEST(states, who_takes_no_part_in_a_step_stays_as_it_is) {
  for (const Dynamics dynamics : kAll) {
    const Network made = network(dynamics);
    States states(made, 40);
    states.step(inputs(40, 1), 40, ThreadPool::serial());
    const std::vector<float> before = saved(made, states, 21), other = saved(made, states, 39);
    const std::vector<float> active = saved(made, states, 20);
    states.step(inputs(21, 2), 21, ThreadPool::serial());
    EXPECT_EQ(saved(made, states, 21), before) << dynamics_name(dynamics);
    EXPECT_EQ(saved(made, states, 39), other);
    EXPECT_NE(saved(made, states, 20), active);
    states.reset(21);
    EXPECT_EQ(saved(made, states, 21), std::vector<float>(before.size()));
  }
}

TEST(states, spikes_leave_a_trace_that_fades) {
  Result<Network> made =
      Network::make({.dynamics = Dynamics::kSpiking,
                     .n_units = 60,
                     .d_in = 1,
                     .spectral_radius = 0,
                     .input_scale = 5,
                     .spikes = {.keep = 0.9f, .threshold = 1, .trace_keep = 0.5f}});
  ASSERT_TRUE(made.ok());
  States states(*made, 1);
  std::vector<float> trace(60);
  const float strong = 1, none = 0;
  const auto total = [&] {
    states.read(0, trace);
    float sum = 0;
    for (const float t : trace) sum += t;
    return sum;
  };
  states.step({&strong, 1}, 1, ThreadPool::serial());
  EXPECT_EQ(total(), 0) << "what comes in now makes spikes in the next step";
  states.step({&none, 1}, 1, ThreadPool::serial());
  const float fired = total();
  EXPECT_GT(fired, 10);
  EXPECT_EQ(fired, std::floor(fired));
  states.step({&none, 1}, 1, ThreadPool::serial());
  EXPECT_EQ(total(), fired / 2);
}

}  // namespace
}  // namespace quern::reservoir
