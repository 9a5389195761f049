// How long the engine takes for a text whose result it has: tokenising, the key, the copy, all of
// it.
//
//   QUERN_HOME=... bench_cache_hit MODEL [TEXT]
//
// Prints the times of Engine::run in us, of a hit in memory and of a text that is computed.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace quern {
namespace {

constexpr int kHits = 20'000;
constexpr int kMisses = 300;

engine::Request request_of(const std::string& model, const std::string& text) {
  engine::Request request;
  request.model = model;
  request.inputs.push_back({.text = text, .text_pair = {}, .ids = {}});
  return request;
}

double run_us(engine::Engine& engine, engine::Request request) {
  const auto start = std::chrono::steady_clock::now();
  const engine::Response response = engine.run(std::move(request));
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  if (!response.status.ok() || !response.outcomes[0].status.ok()) {
    std::fprintf(stderr, "%s\n", response.status.message().c_str());
    std::exit(1);
  }
  return took.count();
}

void print(const char* what, std::vector<double> us) {
  std::sort(us.begin(), us.end());
  const auto at = [&](double share) {
    return us[static_cast<std::size_t>(share * static_cast<double>(us.size() - 1))];
  };
  std::printf("%-18s median %8.1f us  p10 %8.1f  p90 %8.1f  p99 %8.1f  most %8.1f\n", what, at(0.5),
              at(0.1), at(0.9), at(0.99), us.back());
}

}  // namespace
}  // namespace quern

int main(int argc, char** argv) {
  using namespace quern;
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_cache_hit MODEL [TEXT]\n");
    return 2;
  }
  const std::string text = argc > 2 ? argv[2] : "where is the cat that sat on the mat?";
  const auto engine =
      engine::Engine::make({.n_threads = 1, .results = engine::ResultCacheOptions{}});
  if (!engine.ok()) {
    std::fprintf(stderr, "%s\n", engine.status().message().c_str());
    return 1;
  }
  run_us(**engine, request_of(argv[1], "a text before all others"));
  std::vector<double> misses, hits;
  for (int i = 0; i < kMisses; ++i) {
    misses.push_back(run_us(**engine, request_of(argv[1], text + " " + std::to_string(i))));
  }
  run_us(**engine, request_of(argv[1], text));
  for (int i = 0; i < kHits; ++i) hits.push_back(run_us(**engine, request_of(argv[1], text)));
  print("computed", misses);
  print("found in memory", hits);
  return 0;
}
