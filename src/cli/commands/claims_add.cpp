// quern claims add: sources into a corpus of evidence.

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/claims/claim_corpus.h"
#include "apps/claims/corpus_adding.h"
#include "apps/claims/corpus_reader.h"
#include "cli/claims_commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/source_adding.h"
#include "hub/hub.h"
#include "store/writer.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Files of JSON lines (objects with "text" or "abstract", a text or a list of sentences, and "id", "title",
"url", "date", "licence"), text, Markdown and PDF; folders are walked. What is there as it is passes, a
source of the same id takes the place of the old one. docs/claims_corpora.md says more.

Examples:
  quern claims add abstracts.jsonl --corpus science
  quern claims add reports/ notes.md paper.pdf --licence CC-BY-4.0
  quern claims add news.jsonl --corpus news --model none        (words alone, no vectors))";

struct AddFlags {
  apps::CorpusReading reading;
  std::string corpus = "default";
  SourceAddingFlags adding;
};

ExitCode tell(const apps::CorpusAddReport& report, const std::string& corpus, double seconds) {
  std::string text =
      fmt::format("corpus {}: {} added", corpus, count_of(report.n_new, "source", "sources"));
  if (report.n_changed > 0) text += fmt::format(", {} replaced", report.n_changed);
  if (report.n_unchanged > 0) text += fmt::format(", {} unchanged", report.n_unchanged);
  if (report.n_refused > 0) text += fmt::format(", {} refused", report.n_refused);
  text += fmt::format("; {}, {}", count_of(report.n_passages, "passage", "passages"),
                      count_of(report.n_sentences, "sentence", "sentences"));
  if (report.n_repeated > 0) text += fmt::format(" ({} repeated)", report.n_repeated);
  const apps::IngestReport& vectors = report.vectors;
  if (vectors.n_vectors > 0) {
    text += fmt::format("; {}", count_of(vectors.n_vectors, "vector", "vectors"));
    if (vectors.n_from_log > 0) text += fmt::format(", {} from the log", vectors.n_from_log);
  }
  print_note(fmt::format("{}; {:.1f} s, generation {}\n", text, seconds, vectors.generation));
  return end_of_adding(vectors, report.was_stopped, report.n_refused);
}

Result<apps::CorpusAddReport> add_sources(const AddFlags& flags, const EngineFlags& engine_flags) {
  const std::string home = hub::home_folder();
  apps::CorpusReader reader(flags.reading);
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  QUERN_TRY(apps::ensure_corpus(home, flags.corpus));
  QUERN_ASSIGN(const auto adding,
               SourceAdding::open(*engine, apps::corpus_folder(home, flags.corpus),
                                  "quern claims add", flags.adding));
  apps::CorpusAdd add{adding->parts()};
  add.next = [&](const apps::IsKnownInput& is_known) { return reader.next(is_known); };
  QUERN_ASSIGN(apps::CorpusAddReport report, apps::add_to_corpus(add));
  QUERN_TRY(adding->show_vectors(report.vectors, report.was_stopped));
  return report;
}

// A run that failed leaves no corpus that it made for nothing. Whoever else writes there keeps it.
void remove_if_empty(const std::string& folder) {
  const auto writer = store::Writer::open({.folder = folder}, {.who = "quern claims add"});
  if (!writer.ok() || (*writer)->n_live() > 0) return;
  std::error_code error;
  std::filesystem::remove_all(folder, error);
}

ExitCode add(const AddFlags& flags, const EngineFlags& engine) {
  watch_interrupts();
  const auto start = std::chrono::steady_clock::now();
  const std::string folder = apps::corpus_folder(hub::home_folder(), flags.corpus);
  std::error_code error;
  const bool was_there = std::filesystem::exists(store::catalog_path(folder), error) || error;
  const Result<apps::CorpusAddReport> report = add_sources(flags, engine);
  if (!report.ok()) {
    if (!was_there && apps::check_corpus_name(flags.corpus).ok()) remove_if_empty(folder);
    return fail(report.status());
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return tell(*report, flags.corpus, took.count());
}

}  // namespace

void add_claims_add(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<AddFlags>();
  CLI::App* command = parent.add_subcommand("add", "Add sources of evidence to a corpus");
  command->footer(kExamples);
  command
      ->add_option("PATH", flags->reading.paths,
                   "Files and folders; - for JSON lines from standard input")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  add_corpus_flag(*command, flags->corpus);
  command
      ->add_option("--url", flags->reading.facts.url,
                   "Where sources are from that do not say it themselves")
      ->type_name("URL");
  command->add_option("--date", flags->reading.facts.date, "When they are of, likewise: 2020-05-01")
      ->type_name("DATE");
  command->add_option("--licence,--license", flags->reading.facts.licence, "Theirs, likewise")
      ->type_name("NAME");
  add_code_model_flag(*command, flags->adding.model);
  command->add_flag("-q,--quiet", flags->adding.quiet, "No progress");
  add_vector_log_flag(*command, flags->adding.log);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  add_batch_flag(*command, context.engine);
  command->callback([flags, &context] { context.exit_code = add(*flags, context.engine); });
}

}  // namespace quern::cli
