// quern profile: where a model's time and memory go on this machine, and what would help.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/machine.h"
#include "base/profiler.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/profile_report.h"
#include "cli/run_texts.h"
#include "kernels/bandwidth.h"
#include "kernels/peak.h"
#include "kernels/table.h"

namespace quern::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRecordsPerThread = 200'000;
constexpr int kOtherThreads = 8;  // Beside the pool's, that tokenise, load and drive.
constexpr int kMaxSingles = 32;
constexpr int kPairs = 9;  // Of a trial.
constexpr std::size_t kMaxMemorySamples = 2'000;

struct ProfileFlags {
  std::string model;
  std::string service;
  int n_samples = 100;
  std::string folder;
  bool memory = false;
  bool json = false;
  bool no_trials = false;
};

constexpr const char* kExamples =
    R"(Texts are made up, of mixed lengths, and go through the model at once and one by one. What is said
to help was tried: the same work in both settings, taking turns.
With --output-dir also profile.txt, profile.json, flame.svg and, with --memory-profile, memory.svg.

Examples:
  quern profile all-MiniLM-L6-v2
  quern profile SmolLM2-135M-Instruct --service generate --num-samples 8 --output-dir report
  quern profile all-MiniLM-L6-v2 --threads 1 --precision f32 --memory-profile)";

/// Who holds how much, now and then, until it goes.
class MemoryWatch {
 public:
  MemoryWatch(engine::Engine& engine, std::vector<MemorySample>& samples)
      : thread_([this, &engine, &samples] { run(engine, samples); }) {}
  ~MemoryWatch() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void run(engine::Engine& engine, std::vector<MemorySample>& samples) {
    const Clock::time_point start = Clock::now();
    auto every = std::chrono::milliseconds(10);
    std::unique_lock lock(mutex_);
    do {
      MemorySample sample{.at_s = std::chrono::duration<double>(Clock::now() - start).count()};
      for (const ByteLedger::Tenant& tenant : engine.stats().tenants) {
        sample.tenants[tenant.name] = tenant.bytes;
      }
      sample.resident_bytes = resident_bytes();
      samples.push_back(std::move(sample));
      if (samples.size() < kMaxMemorySamples) continue;
      // Every other one goes, and they come half as often.
      std::size_t n = 0;
      for (std::size_t i = 0; i < samples.size(); i += 2) samples[n++] = std::move(samples[i]);
      samples.resize(n);
      every *= 2;
    } while (!changed_.wait_for(lock, every, [this] { return is_over_; }));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;
  std::thread thread_;  // Last: it uses the others.
};

Result<Service> chosen_service(const ProfileFlags& flags, const engine::ModelInfo& model) {
  if (flags.service.empty()) return service_of(model);
  QUERN_ASSIGN(const Service service, parse_service(flags.service));
  const engine::Task task = service == Service::kGenerate ? engine::Task::kGenerate
                            : service == Service::kNli    ? engine::Task::kClassify
                                                          : engine::Task::kEmbed;
  QUERN_TRY(check_task(model, task));
  return service;
}

// With the profiler on: all samples at once, then some alone.
Status measure(engine::Engine& engine, const Workload& work, ProfileReport& report) {
  QUERN_TRY(run_at_once(engine, work, 1).status());  // To warm up.
  const int n_rings = engine.n_threads() + kOtherThreads;
  QUERN_ASSIGN(const Reservation held,
               engine.ledger().reserve("profiler", Profiler::n_bytes(n_rings, kRecordsPerThread)));
  Profiler::start(n_rings, kRecordsPerThread);
  const Result<WorkloadRun> at_once = run_at_once(engine, work, 2);
  const Result<std::vector<double>> singles =
      run_singly(engine, work, std::min(work.n_samples, kMaxSingles), 3);
  Profiler::stop();
  QUERN_ASSIGN(report.at_once, at_once);
  QUERN_ASSIGN(report.single_ms, singles);
  report.records = Profiler::take();
  report.n_lost = Profiler::n_lost();
  return {};
}

void measure_machine(ProfileReport& report) {
  ThreadPool pool(report.n_threads);
  const Result<kernels::Precision> precision = kernels::parse_precision(report.precision);
  // Blocks of a file are multiplied in eight bits.
  report.peak_gops =
      kernels::measured_peak_gops(precision.ok() ? *precision : kernels::Precision::kInt8, pool);
  report.read_gbps = kernels::measured_read_gbps(pool);
}

/// A setting that may help, and the number that speaks for trying it.
struct Remedy {
  std::string what;
  std::string number;
  engine::EngineOptions options;
};

std::vector<Remedy> remedies_of(const engine::EngineOptions& now, const ProfileReport& report) {
  std::vector<Remedy> out;
  const auto add = [&](std::string what, std::string number, auto change) {
    Remedy remedy{.what = std::move(what), .number = std::move(number), .options = now};
    change(remedy.options);
    out.push_back(std::move(remedy));
  };
  const int n_cpus = usable_cpus();
  if (report.n_threads < n_cpus) {
    add(fmt::format("use {} threads (--threads {})", n_cpus, n_cpus),
        fmt::format("{} of {} processors compute", report.n_threads, n_cpus),
        [&](auto& o) { o.n_threads = n_cpus; });
  }
  if (report.n_threads > n_cpus) {
    add(fmt::format("use {} threads (--threads {})", n_cpus, n_cpus),
        fmt::format("{} threads share {} processors", report.n_threads, n_cpus),
        [&](auto& o) { o.n_threads = n_cpus; });
  }
  if (report.service != Service::kGenerate && now.precision != "auto") {
    add("let the precision be chosen (--precision auto)",
        fmt::format("products run in {}, as told", now.precision),
        [](auto& o) { o.precision = "auto"; });
  }
  if (now.batch_tokens > 0) {
    add("let the batch size be chosen (no --batch-tokens)",
        fmt::format("batches are held to {} tokens", now.batch_tokens),
        [](auto& o) { o.batch_tokens = 0; });
  }
  const engine::EngineOptions usual;
  if (report.service == Service::kGenerate && now.max_sequences < usual.max_sequences) {
    add(fmt::format("answer more at once (--max-sequences {})", usual.max_sequences),
        fmt::format("{} texts are generated at once, others wait", now.max_sequences),
        [&](auto& o) { o.max_sequences = usual.max_sequences; });
  }
  return out;
}

// What is better in a trial is recommended, with the gain that it had there.
Status try_remedies(const engine::EngineOptions& now, const Workload& work, ProfileReport& report) {
  for (const Remedy& remedy : remedies_of(now, report)) {
    QUERN_ASSIGN(const Comparison tried, compare(now, remedy.options, work, kPairs));
    if (!tried.is_better()) continue;
    report.advice.push_back(
        {.what = remedy.what,
         .number = fmt::format("{}; tried in {} pairs: {:.1f} to {:.1f} {}/s, +-{:.0f} %",
                               remedy.number, tried.n_pairs, tried.rate_a, tried.rate_b,
                               unit_of(work.service), 100 * tried.noise),
         .gain = tried.ratio});
  }
  std::sort(report.advice.begin(), report.advice.end(),
            [](const Advice& a, const Advice& b) { return a.gain > b.gain; });
  return {};
}

Result<ProfileReport> profile(const ProfileFlags& flags, const engine::EngineOptions& options) {
  engine::EngineOptions measured = options;
  measured.results.emplace();  // As in `serve`; no text comes twice.
  QUERN_ASSIGN(auto engine, engine::Engine::make(measured));
  QUERN_ASSIGN(engine::ModelInfo model, engine->describe(flags.model));
  QUERN_ASSIGN(const Service service, chosen_service(flags, model));
  const Workload work = workload_of(model, flags.model, service, flags.n_samples);
  ProfileReport report;
  report.service = service;
  report.n_samples = flags.n_samples;
  report.n_threads = engine->n_threads();
  report.isa = kernels::active().isa;
  {
    std::optional<MemoryWatch> watch;
    if (flags.memory) watch.emplace(*engine, report.memory);
    const Clock::time_point start = Clock::now();
    QUERN_TRY(engine->warm(flags.model));
    report.load_s = std::chrono::duration<double>(Clock::now() - start).count();
    QUERN_TRY(measure(*engine, work, report));
  }
  QUERN_ASSIGN(model, engine->describe(flags.model));
  report.model = model.name;
  report.precision = model.precision;
  engine.reset();  // Its threads would share the processors with what follows.
  measure_machine(report);
  if (!flags.no_trials) QUERN_TRY(try_remedies(options, work, report));
  return report;
}

Status write_file(const std::string& path, const std::string& text) {
  QUERN_ASSIGN(OutputFile out, OutputFile::create(path));
  QUERN_TRY(out.write(text));
  return out.commit();
}

Status write_folder(const std::string& folder, const ProfileReport& report) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return {Code::kIo, fmt::format("cannot make '{}': {}", folder, error.message())};
  QUERN_TRY(write_file(folder + "/profile.txt", profile_text(report)));
  QUERN_TRY(write_file(folder + "/profile.json", profile_json(report)));
  QUERN_TRY(write_file(folder + "/flame.svg", flame_graph(flame_of(report))));
  return report.memory.empty() ? Status() : write_file(folder + "/memory.svg", memory_svg(report));
}

Status run(const ProfileFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const engine::EngineOptions options, engine_options(engine_flags));
  QUERN_ASSIGN(const ProfileReport report, profile(flags, options));
  if (!flags.folder.empty()) QUERN_TRY(write_folder(flags.folder, report));
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(flags.json ? profile_json(report) : profile_text(report)));
  return out.commit();
}

}  // namespace

void add_profile(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ProfileFlags>();
  CLI::App* command =
      app.add_subcommand("profile", "Show where a model's time and memory go, and what would help");
  add_model_argument(*command, flags->model);
  add_workload_flags(*command, flags->service, flags->n_samples);
  command->add_option("--output-dir", flags->folder, "Also write the report's files there")
      ->type_name("FOLDER")
      ->check(empty_problem);
  command->add_flag("--memory-profile", flags->memory, "Also who holds how much memory, over time");
  command->add_flag("--no-trials", flags->no_trials, "Try no settings: no recommendations");
  command->add_flag("--json", flags->json, "One JSON object instead of the tables");
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  add_batch_flag(*command, context.engine);
  add_kv_flag(*command, context.engine);
  add_sequences_flag(*command, context.engine);
  command->footer(kExamples);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(run(*flags, context.engine)); });
}

}  // namespace quern::cli
