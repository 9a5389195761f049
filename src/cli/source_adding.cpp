#include "cli/source_adding.h"

#include <fmt/format.h>

#include "cli/progress.h"

namespace quern::cli {

Result<std::unique_ptr<SourceAdding>> SourceAdding::open(engine::Engine& engine,
                                                         const std::string& folder, const char* who,
                                                         const SourceAddingFlags& flags,
                                                         std::optional<std::uint64_t> n_bytes_all) {
  auto out = std::unique_ptr<SourceAdding>(new SourceAdding(
      engine, IngestProgressView(progress_style(stderr, flags.quiet), n_bytes_all)));
  QUERN_ASSIGN(out->writer_, store::Writer::open({.folder = folder, .ledger = &engine.ledger()},
                                                 {.who = who, .ledger = &engine.ledger()}));
  const std::string model = code_model(flags.model, out->writer_->active_space());
  if (!model.empty()) {
    QUERN_ASSIGN(out->embedder_, CodeEmbedder::open(engine, flags.log, model, *out->writer_));
  }
  return out;
}

apps::AddingParts SourceAdding::parts() {
  apps::AddingParts out;
  out.writer = writer_.get();
  out.ledger = &engine_.ledger();
  if (embedder_) {
    const apps::CodeEmbedding made_by = embedder_->embedding();
    out.embedder = made_by.embedder;
    out.log = made_by.log;
    out.space = made_by.space;
  }
  apps::IngestJob job;
  watch_ingest(job, view_);
  out.on_problem = std::move(job.on_problem);
  out.on_progress = std::move(job.on_progress);
  out.is_stopped = std::move(job.is_stopped);
  return out;
}

Status SourceAdding::show_vectors(const apps::IngestReport& vectors, bool was_stopped) {
  if (!embedder_ || !vectors.embedding.ok() || was_stopped) return {};
  return embedder_->show(*writer_);
}

ExitCode end_of_adding(const apps::IngestReport& vectors, bool was_stopped,
                       std::uint64_t n_refused) {
  if (!vectors.embedding.ok()) {
    print_error("vectors are missing, the same command again makes them: " +
                vectors.embedding.message());
    return exit_code(vectors.embedding);
  }
  if (was_stopped) return kExitInterrupted;
  return n_refused > 0 || vectors.n_failed > 0 ? kExitSomeFailed : kExitOk;
}

std::string count_of(std::uint64_t n, const char* one, const char* many) {
  return fmt::format("{} {}", grouped(static_cast<long>(n)), n == 1 ? one : many);
}

}  // namespace quern::cli
