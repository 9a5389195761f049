// quern code index: a source tree into an index, or what changed of it.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/code/code_documents.h"
#include "apps/ingest.h"
#include "cli/code_embedding.h"
#include "cli/code_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/store_vectors.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Files are those that git would show (docs/code_files.md); what did not change is not read again, and
no text is embedded twice. Words and names are found as soon as the text is in; vectors follow.
Ctrl-C loses nothing: the same command goes on.

Examples:
  quern code index
  quern code index ~/src/project --model none
  quern code index . --exclude 'third_party/' --here)";

struct IndexFlags {
  CodeFlags code;
  std::string model;  // "": what the index has, else the default; "none".
  bool rebuild = false;
  VectorLogFlags log;
};

/// What is said of an update, for people.
std::string summary_of(const apps::CodeUpdateReport& report, double seconds) {
  std::string out = fmt::format(
      "{} files: {} read, {} unchanged", grouped(static_cast<long>(report.n_files)),
      grouped(static_cast<long>(report.n_read)), grouped(static_cast<long>(report.n_unchanged)));
  if (report.n_gone > 0) out += fmt::format(", {} gone", grouped(static_cast<long>(report.n_gone)));
  out += fmt::format("; {} pieces written, {:.1f} MB in {:.2f} s",
                     grouped(static_cast<long>(report.n_chunks)),
                     static_cast<double>(report.n_bytes) / 1e6, seconds);
  if (report.n_by_lines > 0) {
    out += fmt::format("; {} files cut by lines", grouped(static_cast<long>(report.n_by_lines)));
  }
  if (report.n_for_now > 0) {
    out += fmt::format(", {} of them for now ({})", grouped(static_cast<long>(report.n_for_now)),
                       report.first_for_now);
  }
  if (report.was_stopped) {
    out += fmt::format("; stopped with {} files to go: the same command goes on",
                       grouped(static_cast<long>(report.n_pending)));
  }
  return out + "\n";
}

Result<apps::IngestReport> embed(const IndexFlags& flags, engine::Engine& engine,
                                 const std::string& model, store::Writer& writer) {
  QUERN_ASSIGN(const auto embedder, CodeEmbedder::open(engine, flags.log, model, writer));
  const apps::CodeEmbedding embedding = embedder->embedding();
  apps::IngestJob job;
  job.writer = &writer;
  job.embedder = embedding.embedder;
  job.log = embedding.log;
  job.space = embedding.space;
  job.text_of = apps::code_text_to_embed;
  IngestProgressView view(progress_style(stderr, flags.code.quiet), {});
  watch_ingest(job, view);
  QUERN_ASSIGN(apps::IngestReport report, apps::embed_missing(job));
  if (!report.was_stopped && report.embedding.ok()) QUERN_TRY(embedder->show(writer));
  return report;
}

Result<ExitCode> index(const IndexFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const CodeTarget target, code_target(flags.code, CodePurpose::kIndexing));
  const apps::CodePlace& place = target.place;
  if (flags.rebuild) QUERN_TRY(remove_code_index(place));
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  QUERN_ASSIGN(const auto chunker, open_chunker(&engine->ledger()));
  if (!has_code_index(place)) chunker->start_early();  // While the disk is waited for.
  QUERN_TRY(ensure_code_index(place));
  QUERN_ASSIGN(const auto writer,
               store::Writer::open({.folder = place.folder, .ledger = &engine->ledger()},
                                   code_writer_options("quern code index", engine->ledger())));
  const auto start = std::chrono::steady_clock::now();
  QUERN_ASSIGN(const apps::CodeUpdateReport report,
               update_code(flags.code, place, *writer, *chunker, apps::EmptyTree::kEmptiesIt));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (!flags.code.quiet) {
    print_note(place.root + ": " + summary_of(report, took.count()));
    print_note(unreadable_note(report));
  }
  for (const std::string& note : report.notes) print_error(note);
  if (report.was_stopped) return kExitInterrupted;
  const std::string model = code_model(flags.model, writer->active_space());
  if (model.empty()) {
    if (flags.model.empty() && !flags.code.quiet) {
      print_note("no vectors: the default model is not installed; --model names another one\n");
    }
    return kExitOk;
  }
  const auto embedding = std::chrono::steady_clock::now();
  QUERN_ASSIGN(const apps::IngestReport vectors, embed(flags, *engine, model, *writer));
  const std::chrono::duration<double> embed_took = std::chrono::steady_clock::now() - embedding;
  while (!is_interrupted()) {
    Pace pace;
    const Result<bool> did = writer->maintain(pace);
    if (!did.ok() || !*did) break;
  }
  if (flags.code.quiet && vectors.embedding.ok() && vectors.n_failed == 0) return kExitOk;
  return tell_ingest(vectors, embed_took.count());
}

ExitCode run(const IndexFlags& flags, const EngineFlags& engine) {
  watch_interrupts();
  const Result<ExitCode> code = index(flags, engine);
  return code.ok() ? *code : fail(code.status());
}

}  // namespace

void add_code_index(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<IndexFlags>();
  CLI::App* command = parent.add_subcommand("index", "Index a source tree, or what changed of it");
  command->footer(kExamples);
  command
      ->add_option("PATH,--repo", flags->code.path, "The tree (default: around the current folder)")
      ->type_name("");
  add_code_model_flag(*command, flags->model);
  add_code_flags(*command, flags->code);
  add_code_files_flags(*command, flags->code);
  command->add_flag("--rebuild", flags->rebuild, "Make the index anew, also a damaged one");
  add_vector_log_flag(*command, flags->log);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  add_batch_flag(*command, context.engine);
  command->callback([flags, &context] { context.exit_code = run(*flags, context.engine); });
}

}  // namespace quern::cli
