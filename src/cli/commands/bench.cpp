// quern bench: how fast a model runs here, as a table for people and one JSON object for programs.

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/machine.h"
#include "cli/bench_report.h"
#include "cli/output_file.h"
#include "cli/run_texts.h"
#include "formats/model_folder.h"
#include "hub/hub.h"
#include "kernels/peak.h"
#include "kernels/table.h"

namespace quern::cli {
namespace {

struct BenchFlags {
  TextFlags texts;
  int limit = 0;
  int n_repeats = 3;
  int n_singles = 100;
  bool json = false;
};

constexpr const char* kExamples =
    R"(Runs all texts --repeat times after a warm-up (the middle run counts), then single texts one after
another for the latency. The last line on standard output is one JSON object: texts_per_s,
tokens_per_s, spread, p50_ms, p99_ms, rss_mb, gops, peak_gops, peak_share, precision, isa, threads, ...
peak_share is the arithmetic done over what this machine's best dot-product instruction reaches.

Examples:
  quern bench embed all-MiniLM-L6-v2 --texts corpus.jsonl --limit 256
  QUERN_ISA=avx2 quern bench embed all-MiniLM-L6-v2 --texts corpus.jsonl --threads 1 --json)";

Result<std::vector<engine::Input>> read_texts(const TextFlags& flags, int limit) {
  QUERN_ASSIGN(const auto source, open_texts(flags));
  std::vector<engine::Input> inputs;
  for (engine::TextItem item; limit == 0 || static_cast<int>(inputs.size()) < limit;) {
    QUERN_ASSIGN(const bool more, source->next(item));
    if (!more) break;
    QUERN_TRY(item.status.in(fmt::format("line {}", item.line)));
    inputs.push_back({.text = item.text, .text_pair = {}, .ids = {}});
  }
  if (inputs.empty()) return Status(Code::kBadInput, "no texts in '" + flags.file + "'");
  return inputs;
}

// One pass over all texts; lengths are noted for the count of operations.
Result<engine::StreamTotals> run_all(Session& session, const BenchFlags& flags,
                                     const std::vector<engine::Input>& inputs,
                                     std::vector<int>& lengths) {
  lengths.clear();
  session.source = engine::list_source(inputs);
  const auto sink = [&](const engine::TextItem&, engine::Outcome& outcome) {
    lengths.push_back(outcome.n_tokens);
    return outcome.status;
  };
  return run_texts(session, flags.texts, "bench", sink, {});
}

Result<std::vector<double>> time_singles(Session& session, int n_singles,
                                         const std::vector<engine::Input>& inputs) {
  std::vector<double> ms;
  engine::Request request = session.request;
  request.work_class = engine::WorkClass::kInteractive;
  for (int i = 0; i < n_singles; ++i) {
    // Spread over the file, and over it again where it is short.
    const std::size_t at =
        static_cast<std::size_t>(i) *
        std::max<std::size_t>(1, inputs.size() / static_cast<std::size_t>(n_singles)) %
        inputs.size();
    request.inputs = {inputs[at]};
    const auto start = std::chrono::steady_clock::now();
    const engine::Response response = session.engine->run(request);
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                     .count());
    QUERN_TRY(response.status);
    QUERN_TRY(response.outcomes.at(0).status);
  }
  return ms;
}

Result<formats::EncoderConfig> config_of(const std::string& model) {
  QUERN_ASSIGN(const std::string path, hub::Hub(hub::home_folder()).resolve(model));
  QUERN_ASSIGN(const formats::ModelFolder folder, formats::read_model_folder(path));
  return folder.config;
}

Status print(const BenchReport& report, const BenchFlags& flags) {
  if (!flags.json && !flags.texts.quiet) print_note(table_of(report));
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(json_of(report) + "\n"));
  return out.commit();
}

Status bench_embed(const BenchFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const std::vector<engine::Input> inputs, read_texts(flags.texts, flags.limit));
  EngineFlags computing = engine_flags;
  computing.cache.size = "0";  // What is measured is the model.
  QUERN_ASSIGN(Session session, open_session(flags.texts, computing, engine::Task::kEmbed));
  QUERN_ASSIGN(const formats::EncoderConfig config, config_of(flags.texts.model));
  QUERN_TRY(session.engine->warm(flags.texts.model));

  std::vector<int> lengths;
  QUERN_TRY(run_all(session, flags, inputs, lengths).status());  // Warm-up.
  BenchReport report;
  engine::StreamTotals totals;
  for (int i = 0; i < flags.n_repeats; ++i) {
    QUERN_ASSIGN(totals, run_all(session, flags, inputs, lengths));
    report.seconds.push_back(totals.seconds);
  }
  QUERN_ASSIGN(report.single_ms, time_singles(session, flags.n_singles, inputs));

  QUERN_ASSIGN(session.model, session.engine->describe(flags.texts.model));
  report.model = session.model.name;
  report.precision = session.model.precision;
  report.isa = kernels::active().isa;
  report.n_threads = session.engine->n_threads();
  report.n_texts = totals.n_texts;
  report.n_tokens = totals.n_tokens;
  report.n_truncated = totals.n_truncated;
  report.rss_bytes = resident_bytes();
  report.peak_rss_bytes = peak_resident_bytes();
  report.n_ops = bert_ops(config, lengths);
  QUERN_ASSIGN(const kernels::Precision precision, kernels::parse_precision(report.precision));
  session.engine.reset();  // Its threads would share the processors with the peak's.
  ThreadPool pool(report.n_threads);
  report.peak_gops = kernels::measured_peak_gops(precision, pool);
  return print(report, flags);
}

}  // namespace

void add_bench(CLI::App& app, Context& context) {
  auto flags = std::make_shared<BenchFlags>();
  CLI::App* bench = app.add_subcommand("bench", "Measure how fast a model runs here");
  bench->require_subcommand(1);
  add_bench_generate(*bench, context);
  CLI::App* command =
      bench->add_subcommand("embed", "Texts and tokens per second, latency, memory");
  add_model_argument(*command, flags->texts.model);
  add_file_flags(*command, flags->texts)->required();
  command->add_option("--limit", flags->limit, "Only the first N texts")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_option("--repeat", flags->n_repeats, "Timed runs (default: 3)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command->add_option("--singles", flags->n_singles, "Single texts timed (default: 100)")
      ->type_name("N")
      ->check(CLI::Range(1, 100000));
  command->add_flag("--json", flags->json, "Only the JSON object");
  add_run_flags(*command, flags->texts);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->footer(kExamples);
  command->callback([flags, &context] {
    flags->texts.quiet = flags->texts.quiet || flags->json;
    context.exit_code = fail_or_ok(bench_embed(*flags, context.engine));
  });
}

}  // namespace quern::cli
