// quern store add: JSON lines into a store.

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/pace.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/store_lines.h"
#include "store/writer.h"

namespace quern::cli {
namespace {

// What an interruption loses is no more than this.
constexpr std::size_t kDocsPerCommit = 100000;
constexpr std::size_t kShownProblems = 5;

struct AddFlags {
  std::string folder;
  std::string texts;  // A file, or "-".
  std::string parent_separator;
};

struct Counts {
  std::size_t n_added = 0;
  std::size_t n_refused = 0;
};

// A line that is refused leaves the others as they are. Errors: those of the store.
Status add_lines(std::istream& in, const AddFlags& flags, store::Writer& writer, Counts& counts) {
  const std::string name = flags.texts == "-" ? "standard input" : flags.texts;
  std::string line;
  for (std::size_t n_line = 1; !is_interrupted() && std::getline(in, line); ++n_line) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto document = document_from_line(line, writer.schema(), flags.parent_separator);
    Status status = document.status();
    if (document.ok()) status = store::check_document(*document, writer.schema());
    if (!status.ok()) {
      if (counts.n_refused++ < kShownProblems) {
        print_error(fmt::format("{} line {}: {}", name, n_line, status.message()));
      }
      continue;
    }
    QUERN_TRY(writer.put(std::move(*document)));
    if (++counts.n_added % kDocsPerCommit == 0) {
      QUERN_ASSIGN([[maybe_unused]] const store::GenerationId generation, writer.commit());
    }
  }
  if (in.bad()) return {Code::kIo, fmt::format("cannot read {}", name)};
  return {};
}

ExitCode add(const AddFlags& flags) {
  std::ifstream file;
  if (flags.texts != "-") {
    file.open(flags.texts);
    if (!file) return fail({Code::kNotFound, fmt::format("cannot open '{}'", flags.texts)});
  }
  watch_interrupts();
  const auto start = std::chrono::steady_clock::now();
  auto writer = store::Writer::open({.folder = flags.folder}, {.who = "quern store add"});
  if (!writer.ok()) return fail(writer.status());
  Counts counts;
  const Status status = add_lines(flags.texts == "-" ? std::cin : file, flags, **writer, counts);
  if (!status.ok()) return fail(status);
  const auto generation = (*writer)->commit();
  if (!generation.ok()) return fail(generation.status());
  Pace pace;
  while (!is_interrupted()) {
    const auto has_merged = (*writer)->maintain(pace);
    if (!has_merged.ok()) return fail(has_merged.status());
    if (!*has_merged) break;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  print_note(fmt::format("added {} documents in {:.2f} s; generation {}\n", counts.n_added,
                         took.count(), *generation));
  if (is_interrupted()) return kExitInterrupted;
  if (counts.n_refused == 0) return kExitOk;
  print_error(fmt::format("{} lines were refused", counts.n_refused));
  return kExitSomeFailed;
}

}  // namespace

void add_store_add(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<AddFlags>();
  CLI::App* command =
      parent.add_subcommand("add", "Add documents, or replace those of the same id");
  command->add_option("DIR", flags->folder, "The store's folder")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  command
      ->add_option("--texts", flags->texts,
                   "JSON lines: objects with \"id\" or \"_id\" and the store's\nfields; - for "
                   "standard input")
      ->type_name("FILE")
      ->required()
      ->check(empty_problem);
  command
      ->add_option("--parent-separator", flags->parent_separator,
                   "An id is its parent (a file, a paper), this, and the part's name; for\nlines "
                   "without \"parent\" (docs/cli.md)")
      ->type_name("TEXT")
      ->check(empty_problem);
  command->callback([flags, &context] { context.exit_code = add(*flags); });
}

}  // namespace quern::cli
