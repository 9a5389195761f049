// quern papers import: files of papers into a library.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/papers/import/paper_reader.h"
#include "apps/papers/paper_adding.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/papers_commands.h"
#include "cli/progress.h"
#include "cli/source_adding.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(PDF files and folders of them, BibTeX, RIS, JATS XML, and JSON lines as S2ORC, Semantic Scholar, arXiv, the
ACL Anthology and others publish them; folders are walked. Several records of one paper (by DOI, arXiv id,
title, ...) become one. What is there as it is passes, so the same command again adds what is new, and one
that was ended goes on. docs/papers_import.md says more.

Examples:
  quern papers import ~/library --from ~/papers --from references.bib
  quern papers import ~/library --from papers.jsonl --model none        (words alone, no vectors))";

struct ImportFlags {
  std::string folder;
  apps::PaperReading reading;
  std::string format = "auto";
  SourceAddingFlags adding;
};

ExitCode tell(const apps::PaperAddReport& report, double seconds) {
  std::string text = count_of(report.n_new, "paper added", "papers added");
  if (report.n_changed > 0)
    text += fmt::format(", {} changed", grouped(static_cast<long>(report.n_changed)));
  if (report.n_unchanged > 0) {
    text +=
        fmt::format(", {}", count_of(report.n_unchanged, "record unchanged", "records unchanged"));
  }
  if (report.n_refused > 0) text += fmt::format(", {} refused", report.n_refused);
  text += fmt::format("; {} with text, {}", grouped(static_cast<long>(report.n_with_text)),
                      count_of(report.n_passages, "passage", "passages"));
  const apps::IngestReport& vectors = report.vectors;
  if (vectors.n_vectors > 0) {
    text += fmt::format("; {}", count_of(vectors.n_vectors, "vector", "vectors"));
    if (vectors.n_from_log > 0)
      text += fmt::format(", {} from the log", grouped(static_cast<long>(vectors.n_from_log)));
  }
  print_note(fmt::format("{}; {:.1f} s\n", text, seconds));
  return end_of_adding(vectors, report.was_stopped, report.n_refused);
}

Result<apps::PaperAddReport> import_papers(const ImportFlags& flags,
                                           const EngineFlags& engine_flags) {
  apps::PaperReading reading = flags.reading;
  QUERN_ASSIGN(reading.format, apps::paper_format_of_name(flags.format).in("--format"));
  QUERN_ASSIGN(const auto reader, apps::PaperReader::open(std::move(reading)));
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  QUERN_TRY(apps::ensure_library(flags.folder));
  QUERN_ASSIGN(
      const auto adding,
      SourceAdding::open(*engine, flags.folder, "quern papers import", flags.adding,
                         reader->n_bytes() > 0 ? std::optional(reader->n_bytes()) : std::nullopt));
  apps::PaperAdd add{adding->parts()};
  add.next = [&](const apps::IsKnownPaper& is_known) { return reader->next(is_known); };
  QUERN_ASSIGN(apps::PaperAddReport report, apps::add_papers(add));
  QUERN_TRY(adding->show_vectors(report.vectors, report.was_stopped));
  return report;
}

ExitCode run(const ImportFlags& flags, const EngineFlags& engine) {
  watch_interrupts();
  const auto start = std::chrono::steady_clock::now();
  const Result<apps::PaperAddReport> report = import_papers(flags, engine);
  if (!report.ok()) return fail(report.status());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return tell(*report, took.count());
}

}  // namespace

void add_papers_import(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<ImportFlags>();
  CLI::App* command = parent.add_subcommand("import", "Add papers to a library, making it");
  command->footer(kExamples);
  add_library_argument(*command, flags->folder);
  command
      ->add_option("--from", flags->reading.paths,
                   "A file or folder, may be repeated; - for JSON lines from standard input")
      ->type_name("PATH")
      ->required()
      ->check(empty_problem);
  command
      ->add_option("--format", flags->format,
                   fmt::format("What the files are: {}\n(default: auto, by name and content)",
                               apps::paper_format_names()))
      ->type_name("NAME");
  add_code_model_flag(*command, flags->adding.model);
  command->add_flag("-q,--quiet", flags->adding.quiet, "No progress");
  add_vector_log_flag(*command, flags->adding.log);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  add_batch_flag(*command, context.engine);
  command->callback([flags, &context] { context.exit_code = run(*flags, context.engine); });
}

}  // namespace quern::cli
