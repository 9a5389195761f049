// quern store add: JSON lines into a store.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/ingest.h"
#include "apps/json_lines.h"
#include "apps/store_model.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/store_model_flags.h"
#include "cli/store_vectors.h"
#include "store/writer.h"

namespace quern::cli {
namespace {

struct AddFlags {
  std::string folder;
  std::string texts;  // A file, or "-".
  std::string parent_separator;
  std::string long_texts;  // "": as the store has it.
  std::string vectors;     // "": as the store's are made.
  bool quiet = false;
  VectorLogFlags log;
};

/// What makes vectors, where the store has a model: all of it or nothing.
struct Embedding {
  std::unique_ptr<engine::Engine> engine;
  std::optional<apps::TextEmbedder> embedder;
  std::unique_ptr<apps::VectorLog> log;
};

Status open_embedding(const store::VectorSpace& space, const AddFlags& flags,
                      const EngineFlags& engine, Embedding& out) {
  QUERN_ASSIGN(out.engine, open_engine(engine));
  QUERN_ASSIGN(out.embedder, apps::open_embedder(*out.engine, space));
  QUERN_ASSIGN(out.log, open_vector_log(flags.log, *out.embedder));
  return {};
}

// What becomes of vectors in the lines.
Result<apps::GivenVectors> given_of(const AddFlags& flags, const store::SpaceRow* space) {
  if (flags.vectors.empty()) return apps::given_vectors_for(space);
  if (flags.vectors != "given") return apps::GivenVectors::kIgnore;
  QUERN_TRY(apps::check_takes_given(space).in("--vectors given: the store (create --dims N)"));
  return apps::GivenVectors::kTake;
}

// Vectors of long texts that were made otherwise cannot be compared with those that are there.
Status check_long_texts(const AddFlags& flags, const store::SpaceRow* space) {
  if (flags.long_texts.empty()) return {};
  if (space == nullptr || apps::is_of_given(space->space)) {
    return {Code::kBadInput, "--long-texts: no model makes the store's vectors"};
  }
  const char* const there = store::long_texts_name(space->space.long_texts);
  if (flags.long_texts == there) return {};
  return {Code::kBadInput,
          fmt::format("--long-texts {}: the store's vectors are by '{}'; 'quern store embed' makes "
                      "them anew",
                      flags.long_texts, there)};
}

Result<apps::IngestReport> add_lines(std::istream& in, const std::string& name,
                                     const AddFlags& flags, const EngineFlags& engine) {
  QUERN_ASSIGN(const auto writer,
               store::Writer::open({.folder = flags.folder}, {.who = "quern store add"}));
  const store::SpaceRow* space = writer->active_space();
  QUERN_TRY(check_long_texts(flags, space));
  QUERN_ASSIGN(const apps::GivenVectors given, given_of(flags, space));
  apps::JsonLines lines(in, name, writer->schema(), given, flags.parent_separator);
  apps::IngestJob job;
  job.writer = writer.get();
  job.next = [&] { return lines.next(); };
  Embedding embedding;
  const bool are_made = flags.vectors.empty() || flags.vectors == "model";
  if (are_made && space != nullptr && !apps::is_of_given(space->space)) {
    QUERN_TRY(open_embedding(space->space, flags, engine, embedding));
    job.embedder = &*embedding.embedder;
    job.log = embedding.log.get();
    job.space = space->id;
  }
  std::error_code error;
  const std::uintmax_t n_bytes = std::filesystem::file_size(flags.texts, error);
  IngestProgressView view(progress_style(stderr, flags.quiet),
                          error ? std::nullopt : std::optional<std::uint64_t>(n_bytes));
  watch_ingest(job, view);
  return apps::ingest(job);
}

ExitCode add(const AddFlags& flags, const EngineFlags& engine) {
  const bool is_standard_input = flags.texts == "-";
  std::ifstream file;
  if (!is_standard_input) {
    file.open(flags.texts);
    if (!file) return fail({Code::kNotFound, fmt::format("cannot open '{}'", flags.texts)});
  }
  watch_interrupts();
  const auto start = std::chrono::steady_clock::now();
  const Result<apps::IngestReport> report =
      add_lines(is_standard_input ? std::cin : file,
                is_standard_input ? "standard input" : flags.texts, flags, engine);
  if (!report.ok()) return fail(report.status());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return tell_ingest(*report, took.count());
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
      ->required();
  command
      ->add_option("--parent-separator", flags->parent_separator,
                   "An id is its parent (a file, a paper), this, and the part's name; for\nlines "
                   "without \"parent\" (docs/cli.md)")
      ->type_name("TEXT")
      ->check(empty_problem);
  command
      ->add_option(
          "--vectors", flags->vectors,
          "model: the store's model makes them, whatever the lines bring; given: they\nare in "
          "the lines, \"vector\", a list of numbers, for a store made with --dims;\nnone: "
          "they come later, by 'quern store embed' (default: as the store\nwas made; lines "
          "with vectors are refused where a model makes them)")
      ->type_name("HOW")
      ->check(CLI::IsMember({"model", "given", "none"}));
  add_long_texts_flag(*command, flags->long_texts);
  command->add_flag("-q,--quiet", flags->quiet, "No progress");
  add_vector_log_flag(*command, flags->log);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  add_batch_flag(*command, context.engine);
  command->callback([flags, &context] { context.exit_code = add(*flags, context.engine); });
}

}  // namespace quern::cli
