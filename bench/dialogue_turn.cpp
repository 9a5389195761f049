// How long one turn of a conversation takes, warm: its text embedded, the state moved on, the
// nearest of many candidates found. Milliseconds as JSON, beside what reading the candidates'
// vectors once takes.
//
//   dialogue_turn HOME MODEL TALKS CANDIDATES UNITS THREADS OUT
//
// TALKS are dialogues (JSON lines): the first tenth of them is what is said; candidates are made
// of the vectors of all turns, each moved a little in a direction of its own. OUT is the
// predictor's file, which must not be there.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/dialogue/next_turns.h"
#include "apps/dialogue/predictor_file.h"
#include "apps/dialogue/turn_spool.h"
#include "apps/dialogue/turn_training.h"
#include "apps/dialogue/write_predictor.h"
#include "apps/store_model.h"
#include "base/split_mix.h"

namespace {

using namespace quern;
using namespace quern::apps;

using Clock = std::chrono::steady_clock;

constexpr int kTurnsOfOne = 8;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double percentile(std::vector<double> of, double share) {
  std::sort(of.begin(), of.end());
  return of[static_cast<std::size_t>(share * static_cast<double>(of.size() - 1))];
}

Result<std::vector<Dialogue>> read_talks(const std::string& path) {
  std::ifstream in(path);
  DialogueLines lines(in, path);
  std::vector<Dialogue> out;
  for (;;) {
    QUERN_ASSIGN(std::optional<DialogueLines::Line> line, lines.next());
    if (!line) break;
    if (line->status.ok()) out.push_back(std::move(line->dialogue));
  }
  if (out.size() < 10) return {Code::kBadInput, fmt::format("'{}' has too few dialogues", path)};
  return out;
}

/// Vectors near those of turns that were said.
Status make_up(std::span<const DialogueVectors> said, std::size_t n_turns, TurnSpool& out) {
  std::uint64_t state = 1;
  const auto draw = [&] { return static_cast<float>(next_split_mix(state) >> 40) * 0x1p-23f - 1; };
  const auto d = static_cast<std::size_t>(out.d());
  const float noise = 1.2f / std::sqrt(static_cast<float>(d));  // Of about 0.7 in length.
  std::vector<float> turn(d);
  for (std::size_t n = 0; n < n_turns; ++n) {
    if (n % kTurnsOfOne == 0) QUERN_TRY(out.begin_dialogue());
    const DialogueVectors& from = said[(n / kTurnsOfOne) % said.size()];
    const std::span<const float> near = from.turn(n % from.n_turns());
    float squares = 0;
    for (std::size_t i = 0; i < d; ++i) {
      turn[i] = near[i] + noise * draw();
      squares += turn[i] * turn[i];
    }
    for (float& x : turn) x /= std::sqrt(squares);
    const float extras[] = {n % 2 == 0 ? 1.0f : -1.0f, 0, 0, 0.1f};
    QUERN_TRY(out.add_turn(fmt::format("turn {} of many", n), turn, extras));
  }
  return {};
}

struct Options {
  std::string home, model, talks, out;
  std::size_t n_candidates = 0;
  int n_units = 0;
  int n_threads = 0;
};

Status write_predictor(const Options& options, const TextEmbedder& embedder,
                       std::span<const DialogueVectors> said, ThreadPool& pool) {
  const std::string folder = std::filesystem::absolute(options.out).parent_path().string();
  QUERN_ASSIGN(TurnSpool turns, TurnSpool::create(folder, embedder.d()));
  // The first turn of a dialogue follows none.
  QUERN_TRY(make_up(said, options.n_candidates * kTurnsOfOne / (kTurnsOfOne - 1), turns));
  const NamedTraining wanted = {kMainPredictor,
                                {.context = {.reservoir = echo_state_spec(options.n_units, 1)}}};
  QUERN_ASSIGN(const std::vector<TurnPredictor> trained,
               train_predictors(turns, pool, std::span(&wanted, 1)));
  QUERN_ASSIGN(const store::VectorSpace space, space_of(embedder, options.model));
  const NamedPredictor named = {kMainPredictor, &trained[0]};
  return write_predictor_file(
      options.out,
      {.space = space, .predictors = std::span(&named, 1), .dialogues = turns, .made_by = "bench"});
}

/// Reads as many bytes as the candidates' vectors have at one byte a number.
double reading_ms(std::size_t n_bytes, ThreadPool& pool) {
  const std::vector<std::uint64_t> bytes(n_bytes / sizeof(std::uint64_t), 1);
  std::vector<double> took;
  std::uint64_t kept = 0;
  for (int round = 0; round < 30; ++round) {
    const auto start = Clock::now();
    std::vector<std::uint64_t> sums(64, 0);
    pool.parallel_for(64, [&](int part, int) {
      const std::size_t n = bytes.size() / 64, first = static_cast<std::size_t>(part) * n;
      std::uint64_t sum = 0;
      for (std::size_t i = first; i < first + n; ++i) sum += bytes[i];
      sums[static_cast<std::size_t>(part)] = sum;
    });
    took.push_back(ms_since(start));
    for (const std::uint64_t sum : sums) kept += sum;
  }
  return kept == 0 ? 0 : percentile(took, 0.5);
}

Status run(const Options& options) {
  engine::EngineOptions engine_options;
  engine_options.home = options.home;
  engine_options.n_threads = options.n_threads;
  QUERN_ASSIGN(const auto engine, engine::Engine::make(engine_options));
  QUERN_ASSIGN(const TextEmbedder embedder, TextEmbedder::open(*engine, {.model = options.model}));
  ThreadPool pool(options.n_threads);
  QUERN_ASSIGN(const std::vector<Dialogue> talks, read_talks(options.talks));
  QUERN_ASSIGN(const auto said, vectors_of(talks, {.embedder = &embedder}));
  QUERN_TRY(write_predictor(options, embedder, said, pool));
  QUERN_ASSIGN(const auto file, PredictorFile::open(options.out));
  QUERN_ASSIGN(const NextTurnService service,
               NextTurnService::make({.file = file.get(), .embedder = &embedder, .pool = &pool}));

  std::vector<double> embed, hear, whole;
  for (std::size_t i = 0; i < talks.size() / 10; ++i) {
    ConversationState state = new_conversation(service.predictor());
    for (const Turn& turn : talks[i].turns) {
      const auto start = Clock::now();
      QUERN_ASSIGN(const std::vector<TurnVector> vectors, service.vectors(std::span(&turn, 1), {}));
      const double embed_ms = ms_since(start);
      QUERN_TRY(service.hear(state, std::span(&turn, 1), vectors, 5).status());
      embed.push_back(embed_ms);
      whole.push_back(ms_since(start));
      hear.push_back(whole.back() - embed_ms);
    }
  }
  const std::size_t n_warm = whole.size() / 10;
  for (std::vector<double>* each : {&embed, &hear, &whole}) {
    each->erase(each->begin(), each->begin() + static_cast<std::ptrdiff_t>(n_warm));
  }
  const auto n_bytes =
      static_cast<std::size_t>(file->n_candidates()) * static_cast<std::size_t>(file->space().d);
  fmt::print(
      "{{\"candidates\":{},\"d\":{},\"units\":{},\"threads\":{},\"turns\":{},"
      "\"turn_p50_ms\":{:.2f},\"turn_p90_ms\":{:.2f},\"embed_p50_ms\":{:.2f},"
      "\"update_and_retrieve_p50_ms\":{:.2f},\"reading_one_byte_each_ms\":{:.2f}}}\n",
      file->n_candidates(), file->space().d, options.n_units, options.n_threads, whole.size(),
      percentile(whole, 0.5), percentile(whole, 0.9), percentile(embed, 0.5), percentile(hear, 0.5),
      reading_ms(n_bytes, pool));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    fmt::print(stderr, "dialogue_turn HOME MODEL TALKS CANDIDATES UNITS THREADS OUT\n");
    return 2;
  }
  const Status status = run({.home = argv[1],
                             .model = argv[2],
                             .talks = argv[3],
                             .out = argv[7],
                             .n_candidates = static_cast<std::size_t>(std::atoll(argv[4])),
                             .n_units = std::atoi(argv[5]),
                             .n_threads = std::max(1, std::atoi(argv[6]))});
  if (!status.ok()) fmt::print(stderr, "dialogue_turn: {}\n", status.message());
  return status.ok() ? 0 : 1;
}
