// How long an interactive text takes on an idle engine, and while a bulk job of 512-token texts
// has all threads; and how fast a cancelled job is gone. The texts are as long as they say also
// where the model's own limit is lower: up to its last position.
//
// usage: bench_overtaking MODEL [--generator MODEL] [--seconds 10] [--precision auto]
// The models as for `quern embed` and `quern generate`. Prints one line for each measurement; the
// last column is what the bar is about: the 99th percentile beside bulk work less that of the idle
// engine, at most 4 ms. A cancelled job's time is told beside that of a layer.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.h"

namespace {

using namespace quern;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(share * last + 0.5)];
}

engine::Request texts_of(const std::string& model, int n_texts, int n_tokens,
                         engine::WorkClass work_class) {
  engine::Request request;
  request.model = model;
  request.work_class = work_class;
  request.max_tokens = n_tokens;
  for (int i = 0; i < n_texts; ++i) {
    engine::Input input;
    // Ordinary words, so that ids are those of the middle of a vocabulary; two are the template.
    input.ids = std::vector<text::TokenId>();
    for (int t = 0; t < n_tokens - 2; ++t) input.ids->push_back(2000 + (t * 37 + i * 101) % 20000);
    request.inputs.push_back(std::move(input));
  }
  return request;
}

/// A bulk job that is sent again as long as it lives.
class Load {
 public:
  Load(engine::Engine& engine, const std::string& model)
      : thread_([this, &engine, model] {
          while (!stop_) {
            const auto response = engine.run(texts_of(model, 8, 512, engine::WorkClass::kBulk));
            for (const auto& outcome : response.outcomes) n_texts_ += outcome.status.ok() ? 1 : 0;
          }
        }) {}
  ~Load() {
    stop_ = true;
    thread_.join();
  }
  long n_texts() const { return n_texts_; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<long> n_texts_{0};
  std::thread thread_;
};

/// Times of single texts, sent one by one with pauses in between.
std::vector<double> times_of(engine::Engine& engine, const std::string& model, int n_tokens,
                             double seconds) {
  std::vector<double> out;
  const Clock::time_point start = Clock::now();
  unsigned pause = 1;
  while (ms_since(start) < seconds * 1e3 || out.size() < 100) {
    std::promise<engine::Response> answer;
    const Clock::time_point sent = Clock::now();
    engine.submit(texts_of(model, 1, n_tokens, engine::WorkClass::kInteractive),
                  [&](engine::Response r) { answer.set_value(std::move(r)); });
    const engine::Response response = answer.get_future().get();
    out.push_back(ms_since(sent));
    if (!response.status.ok() || !response.outcomes[0].status.ok()) {
      std::fprintf(stderr, "%s%s\n", response.status.message().c_str(),
                   response.outcomes.empty() ? "" : response.outcomes[0].status.message().c_str());
      std::exit(1);
    }
    pause = pause * 1103515245 + 12345;
    std::this_thread::sleep_for(std::chrono::microseconds(2000 + pause / 65536 % 8000));
  }
  return out;
}

void show(const char* what, int n_tokens, const std::vector<double>& times) {
  std::printf("%-8s %4d tokens  n %5zu  p50 %8.2f ms  p99 %8.2f ms  max %8.2f ms\n", what, n_tokens,
              times.size(), percentile(times, 0.5), percentile(times, 0.99), percentile(times, 1));
  std::fflush(stdout);
}

void measure_overtaking(engine::Engine& engine, const std::string& model, double seconds) {
  for (const int n_tokens : {12, 256}) {
    const std::vector<double> idle = times_of(engine, model, n_tokens, seconds);
    show("idle", n_tokens, idle);
    const Load load(engine, model);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const long before = load.n_texts();
    const Clock::time_point start = Clock::now();
    const std::vector<double> busy = times_of(engine, model, n_tokens, seconds);
    show("beside", n_tokens, busy);
    std::printf("         %4d tokens  bulk %.1f texts/s beside it, p99 %+.2f ms\n", n_tokens,
                static_cast<double>(load.n_texts() - before) * 1e3 / ms_since(start),
                percentile(busy, 0.99) - percentile(idle, 0.99));
  }
}

void measure_cancelled_batch(engine::Engine& engine, const std::string& model, int n_layers) {
  std::vector<double> times;
  for (int i = 0; i < 20; ++i) {
    std::promise<engine::Response> answer;
    const auto ticket = engine.submit(texts_of(model, 4, 512, engine::WorkClass::kBulk),
                                      [&](engine::Response r) { answer.set_value(std::move(r)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + i));
    const Clock::time_point cancelled = Clock::now();
    ticket->cancel();
    answer.get_future().get();
    times.push_back(ms_since(cancelled));
  }
  const Clock::time_point start = Clock::now();
  engine.run(texts_of(model, 4, 512, engine::WorkClass::kBulk));
  std::printf(
      "cancelled batch of 4 x 512 tokens: gone after p50 %.2f ms, max %.2f ms; whole %.2f ms",
      percentile(times, 0.5), percentile(times, 1), ms_since(start));
  std::printf(n_layers > 0 ? ", a layer %.2f ms\n" : "\n", ms_since(start) / std::max(n_layers, 1));
}

void measure_cancelled_prompt(engine::Engine& engine, const std::string& model) {
  const auto decoder = engine.decoder(model);
  if (!decoder.ok()) {
    std::fprintf(stderr, "%s\n", decoder.status().message().c_str());
    std::exit(1);
  }
  const formats::DecoderConfig& config = (*decoder)->config;
  const int n_tokens = std::min(8192, config.n_positions - 8);
  std::vector<double> times;
  double step_ms = 0;
  for (int i = 0; i < 10; ++i) {
    engine::GenerateRequest request;
    request.model = model;
    request.max_tokens = 1;
    request.ids = std::vector<text::TokenId>();
    for (int t = 0; t < n_tokens; ++t) {
      request.ids->push_back(100 + (t * 31 + i * 7) % std::min(config.n_vocab - 200, 20000));
    }
    const long before = engine.stats().n_prompt_tokens;
    const Clock::time_point start = Clock::now();
    std::promise<engine::GenerateResult> answer;
    const auto ticket = engine.generate(
        std::move(request), {}, [&](engine::GenerateResult r) { answer.set_value(std::move(r)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(1500 + 50 * i));
    const double steps = static_cast<double>(engine.stats().n_prompt_tokens - before) / 512;
    if (steps >= 1) step_ms = ms_since(start) / steps;
    const Clock::time_point cancelled = Clock::now();
    ticket->cancel();
    answer.get_future().get();
    times.push_back(ms_since(cancelled));
  }
  std::printf(
      "cancelled prompt of %d tokens: gone after p50 %.2f ms, max %.2f ms; a layer %.2f ms\n",
      n_tokens, percentile(times, 0.5), percentile(times, 1), step_ms / config.n_layers);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: bench_overtaking MODEL [--generator MODEL] [--seconds 10] "
                 "[--layers N] [--precision auto]\n");
    return 2;
  }
  std::string generator;
  double seconds = 10;
  int n_layers = 0;
  engine::EngineOptions options;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--generator") generator = argv[i + 1];
    if (flag == "--seconds") seconds = std::atof(argv[i + 1]);
    if (flag == "--layers") n_layers = std::atoi(argv[i + 1]);
    if (flag == "--precision") options.precision = argv[i + 1];
  }
  auto engine = engine::Engine::make(options);
  const Status warmed = engine.ok() ? (*engine)->warm(argv[1]) : engine.status();
  if (!warmed.ok()) {
    std::fprintf(stderr, "%s\n", warmed.message().c_str());
    return 1;
  }
  (*engine)->run(texts_of(argv[1], 16, 512, engine::WorkClass::kBulk));
  measure_overtaking(**engine, argv[1], seconds);
  measure_cancelled_batch(**engine, argv[1], n_layers);
  if (!generator.empty()) measure_cancelled_prompt(**engine, generator);
  return 0;
}
