// Predictors trained on made-up vectors, as `quern dialogue train` trains them once the turns are
// embedded: seconds and the most memory that was taken, as JSON. Memory must not grow with TURNS.
//
//   dialogue_training TURNS D UNITS THREADS OUT

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/dialogue/predictor_file.h"
#include "apps/dialogue/turn_spool.h"
#include "apps/dialogue/turn_training.h"
#include "apps/dialogue/write_predictor.h"
#include "base/split_mix.h"

namespace {

using namespace quern;
using namespace quern::apps;

constexpr int kTurnsOfOne = 8;

/// Unit vectors near a topic of each dialogue's own.
Status make_up(std::size_t n_turns, TurnSpool& out) {
  std::uint64_t state = 1;
  const auto draw = [&] { return static_cast<float>(next_split_mix(state) >> 40) * 0x1p-23f - 1; };
  std::vector<float> topic(static_cast<std::size_t>(out.d())), turn(topic.size());
  for (std::size_t n = 0; n < n_turns; ++n) {
    const std::size_t t = n % kTurnsOfOne;
    if (t == 0) {
      QUERN_TRY(out.begin_dialogue());
      for (float& x : topic) x = draw();
    }
    float squares = 0;
    for (std::size_t i = 0; i < turn.size(); ++i) {
      turn[i] = topic[i] + draw();
      squares += turn[i] * turn[i];
    }
    for (float& x : turn) x /= std::sqrt(squares);
    const float extras[] = {t % 2 == 0 ? 1.0f : -1.0f, 0, 0, static_cast<float>(t) / 20};
    QUERN_TRY(out.add_turn(fmt::format("turn {} of many", n), turn, extras));
  }
  return {};
}

std::vector<NamedTraining> trainings(int n_units) {
  std::vector<NamedTraining> out = {{"linear, last turn"},
                                    {"linear, last 3 turns"},
                                    {"mean + linear, last turn"},
                                    {"mean + linear, last 3 turns"},
                                    {kMainPredictor}};
  out[0].training.priors = out[1].training.priors = {0};
  out[0].training.rounds = out[1].training.rounds = {0};
  out[1].training.context.n_turns = out[3].training.context.n_turns = 3;
  out[4].training.context.reservoir = echo_state_spec(n_units, 1);
  return out;
}

/// Megabytes of memory of its own that the process had at most, and of files that it mapped.
std::string peak_memory() {
  std::ifstream status("/proc/self/status");
  std::string line, out;
  while (std::getline(status, line)) {
    if (line.rfind("VmHWM:", 0) == 0) out = line.substr(6);
  }
  return fmt::format("{:.0f}", std::atof(out.c_str()) / 1024);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Status run(char** argv) {
  const auto n_turns = static_cast<std::size_t>(std::atoll(argv[1]));
  const std::string path = argv[5];
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  QUERN_ASSIGN(TurnSpool turns, TurnSpool::create(folder, std::atoi(argv[2])));
  QUERN_TRY(make_up(n_turns, turns));
  ThreadPool pool(std::max(1, std::atoi(argv[4])));
  const std::vector<NamedTraining> wanted = trainings(std::atoi(argv[3]));
  auto start = std::chrono::steady_clock::now();
  double read_s = 0;
  const auto on_progress = [&](const std::string& stage, double) {
    if (stage == "read") read_s = seconds_since(start);
  };
  QUERN_ASSIGN(const std::vector<TurnPredictor> trained,
               train_predictors(turns, pool, wanted, on_progress));
  const double train_s = seconds_since(start);
  const std::string train_peak = peak_memory();
  std::vector<NamedPredictor> named;
  for (std::size_t i = 0; i < trained.size(); ++i) named.push_back({wanted[i].name, &trained[i]});
  start = std::chrono::steady_clock::now();
  const store::VectorSpace space = {
      .fingerprint = std::string(64, 'a'), .model = "none", .d = turns.d()};
  QUERN_TRY(write_predictor_file(
      path, {.space = space, .predictors = named, .dialogues = turns, .made_by = "bench"}));
  fmt::print(
      "{{\"turns\":{},\"d\":{},\"units\":{},\"pass_s\":{:.1f},\"train_s\":{:.1f},"
      "\"train_peak_mb\":{},\"write_s\":{:.1f},\"peak_mb\":{},\"file_mb\":{}}}\n",
      n_turns, turns.d(), argv[3], read_s, train_s, train_peak, seconds_since(start), peak_memory(),
      std::filesystem::file_size(path) >> 20);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    fmt::print(stderr, "dialogue_training TURNS D UNITS THREADS OUT\n");
    return 2;
  }
  const Status status = run(argv);
  if (!status.ok()) fmt::print(stderr, "dialogue_training: {}\n", status.message());
  return status.ok() ? 0 : 1;
}
