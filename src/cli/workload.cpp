#include "cli/workload.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <random>

#include <fmt/format.h>

#include "cli/bench_report.h"
#include "cli/made_up_texts.h"

namespace quern::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTokensPerWord = 8;    // At most, with its space.
constexpr int kTokensOfNumber = 2;   // In words: what ends a made-up text.
constexpr double kLeastGain = 0.03;  // Less is not worth a setting.

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Mostly short, some long: what embedders see.
int words_of(const Workload& work, int i) {
  return std::min(work.max_words, i % 8 == 0 ? 120 : 6 + i * 7 % 40);
}

engine::Request request_of(const Workload& work) {
  engine::Request request;
  request.model = work.model;
  request.task = work.service == Service::kNli ? engine::Task::kClassify : engine::Task::kEmbed;
  return request;
}

engine::Input input_of(const Workload& work, int i, std::mt19937_64& random) {
  engine::Input input{.text = made_up_text(words_of(work, i), random), .text_pair = {}, .ids = {}};
  if (work.service == Service::kNli) input.text_pair = made_up_text(12, random);
  return input;
}

engine::GenerateRequest generation_of(const Workload& work, int i, std::mt19937_64& random) {
  engine::GenerateRequest request;
  request.model = work.model;
  request.prompt = made_up_text(words_of(work, i), random);
  request.max_tokens = work.n_answer_tokens;
  request.ignore_end = true;
  request.sampling.temperature = 0;
  return request;
}

Result<WorkloadRun> encode_at_once(engine::Engine& engine, const Workload& work,
                                   std::mt19937_64& random) {
  engine::Request request = request_of(work);
  request.work_class = engine::WorkClass::kBulk;
  for (int i = 0; i < work.n_samples; ++i) request.inputs.push_back(input_of(work, i, random));
  const Clock::time_point start = Clock::now();
  const engine::Response response = engine.run(std::move(request));
  WorkloadRun run{.seconds = seconds_since(start), .queue_ms = {response.queue_ms}};
  QUERN_TRY(response.status);
  for (const engine::Outcome& outcome : response.outcomes) QUERN_TRY(outcome.status);
  run.n_units = work.n_samples;
  run.n_tokens = response.n_tokens;
  return run;
}

Result<WorkloadRun> generate_at_once(engine::Engine& engine, const Workload& work,
                                     std::mt19937_64& random) {
  std::vector<std::promise<engine::GenerateResult>> results(
      static_cast<std::size_t>(work.n_samples));
  std::vector<std::shared_ptr<engine::Ticket>> tickets;
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < work.n_samples; ++i) {
    auto& result = results[static_cast<std::size_t>(i)];
    tickets.push_back(engine.generate(
        generation_of(work, i, random), {},
        [&result](engine::GenerateResult made) { result.set_value(std::move(made)); }));
  }
  WorkloadRun run;
  Status first;
  for (auto& result : results) {
    const engine::GenerateResult made = result.get_future().get();
    if (first.ok()) first = made.status;
    run.n_units += made.n_tokens;
    run.n_tokens += made.n_tokens + made.n_prompt_tokens;
    run.queue_ms.push_back(made.queue_ms);
  }
  run.seconds = seconds_since(start);
  QUERN_TRY(first);
  return run;
}

Result<double> run_one(engine::Engine& engine, const Workload& work, int i,
                       std::mt19937_64& random) {
  const Clock::time_point start = Clock::now();
  if (work.service == Service::kGenerate) {
    QUERN_TRY(engine::generate_and_wait(engine, generation_of(work, i, random), {}).status);
    return 1e3 * seconds_since(start);
  }
  engine::Request request = request_of(work);
  request.inputs = {input_of(work, i, random)};
  const engine::Response response = engine.run(std::move(request));
  QUERN_TRY(response.status);
  QUERN_TRY(response.outcomes.at(0).status);
  return 1e3 * seconds_since(start);
}

}  // namespace

Result<Service> parse_service(const std::string& name) {
  for (const Service service : {Service::kEmbed, Service::kNli, Service::kGenerate}) {
    if (name == service_name(service)) return service;
  }
  return Status(Code::kBadInput,
                fmt::format("service is '{}', want embedding, nli or generate", name));
}

const char* service_name(Service service) {
  if (service == Service::kNli) return "nli";
  return service == Service::kEmbed ? "embedding" : "generate";
}

const char* unit_of(Service service) {
  if (service == Service::kNli) return "pairs";
  return service == Service::kEmbed ? "texts" : "tokens";
}

Service service_of(const engine::ModelInfo& model) {
  if (model.task == engine::Task::kGenerate) return Service::kGenerate;
  return model.task == engine::Task::kEmbed ? Service::kEmbed : Service::kNli;
}

Workload workload_of(const engine::ModelInfo& model, std::string name, Service service,
                     int n_samples) {
  Workload work{.model = std::move(name), .service = service, .n_samples = n_samples};
  const int n_room = model.max_tokens - (service == Service::kGenerate ? work.n_answer_tokens : 0);
  work.max_words = std::max(1, n_room / kTokensPerWord - kTokensOfNumber);
  return work;
}

Result<WorkloadRun> run_at_once(engine::Engine& engine, const Workload& work, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  return work.service == Service::kGenerate ? generate_at_once(engine, work, random)
                                            : encode_at_once(engine, work, random);
}

Result<std::vector<double>> run_singly(engine::Engine& engine, const Workload& work, int n,
                                       std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> ms;
  for (int i = 0; i < n; ++i) {
    QUERN_ASSIGN(const double each, run_one(engine, work, i, random));
    ms.push_back(each);
  }
  return ms;
}

bool Comparison::is_better() const {
  return ratio > 1 + std::max(kLeastGain, noise) && 5 * n_won >= 4 * n_pairs;
}

Result<Comparison> compare(const engine::EngineOptions& a, const engine::EngineOptions& b,
                           const Workload& work, int n_pairs) {
  QUERN_ASSIGN(const auto engine_a, engine::Engine::make(a));
  QUERN_ASSIGN(const auto engine_b, engine::Engine::make(b));
  for (engine::Engine* engine : {engine_a.get(), engine_b.get()}) {
    QUERN_TRY(engine->warm(work.model));
    QUERN_TRY(run_at_once(*engine, work, 1).status());
  }
  std::vector<double> rates_a, rates_b, ratios;
  Comparison out{.n_pairs = n_pairs};
  for (int i = 0; i < n_pairs; ++i) {
    const auto seed = static_cast<std::uint64_t>(100 + 2 * i);
    // Who goes first takes turns, so that neither always meets what the other left.
    engine::Engine& first = i % 2 == 0 ? *engine_a : *engine_b;
    engine::Engine& second = i % 2 == 0 ? *engine_b : *engine_a;
    QUERN_ASSIGN(const WorkloadRun run_1, run_at_once(first, work, seed));
    QUERN_ASSIGN(const WorkloadRun run_2, run_at_once(second, work, seed + 1));
    rates_a.push_back(i % 2 == 0 ? run_1.rate() : run_2.rate());
    rates_b.push_back(i % 2 == 0 ? run_2.rate() : run_1.rate());
    ratios.push_back(rates_b.back() / rates_a.back());
    out.n_won += ratios.back() > 1 ? 1 : 0;
  }
  out.ratio = quantile(ratios, 0.5);
  out.noise = (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / 2;
  out.rate_a = quantile(rates_a, 0.5);
  out.rate_b = quantile(rates_b, 0.5);
  return out;
}

}  // namespace quern::cli
