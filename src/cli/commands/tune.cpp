// quern tune: the settings with which a model is fastest on this machine, for `quern serve
// --tuned`.

#include <algorithm>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/machine.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "cli/run_texts.h"
#include "cli/tuning.h"
#include "kernels/table.h"

namespace quern::cli {
namespace {

constexpr int kFirstPairs = 3;  // To see whether a setting is worth more.
constexpr int kPairs = 9;
constexpr double kPromising = 1.01;
constexpr int kMinTokens = 256;
constexpr int kMaxTokens = 8192;
constexpr int kMinSequences = 2;
constexpr int kMaxSequences = 64;

struct TuneFlags {
  std::string model;
  std::string service;
  std::optional<int> min_batch, max_batch;
  std::string memory;
  int n_samples = 64;
  std::string out;
  bool json = false;
};

constexpr const char* kExamples =
    R"(Each setting is held against the best so far: the same work in both, taking turns. It is taken only
if it is faster by more than chance, so the outcome is never slower than the defaults.

Examples:
  quern tune all-MiniLM-L6-v2 --out tuned.json
  quern serve --model all-MiniLM-L6-v2 --tuned tuned.json
  quern tune SmolLM2-135M-Instruct --service generate --min-batch 4 --max-batch 32)";

/// The search: what is best so far, and what was tried.
class Search {
 public:
  Search(engine::EngineOptions base, Workload work, Tuning& tuning, bool quiet)
      : base_(base),
        best_(std::move(base)),
        work_(std::move(work)),
        tuning_(tuning),
        quiet_(quiet) {}

  /// Tries `change` on top of the best so far.
  template <typename Change>
  Status attempt(const std::string& what, Change change) {
    if (is_interrupted()) return {Code::kCancelled, "interrupted"};
    engine::EngineOptions options = best_;
    TunedSettings settings = tuning_.chosen;
    change(options, settings);
    QUERN_ASSIGN(Comparison tried, compare(best_, options, work_, kFirstPairs));
    if (tried.ratio > kPromising) {
      QUERN_ASSIGN(tried, compare(best_, options, work_, kPairs));
    }
    const bool is_taken = tried.n_pairs == kPairs && tried.is_better();
    if (is_taken) {
      best_ = options;
      tuning_.chosen = settings;
    }
    if (!quiet_) {
      print_note(fmt::format("{}: {:+.1f} %{}\n", what, 100 * (tried.ratio - 1),
                             is_taken ? ", taken" : ""));
    }
    tuning_.trials.push_back({.what = what, .result = tried, .is_taken = is_taken});
    return {};
  }

  /// The winner against the defaults once more: what each step gained must be there in the end.
  Status confirm() {
    if (tuning_.chosen == TunedSettings{}) return {};
    QUERN_ASSIGN(tuning_.last, compare(base_, best_, work_, kPairs));
    if (!tuning_.last.is_better()) tuning_.chosen = {};
    return {};
  }

 private:
  const engine::EngineOptions base_;
  engine::EngineOptions best_;
  const Workload work_;
  Tuning& tuning_;
  const bool quiet_;
};

Status try_threads(Search& search) {
  const int n_cpus = usable_cpus();
  std::vector<int> steps = tuning_steps(1, n_cpus);
  std::reverse(steps.begin(), steps.end());
  for (const int n : steps) {
    if (n == n_cpus) continue;  // The default.
    QUERN_TRY(search.attempt(fmt::format("{} threads", n), [n](auto& options, auto& settings) {
      options.n_threads = settings.n_threads = n;
    }));
  }
  return {};
}

Status try_batches(Search& search, const TuneFlags& flags, Service service) {
  const bool generates = service == Service::kGenerate;
  const int least = flags.min_batch.value_or(generates ? kMinSequences : kMinTokens);
  const int most = flags.max_batch.value_or(generates ? kMaxSequences : kMaxTokens);
  if (least > most) {
    return {Code::kBadInput,
            fmt::format("--min-batch is {}, more than --max-batch {}", least, most)};
  }
  for (const int n : tuning_steps(least, most)) {
    const std::string what =
        generates ? fmt::format("{} answers at once", n) : fmt::format("batches of {} tokens", n);
    QUERN_TRY(search.attempt(what, [n, generates](auto& options, auto& settings) {
      if (generates) {
        options.max_sequences = settings.max_sequences = n;
      } else {
        options.batch_tokens = settings.batch_tokens = n;
      }
    }));
  }
  return {};
}

Result<Tuning> tune(const TuneFlags& flags, const engine::EngineOptions& options) {
  Tuning tuning;
  Workload work;
  tuning.cpu = cpu_name();
  tuning.isa = kernels::active().isa;
  {
    QUERN_ASSIGN(const auto engine, engine::Engine::make(options));
    QUERN_ASSIGN(const engine::ModelInfo model, engine->describe(flags.model));
    tuning.model = model.name;
    tuning.service = service_of(model);
    if (!flags.service.empty()) {
      QUERN_ASSIGN(const Service wanted, parse_service(flags.service));
      if (wanted != tuning.service) {
        return Status(Code::kBadInput,
                      fmt::format("--service is {}, the model '{}' is for {}", flags.service,
                                  model.name, service_name(tuning.service)));
      }
    }
    work = workload_of(model, flags.model, tuning.service, flags.n_samples);
    QUERN_TRY(engine->warm(flags.model));  // The precision is chosen, the weights are packed.
  }
  watch_interrupts();
  Search search(options, std::move(work), tuning, flags.json);
  QUERN_TRY(try_threads(search));
  QUERN_TRY(try_batches(search, flags, tuning.service));
  if (tuning.service != Service::kGenerate && options.precision == "auto") {
    // No less faithful than what is chosen by itself, and at times faster for small models.
    QUERN_TRY(search.attempt("f32", [](auto& o, auto& s) { o.precision = s.precision = "f32"; }));
  }
  QUERN_TRY(search.confirm());
  return tuning;
}

Status run(const TuneFlags& flags, EngineFlags engine_flags) {
  if (!flags.memory.empty()) engine_flags.memory = flags.memory;
  QUERN_ASSIGN(const engine::EngineOptions options, engine_options(engine_flags));
  QUERN_ASSIGN(const Tuning tuning, tune(flags, options));
  if (!flags.out.empty()) {
    QUERN_ASSIGN(OutputFile file, OutputFile::create(flags.out));
    QUERN_TRY(file.write(tuning_json(tuning)));
    QUERN_TRY(file.commit());
  }
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(flags.json ? tuning_json(tuning) : tuning_text(tuning)));
  return out.commit();
}

}  // namespace

void add_tune(CLI::App& app, Context& context) {
  auto flags = std::make_shared<TuneFlags>();
  CLI::App* command =
      app.add_subcommand("tune", "Find the settings with which a model is fastest here");
  add_model_argument(*command, flags->model);
  add_workload_flags(*command, flags->service, flags->n_samples);
  command
      ->add_option(
          "--min-batch", flags->min_batch,
          "Smallest batch to try: tokens of an encoder (default: 256),\nanswers at once of "
          "a generator (default: 2)")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20));
  command
      ->add_option("--max-batch", flags->max_batch,
                   "Largest one (default: 8192 tokens, 64 answers)")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20));
  command
      ->add_option("--memory-limit", flags->memory, "As --memory: what each setting must live with")
      ->type_name("BYTES");
  command->add_option("-o,--out", flags->out, "Write the outcome here, for quern serve --tuned")
      ->type_name("FILE")
      ->check(empty_problem);
  command->add_flag("--json", flags->json, "One JSON object instead of the words");
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->footer(kExamples);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(run(*flags, context.engine)); });
}

}  // namespace quern::cli
