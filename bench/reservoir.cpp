// Steps of an echo state network, many sequences at once: microseconds for a step of all, as JSON.
//
//   reservoir UNITS BATCH D_IN STEPS THREADS

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <vector>

#include <fmt/format.h>

#include "reservoir/network.h"
#include "reservoir/states.h"

int main(int argc, char** argv) {
  using namespace quern;
  if (argc != 6) {
    fmt::print(stderr, "reservoir UNITS BATCH D_IN STEPS THREADS\n");
    return 2;
  }
  const int units = std::atoi(argv[1]), batch = std::atoi(argv[2]), d_in = std::atoi(argv[3]),
            steps = std::atoi(argv[4]), threads = std::max(1, std::atoi(argv[5]));
  const auto network = reservoir::Network::make({.n_units = units,
                                                 .d_in = d_in,
                                                 .n_links = std::min(units, units / 10 + 1),
                                                 .spectral_radius = 0.9f,
                                                 .leak = 0.3f});
  if (!network.ok()) {
    fmt::print(stderr, "{}\n", network.status().message());
    return 2;
  }
  ThreadPool pool(threads);
  reservoir::States states(*network, batch);
  std::mt19937 random(1);
  std::vector<float> inputs(static_cast<std::size_t>(batch) * static_cast<std::size_t>(d_in));
  for (float& x : inputs) x = static_cast<float>(random() % 2001) / 1000 - 1;
  states.step(inputs, batch, pool);
  std::vector<double> took;
  for (int step = 0; step < steps; ++step) {
    const auto start = std::chrono::steady_clock::now();
    states.step(inputs, batch, pool);
    const std::chrono::duration<double, std::micro> us = std::chrono::steady_clock::now() - start;
    took.push_back(us.count());
  }
  std::sort(took.begin(), took.end());
  fmt::print("{{\"units\":{},\"batch\":{},\"d_in\":{},\"threads\":{},\"us_per_step\":{:.2f}}}\n",
             units, batch, d_in, threads, took.empty() ? 0 : took[took.size() / 2]);
  return 0;
}
