// quern store embed: vectors for the documents that have none, or those of another model beside the
// ones that are searched, which take their place when all are there.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/ingest.h"
#include "apps/store_model.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/store_model_flags.h"
#include "cli/store_vectors.h"
#include "store/writer.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Without --model: vectors for the documents that have none, by the store's model as it is now. Where
that is another than it was (its files, or an option below), all documents are embedded anew.
A model that has moved, or has another name, is the same one: --model says where it is now, and nothing is
embedded anew.
While vectors of another model are made, the store is searched by the ones that it has; when the last
one is there, they are exchanged in one commit. A run that is ended goes on where it stopped.

Examples:
  quern store embed papers
  quern store embed papers --model bge-small-en-v1.5)";

// More failures than one of so many texts are a fault of the model.
constexpr std::uint64_t kTextsPerFailure = 100;

struct EmbedFlags {
  std::string folder;
  StoreModelFlags model;
  bool quiet = false;
  VectorLogFlags log;
};

// The active space where the model that is asked for makes its vectors, under whatever name.
std::optional<store::VectorSpace> same_space(engine::Engine& engine, const StoreModelFlags& flags,
                                             const store::SpaceRow* active) {
  if (active == nullptr || apps::is_of_given(active->space)) return std::nullopt;
  store::VectorSpace same = active->space;
  if (!flags.model.empty()) same.model = flags.model;
  if (!apps::open_embedder(engine, same).ok()) return std::nullopt;
  return same;
}

// Of the same model what is not said is as it was. Of another that has the store's name for it,
// the metric and the prompts are, too, but not how many numbers it was cut to.
Result<apps::EmbedderWish> wish_of(const StoreModelFlags& flags, const store::SpaceRow* active,
                                   const std::optional<store::VectorSpace>& same) {
  StoreModelFlags filled = flags;
  if (filled.model.empty()) {
    if (active == nullptr || apps::is_of_given(active->space)) {
      return {Code::kBadInput, "the store has no model: want --model M"};
    }
    filled.model = active->space.model;
  } else if (!same) {
    return embedder_wish(filled);
  }
  const store::VectorSpace& before = active->space;
  if (filled.metric.empty()) filled.metric = store::metric_name(before.metric);
  if (!filled.text_prompt) filled.text_prompt = before.text_prompt;
  if (!filled.query_prompt) filled.query_prompt = before.query_prompt;
  if (filled.long_texts.empty()) filled.long_texts = store::long_texts_name(before.long_texts);
  return embedder_wish(filled);
}

Result<apps::TextEmbedder> open_wished(engine::Engine& engine, const StoreModelFlags& flags,
                                       const store::SpaceRow* active) {
  const std::optional<store::VectorSpace> same = same_space(engine, flags, active);
  QUERN_ASSIGN(apps::EmbedderWish wish, wish_of(flags, active, same));
  QUERN_ASSIGN(apps::TextEmbedder embedder, apps::TextEmbedder::open(engine, wish));
  if (!same || flags.dimensions > 0 || embedder.d() == same->d) return embedder;
  wish.dimensions = same->d;
  return apps::TextEmbedder::open(engine, wish);
}

Result<apps::IngestReport> embed(const EmbedFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const auto writer,
               store::Writer::open({.folder = flags.folder}, {.who = "quern store embed"}));
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  const store::SpaceRow* active = writer->active_space();
  const std::string model = !flags.model.model.empty() ? flags.model.model
                            : active != nullptr        ? active->space.model
                                                       : "";
  QUERN_ASSIGN(const apps::TextEmbedder embedder, open_wished(*engine, flags.model, active));
  QUERN_ASSIGN(const store::VectorSpace space, apps::space_of(embedder, model));
  QUERN_ASSIGN(const auto log, open_vector_log(flags.log, embedder));
  apps::IngestJob job;
  job.writer = writer.get();
  job.embedder = &embedder;
  job.log = log.get();
  QUERN_ASSIGN(job.space, writer->add_space(space));
  IngestProgressView view(progress_style(stderr, flags.quiet), {});
  watch_ingest(job, view);
  QUERN_ASSIGN(apps::IngestReport report, apps::embed_missing(job));
  if (report.was_stopped || !report.embedding.ok()) return report;
  // A few texts that fail, and were named, do not hold up the others.
  const bool are_few = report.n_failed * kTextsPerFailure <= writer->n_live();
  QUERN_TRY(writer->activate_space(job.space, report.n_failed > 0 && are_few
                                                  ? store::Writer::Coverage::kAny
                                                  : store::Writer::Coverage::kNoLess));
  return report;
}

ExitCode run(const EmbedFlags& flags, const EngineFlags& engine) {
  watch_interrupts();
  const auto start = std::chrono::steady_clock::now();
  const Result<apps::IngestReport> report = embed(flags, engine);
  if (!report.ok()) return fail(report.status());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return tell_ingest(*report, took.count());
}

}  // namespace

void add_store_embed(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<EmbedFlags>();
  CLI::App* command =
      parent.add_subcommand("embed", "Make vectors that are missing, or those of another model");
  command->footer(kExamples);
  command->add_option("DIR", flags->folder, "The store's folder")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  add_store_model_flags(*command, flags->model);
  command->add_flag("-q,--quiet", flags->quiet, "No progress");
  add_vector_log_flag(*command, flags->log);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  add_batch_flag(*command, context.engine);
  command->callback([flags, &context] { context.exit_code = run(*flags, context.engine); });
}

}  // namespace quern::cli
