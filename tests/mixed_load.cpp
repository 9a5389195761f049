// Everything at once through one engine that has too little memory for all its models: texts
// embedded and classified, answers generated, requests cancelled and late, models evicted and
// loaded again. Meant for the sanitizers; a text must have the same numbers each time.
//
// usage: quern_mixed_load [SECONDS=3] [MB=2]    exit 1 when a promise is broken
// MB: for models, beside what the program takes; the thread sanitizer takes more as it goes.

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cli/temp_folder.h"
#include "engine/engine.h"

namespace {

using namespace quern;
using namespace quern::engine;
using Clock = std::chrono::steady_clock;

constexpr int kClients = 6;
// Beside the program, which is taken for what it needs: not enough for all models at once.
constexpr std::size_t kModelBytes = std::size_t{2} << 20;
constexpr std::size_t kMostBytes = std::size_t{1} << 30;
const std::string kData = QUERN_SOURCE_DIR "/tests/data/";

struct Encoding {
  std::string model;
  Task task;
};
const Encoding kEncoders[] = {{kData + "models/tiny-mean-f32", Task::kEmbed},
                              {kData + "models/tiny-mean-bf16", Task::kEmbed},
                              {kData + "models/tiny-max", Task::kEmbed},
                              {kData + "models/tiny-roberta", Task::kEmbed},
                              {kData + "models/tiny-nli", Task::kClassify}};
const std::string kGenerators[] = {kData + "decoders/tiny-chat.gguf"};

/// What was done, and what went wrong.
class Tally {
 public:
  void broken(const std::string& what) {
    std::fprintf(stderr, "broken: %s\n", what.c_str());
    ++n_broken;
  }

  /// Whoever cancels, is late or asks for too much may be told so, and nothing else.
  void ended(const Status& status) {
    ++n_ended;
    if (status.ok()) return;
    ++n_refused;
    switch (status.code()) {
      case Code::kCancelled:
      case Code::kDeadline:
      case Code::kExhausted:
      case Code::kUnavailable:
        return;
      default:
        broken(status.message());
    }
  }

  /// The same key has the same values, always.
  void same(const std::string& key, const std::vector<float>& values) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto [at, is_new] = seen_.emplace(key, values);
    const std::vector<float>& want = at->second;
    if (!is_new && (want.size() != values.size() ||
                    std::memcmp(want.data(), values.data(), want.size() * sizeof(float)) != 0)) {
      broken("other numbers for " + key);
    }
  }

  std::atomic<long> n_ended{0}, n_refused{0}, n_texts{0}, n_tokens{0}, n_broken{0};

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<float>> seen_;
};

class Client {
 public:
  Client(Engine& engine, Tally& tally, unsigned seed)
      : engine_(engine), tally_(tally), random_(seed) {}

  void act() {
    switch (below(8)) {
      case 0:
      case 1:
        return generate();
      case 2:
        return look();
      default:
        return encode();
    }
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  std::string text(int longest) {
    static const char* const kWords[] = {"flow", "over", "a", "wing", "layer", "2", "surface", ","};
    std::string out;
    for (int n = 1 + below(below(10) == 0 ? longest : 12); n > 0; --n) {
      out += kWords[below(8)];
      out += ' ';
    }
    return out;
  }

  WorkClass work_class() { return below(3) == 0 ? WorkClass::kBulk : WorkClass::kInteractive; }

  std::optional<Clock::time_point> deadline() {
    if (below(10) != 0) return {};
    return Clock::now() + std::chrono::microseconds(below(3000));
  }

  void maybe_cancel(Ticket& ticket) {
    if (below(4) != 0) return;
    std::this_thread::sleep_for(std::chrono::microseconds(below(2000)));
    ticket.cancel();
  }

  void encode() {
    const Encoding& encoder = kEncoders[below(std::size(kEncoders))];
    Request request;
    request.model = encoder.model;
    request.task = encoder.task;
    request.work_class = work_class();
    request.deadline = deadline();
    for (int n = 1 + below(12); n > 0; --n) request.inputs.emplace_back().text = text(200);
    const std::vector<Input> inputs = request.inputs;
    std::promise<Response> answer;
    const auto ticket =
        engine_.submit(std::move(request), [&](Response r) { answer.set_value(std::move(r)); });
    if (ticket != nullptr) maybe_cancel(*ticket);
    const Response response = answer.get_future().get();
    tally_.ended(response.status);
    for (std::size_t i = 0; i < response.outcomes.size(); ++i) {
      const Outcome& outcome = response.outcomes[i];
      if (!outcome.status.ok()) {
        tally_.ended(outcome.status);
        continue;
      }
      ++tally_.n_texts;
      tally_.same(encoder.model + ": " + inputs[i].text, outcome.values);
    }
  }

  void generate() {
    GenerateRequest request;
    request.model = kGenerators[below(std::size(kGenerators))];
    request.prompt = text(60);
    request.max_tokens = 1 + below(30);
    request.ignore_end = true;
    request.sampling.temperature = below(2) == 0 ? 0.0f : 1.0f;
    request.work_class = work_class();
    request.deadline = deadline();
    std::atomic<long> n_seen{0};
    std::promise<GenerateResult> answer;
    const auto ticket = engine_.generate(
        std::move(request),
        [&](const GenerateDelta& delta) { n_seen += static_cast<long>(delta.tokens.size()); },
        [&](GenerateResult r) { answer.set_value(std::move(r)); });
    if (ticket != nullptr) maybe_cancel(*ticket);
    const GenerateResult result = answer.get_future().get();
    tally_.ended(result.status);
    tally_.n_tokens += n_seen;
    if (result.status.ok() && n_seen != result.n_tokens) {
      tally_.broken(std::to_string(n_seen) + " tokens were told of " +
                    std::to_string(result.n_tokens));
    }
  }

  void look() {
    const Stats stats = engine_.stats();
    if (stats.memory_used_bytes > stats.memory_limit_bytes) tally_.broken("over the budget");
    static_cast<void>(engine_.list());
    tally_.ended(engine_.describe(kEncoders[below(std::size(kEncoders))].model).status());
  }

  Engine& engine_;
  Tally& tally_;
  std::mt19937 random_;
};

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 3;
  const std::size_t model_bytes = argc > 2 ? std::strtoul(argv[2], nullptr, 10) << 20 : kModelBytes;
  const cli::TempFolder home;
  EngineOptions options{.n_threads = 3, .home = home.file(""), .precision = "f32"};
  options.memory_bytes = kModelBytes;
  while (!Engine::make(options).ok() && options.memory_bytes < kMostBytes) {
    options.memory_bytes += std::size_t{1} << 18;
  }
  options.memory_bytes += model_bytes;
  Result<std::unique_ptr<Engine>> made = Engine::make(options);
  // Under the sanitizers the program grows with each try.
  while (!made.ok() && options.memory_bytes < kMostBytes) {
    options.memory_bytes += kModelBytes;
    made = Engine::make(options);
  }
  if (!made.ok()) {
    std::fprintf(stderr, "%s\n", made.status().message().c_str());
    return 1;
  }
  Tally tally;
  const Clock::time_point end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                                   std::chrono::duration<double>(seconds));
  std::vector<std::thread> clients;
  for (unsigned c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      Client client(**made, tally, 17 + c);
      while (Clock::now() < end && tally.n_broken == 0) client.act();
    });
  }
  for (std::thread& client : clients) client.join();
  if (!(*made)->drain(std::chrono::seconds(10))) tally.broken("requests are left");
  const Stats stats = (*made)->stats();
  std::printf(
      "%ld requests and inputs ended, %ld of them refused or cancelled; %ld texts with the "
      "same numbers each time, %ld tokens; peak %.1f of %.1f MB\n",
      tally.n_ended.load(), tally.n_refused.load(), tally.n_texts.load(), tally.n_tokens.load(),
      static_cast<double>((*made)->ledger().peak_bytes()) / 1e6,
      static_cast<double>(stats.memory_limit_bytes) / 1e6);
  if (tally.n_texts == 0 || tally.n_tokens == 0) tally.broken("nothing came through");
  return tally.n_broken == 0 ? 0 : 1;
}
