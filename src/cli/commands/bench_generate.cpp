// quern bench generate: prompt and decoding speed of a generating model, through the whole engine.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/machine.h"
#include "cli/bench_report.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/run_texts.h"
#include "kernels/bandwidth.h"
#include "kernels/peak.h"
#include "kernels/table.h"

namespace quern::cli {
namespace {

using Clock = std::chrono::steady_clock;
using text::TokenId;

struct BenchGenerateFlags {
  std::string model;
  int n_repeats = 3;
  std::vector<std::string> only;  // Of kTests; empty: all.
  bool json = false;

  bool wants(const char* test) const {
    return only.empty() || std::find(only.begin(), only.end(), test) != only.end();
  }
};

const std::vector<std::string> kTests = {"pp128", "pp512", "tg64", "tg64x8", "gaps"};

constexpr const char* kExamples =
    R"(Tokens per second, the best of --repeat runs behind a warm-up: pp128 and pp512 for prompts of that length, tg64 for 64
tokens one by one behind a short prompt, tg64x8 for eight such answers at once, and the gaps between
the tokens of a running answer, alone and while a prompt of 2,000 tokens joins. The last line on
standard output is one JSON object. bandwidth_share is bytes of weights times tg64 over what this
machine reads from memory; peak_share is the arithmetic of pp512 over its best dot-product instruction.

Examples:
  quern bench generate SmolLM2-135M-Instruct
  quern bench generate ./model.gguf --only pp512,tg64 --repeat 5 --json)";

/// Prompts that no earlier one begins like: nothing is found in the prefix cache.
class Prompts {
 public:
  explicit Prompts(int n_vocab) : n_vocab_(n_vocab) {}

  std::vector<TokenId> next(int n) {
    std::vector<TokenId> ids;
    for (int i = 0; i < n; ++i) {
      state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
      ids.push_back(static_cast<TokenId>((state_ >> 33) % static_cast<std::uint64_t>(n_vocab_)));
    }
    return ids;
  }

 private:
  int n_vocab_;
  std::uint64_t state_ = 1;
};

/// Answers that run at the same time, and when their tokens came.
class Batch {
 public:
  explicit Batch(engine::Engine& engine) : engine_(engine) {}
  ~Batch() { static_cast<void>(wait()); }

  void start(engine::GenerateRequest request) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::size_t i = results_.size();
    results_.emplace_back();
    times_.emplace_back();
    ++n_open_;
    engine_.generate(
        std::move(request),
        [this, i](const engine::GenerateDelta& delta) {
          const std::lock_guard<std::mutex> locked(mutex_);
          times_[i].insert(times_[i].end(), delta.tokens.size(), Clock::now());
          changed_.notify_all();
        },
        [this, i](engine::GenerateResult result) {
          const std::lock_guard<std::mutex> locked(mutex_);
          results_[i] = std::move(result);
          --n_open_;
          changed_.notify_all();
        });
  }

  /// Returns when the i-th answer has begun, or when none is open any more.
  void wait_for_token(std::size_t i) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return !times_[i].empty() || n_open_ == 0; });
  }

  Status wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return n_open_ == 0; });
    for (const engine::GenerateResult& r : results_) QUERN_TRY(r.status);
    return {};
  }

  const engine::GenerateResult& result(std::size_t i) const { return results_[i]; }
  const std::vector<Clock::time_point>& times(std::size_t i) const { return times_[i]; }

 private:
  engine::Engine& engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int n_open_ = 0;
  std::vector<engine::GenerateResult> results_;
  std::vector<std::vector<Clock::time_point>> times_;
};

struct Report {
  engine::ModelInfo model;
  int n_threads = 0;
  double load_ms = 0;
  double first_token_ms = 0;  // From the start of loading.
  double pp128 = 0, pp512 = 0, tg64 = 0, tg64x8 = 0;
  double idle_p99_ms = 0, joined_p99_ms = 0;
  std::size_t rss_bytes = 0, peak_rss_bytes = 0, kv_bytes = 0;
  double read_gbps = 0, peak_gops = 0, n_ops_per_token = 0;
  std::size_t weight_bytes_per_token = 0;
};

class Bench {
 public:
  Bench(engine::Engine& engine, const BenchGenerateFlags& flags, int n_vocab)
      : engine_(engine), flags_(flags), prompts_(n_vocab) {}

  engine::GenerateRequest request(int n_prompt, int n_tokens) {
    engine::GenerateRequest r;
    r.model = flags_.model;
    r.ids = prompts_.next(n_prompt);
    r.max_tokens = n_tokens;
    r.ignore_end = true;
    r.sampling.temperature = 0;
    return r;
  }

  Result<double> prompt_speed(int n) {
    double best = 0;
    for (int i = 0; i <= flags_.n_repeats; ++i) {
      Batch batch(engine_);
      batch.start(request(n, 1));
      QUERN_TRY(batch.wait());
      best = std::max(best, n / batch.result(0).prompt_ms * 1e3);
    }
    return best;
  }

  // n answers of 64 tokens behind 32; the time from the last first token to the first end counts.
  // Answers so quick that they never all run at once are made longer, as far as the model goes.
  Result<double> decode_speed(int n, int n_context) {
    double best = 0;
    int n_tokens_each = 65;
    for (int i = 0; i <= flags_.n_repeats; ++i) {
      Batch batch(engine_);
      for (int j = 0; j < n; ++j) batch.start(request(32, n_tokens_each));
      QUERN_TRY(batch.wait());
      Clock::time_point start = batch.times(0).front();
      Clock::time_point end = batch.times(0).back();
      for (std::size_t j = 1; j < static_cast<std::size_t>(n); ++j) {
        start = std::max(start, batch.times(j).front());
        end = std::min(end, batch.times(j).back());
      }
      if (end <= start) {
        if (n_tokens_each * 2 + 32 <= n_context) {
          n_tokens_each *= 2;
          --i;
        }
        continue;
      }
      long n_tokens = 0;
      for (std::size_t j = 0; j < static_cast<std::size_t>(n); ++j) {
        for (const Clock::time_point t : batch.times(j)) n_tokens += t > start && t <= end ? 1 : 0;
      }
      best = std::max(
          best, static_cast<double>(n_tokens) / std::chrono::duration<double>(end - start).count());
    }
    return best;
  }

  // The 99th percentile of the gaps of an answer, alone or while a long prompt is read.
  Result<double> gap_p99_ms(int n_joining) {
    std::vector<double> gaps;
    for (int i = 0; i <= flags_.n_repeats; ++i) {
      Batch batch(engine_);
      batch.start(request(32, 400));
      if (n_joining > 0) {
        batch.wait_for_token(0);
        batch.start(request(n_joining, 1));
      }
      QUERN_TRY(batch.wait());
      const auto& times = batch.times(0);
      const Clock::time_point joined =
          n_joining > 0 ? batch.times(1).front() : Clock::time_point::max();
      for (std::size_t t = 1; t < times.size() && times[t] <= joined; ++t) {
        gaps.push_back(std::chrono::duration<double, std::milli>(times[t] - times[t - 1]).count());
      }
    }
    return quantile(std::move(gaps), 0.99);
  }

 private:
  engine::Engine& engine_;
  const BenchGenerateFlags& flags_;
  Prompts prompts_;
};

double bandwidth_share(const Report& r) {
  return static_cast<double>(r.weight_bytes_per_token) * r.tg64 / 1e9 / r.read_gbps;
}

double peak_share(const Report& r) { return r.n_ops_per_token * r.pp512 / 1e9 / r.peak_gops; }

std::string table_of(const Report& r) {
  std::string out = fmt::format("{} ({}), {} threads, {}\n", r.model.name, r.model.precision,
                                r.n_threads, kernels::active().isa);
  const auto line = [&out](const char* name, double value, const char* unit) {
    out += fmt::format("  {:<28}{:>10.1f} {}\n", name, value, unit);
  };
  const auto rate = [&line](const char* name, double value) {
    if (value > 0) line(name, value, "tokens/s");
  };
  rate("prompt of 128", r.pp128);
  rate("prompt of 512", r.pp512);
  rate("one answer", r.tg64);
  rate("eight answers together", r.tg64x8);
  if (r.idle_p99_ms > 0) {
    line("gap between tokens, p99", r.idle_p99_ms, "ms");
    line("... while a prompt joins", r.joined_p99_ms, "ms");
  }
  line("load", r.load_ms, "ms");
  line("load to first token", r.first_token_ms, "ms");
  line("resident", static_cast<double>(r.rss_bytes) / 1e6, "MB");
  if (r.tg64 > 0) {
    out += fmt::format("  {:<28}{:>10.2f} of {:.1f} GB/s\n", "share of read bandwidth",
                       bandwidth_share(r), r.read_gbps);
  }
  if (r.pp512 > 0) {
    out += fmt::format("  {:<28}{:>10.2f} of {:.0f} Gop/s\n", "share of int8 peak", peak_share(r),
                       r.peak_gops);
  }
  return out;
}

// What was not measured is left out.
std::string json_of(const Report& r) {
  std::string out = "{\"model\":";
  append_json_string(r.model.name, out);
  out += fmt::format(R"(,"precision":"{}","isa":"{}","threads":{})", r.model.precision,
                     kernels::active().isa, r.n_threads);
  const auto add = [&out](const char* key, double value, int n_digits) {
    if (value > 0) out += fmt::format(R"(,"{}":{:.{}f})", key, value, n_digits);
  };
  const auto mb = [](std::size_t bytes) { return static_cast<double>(bytes) / 1e6; };
  add("pp128", r.pp128, 1);
  add("pp512", r.pp512, 1);
  add("tg64", r.tg64, 2);
  add("tg64x8", r.tg64x8, 2);
  add("gap_p99_ms", r.idle_p99_ms, 3);
  add("gap_joined_p99_ms", r.joined_p99_ms, 3);
  add("load_ms", r.load_ms, 1);
  add("first_token_ms", r.first_token_ms, 1);
  add("rss_mb", mb(r.rss_bytes), 1);
  add("peak_rss_mb", mb(r.peak_rss_bytes), 1);
  add("weights_mb", mb(r.model.weight_bytes), 2);
  add("kv_mb", mb(r.kv_bytes), 2);
  add("read_gbps", r.read_gbps, 2);
  add("bandwidth_share", bandwidth_share(r), 4);
  add("peak_gops", r.peak_gops, 0);
  add("peak_share", peak_share(r), 4);
  return out + "}";
}

/// A multiply-add counts as two; attention is left out, the last product too (once a prompt).
double ops_per_token(const formats::DecoderConfig& c) {
  const double d = c.d_model;
  const double attention = 2.0 * c.n_heads * c.d_head + 2.0 * c.n_kv_heads * c.d_head;
  return 2.0 * c.n_layers * d * (attention + 3.0 * c.d_ff);
}

Result<Report> measure(const BenchGenerateFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const engine::EngineOptions options, engine_options(engine_flags));
  QUERN_ASSIGN(std::unique_ptr<engine::Engine> engine, engine::Engine::make(options));
  Report r;
  r.n_threads = engine->n_threads();
  const Clock::time_point start = Clock::now();
  QUERN_TRY(engine->warm(flags.model));
  const auto since = [&start] {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  };
  r.load_ms = since();
  QUERN_ASSIGN(r.model, engine->describe(flags.model));
  QUERN_ASSIGN(const auto facts, engine->decoder(flags.model));
  Bench bench(*engine, flags, r.model.n_vocab);
  {
    Batch first(*engine);
    first.start(bench.request(8, 1));
    QUERN_TRY(first.wait());
    r.first_token_ms = since();
  }
  if (flags.wants("pp128")) {
    QUERN_ASSIGN(r.pp128, bench.prompt_speed(std::min(128, r.model.max_tokens - 1)));
  }
  if (flags.wants("pp512")) {
    QUERN_ASSIGN(r.pp512, bench.prompt_speed(std::min(512, r.model.max_tokens - 1)));
  }
  if (flags.wants("tg64")) {
    QUERN_ASSIGN(r.tg64, bench.decode_speed(1, r.model.max_tokens));
  }
  if (flags.wants("tg64x8")) {
    QUERN_ASSIGN(r.tg64x8, bench.decode_speed(8, r.model.max_tokens));
  }
  r.rss_bytes = resident_bytes();
  for (const ByteLedger::Tenant& t : engine->stats().tenants) {
    if (t.name.starts_with("kv/")) r.kv_bytes = t.peak_bytes;
  }
  if (flags.wants("gaps")) {
    QUERN_ASSIGN(r.idle_p99_ms, bench.gap_p99_ms(0));
    QUERN_ASSIGN(r.joined_p99_ms, bench.gap_p99_ms(std::min(2000, r.model.max_tokens - 1)));
  }
  r.peak_rss_bytes = peak_resident_bytes();
  r.weight_bytes_per_token = r.model.weight_bytes;
  r.n_ops_per_token = ops_per_token(facts->config);
  engine.reset();  // Its threads would share the processors with those below.
  ThreadPool pool(r.n_threads);
  r.read_gbps = kernels::measured_read_gbps(pool);
  r.peak_gops = kernels::measured_peak_gops(kernels::Precision::kInt8, pool);
  return r;
}

Status bench_generate(const BenchGenerateFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const Report report, measure(flags, engine_flags));
  if (!flags.json) print_note(table_of(report));
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(json_of(report) + "\n"));
  return out.commit();
}

}  // namespace

void add_bench_generate(CLI::App& bench, Context& context) {
  auto flags = std::make_shared<BenchGenerateFlags>();
  CLI::App* command = bench.add_subcommand("generate", "Prompts, answers, memory of a generator");
  add_model_argument(*command, flags->model);
  command->add_option("--repeat", flags->n_repeats, "Timed runs of each (default: 3)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command
      ->add_option("--only", flags->only,
                   "Only these tests: " + fmt::format("{}", fmt::join(kTests, ", ")))
      ->type_name("NAME,...")
      ->delimiter(',')
      ->check(CLI::IsMember(kTests));
  command->add_flag("--json", flags->json, "Only the JSON object");
  add_engine_flags(*command, context.engine);
  add_kv_flag(*command, context.engine);
  add_sequences_flag(*command, context.engine);
  command->footer(kExamples);
  command->callback([flags, &context] {
    context.exit_code = fail_or_ok(bench_generate(*flags, context.engine));
  });
}

}  // namespace quern::cli
