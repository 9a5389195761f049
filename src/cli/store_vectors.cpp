#include "cli/store_vectors.h"

#include <cstdio>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "base/machine.h"
#include "cli/interrupt.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

constexpr std::uint64_t kShownProblems = 5;

}  // namespace

Result<std::unique_ptr<engine::Engine>> open_engine(const EngineFlags& flags) {
  QUERN_ASSIGN(engine::EngineOptions options, engine_options(flags));
  QUERN_ASSIGN(options.results, result_options(flags.cache));
  return engine::Engine::make(options);
}

void add_vector_log_flag(CLI::App& command, VectorLogFlags& flags) {
  command
      .add_option("--vector-log", flags.size,
                  "Vectors kept in the home for all stores, so that no text is embedded\ntwice: "
                  "most bytes they may take, e.g. 1GB; 0: none (4GB)")
      ->type_name("BYTES");
}

Result<apps::VectorLogOptions> vector_log_options(const VectorLogFlags& flags, ByteLedger& ledger) {
  apps::VectorLogOptions options;
  options.folder = hub::home_folder() + "/vectors";
  options.ledger = &ledger;
  options.limit_bytes = 0;
  if (flags.size != "0") {
    QUERN_ASSIGN(options.limit_bytes, parse_bytes(flags.size).in("--vector-log"));
  }
  return options;
}

Result<std::unique_ptr<apps::VectorLog>> open_vector_log(const VectorLogFlags& flags,
                                                         const apps::TextEmbedder& embedder) {
  QUERN_ASSIGN(const apps::VectorLogOptions options,
               vector_log_options(flags, embedder.engine().ledger()));
  if (options.limit_bytes == 0) return std::unique_ptr<apps::VectorLog>();
  auto log = apps::VectorLog::open(options, embedder.exact_fingerprint(), embedder.d());
  if (log.ok()) return log;
  print_error("vectors are not kept: " + log.status().message());
  return std::unique_ptr<apps::VectorLog>();
}

IngestProgressView::IngestProgressView(ProgressStyle style,
                                       std::optional<std::uint64_t> n_bytes_all)
    : style_(style), n_bytes_all_(n_bytes_all) {}

void IngestProgressView::show(const apps::IngestProgress& done) {
  const bool is_text = done.phase == apps::IngestPhase::kText;
  std::optional<Progress>& progress = is_text ? text_ : vectors_;
  if (!progress) {
    wipe();
    progress.emplace(is_text ? "add" : "embed", style_, stderr);
  }
  if (!progress->is_due()) return;
  if (is_text && n_bytes_all_) {
    const double seconds = std::max(progress->seconds(), 1e-3);
    progress->show(BytesDone{.n_bytes = done.n_bytes,
                             .n_bytes_all = *n_bytes_all_,
                             .per_second = static_cast<double>(done.n_bytes) / seconds});
    return;
  }
  WorkDone work = {.n_texts = static_cast<long>(done.n_documents),
                   .n_tokens = done.n_tokens,
                   .n_batches = 0,
                   .share = {},
                   .resident_bytes = resident_bytes()};
  if (done.n_wanted > 0) {
    work.share = static_cast<double>(done.n_documents) / static_cast<double>(done.n_wanted);
  }
  progress->show(work);
}

void IngestProgressView::wipe() {
  if (text_) text_->wipe();
  if (vectors_) vectors_->wipe();
}

void watch_ingest(apps::IngestJob& job, IngestProgressView& view) {
  job.on_progress = [&view](const apps::IngestProgress& done) { view.show(done); };
  job.is_stopped = is_interrupted;
  job.on_problem = [&view, n = std::uint64_t{0}](const std::string& where,
                                                 const Status& problem) mutable {
    if (n++ >= kShownProblems) return;
    view.wipe();
    print_error(fmt::format("{}: {}", where, problem.message()));
  };
}

ExitCode tell_ingest(const apps::IngestReport& report, double seconds) {
  std::string line = fmt::format("added {} documents", report.n_written);
  if (report.n_unchanged > 0) line += fmt::format(", {} unchanged", report.n_unchanged);
  if (report.n_vectors > 0) {
    line += fmt::format("; {} vectors ({} kept from before, {} tokens embedded)", report.n_vectors,
                        report.n_from_log, grouped(report.n_tokens));
  }
  print_note(fmt::format("{} in {:.2f} s; generation {}\n", line, seconds, report.generation));
  if (!report.embedding.ok()) {
    print_error("vectors are missing, 'quern store embed' makes them: " +
                report.embedding.message());
    return exit_code(report.embedding);
  }
  if (report.was_stopped) return kExitInterrupted;
  if (report.n_refused > 0) print_error(fmt::format("{} lines were refused", report.n_refused));
  if (report.n_failed > 0) {
    print_error(fmt::format("{} documents could not be embedded", report.n_failed));
  }
  return report.n_refused + report.n_failed > 0 ? kExitSomeFailed : kExitOk;
}

}  // namespace quern::cli
