// quern code watch: keeps an index what its tree is.

#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/code/code_watching.h"
#include "base/machine.h"
#include "cli/code_embedding.h"
#include "cli/code_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(The first change is read at once, what follows within a fifth of a second together. Other programs
search the index meanwhile. Ctrl-C ends it.

Examples:
  quern code watch
  quern code watch ~/src/project --model none)";

struct WatchFlags {
  CodeFlags code;
  std::string model;
  VectorLogFlags log;
};

Status watch(const WatchFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const CodeTarget target, code_target(flags.code, CodePurpose::kIndexing));
  const apps::CodePlace& place = target.place;
  QUERN_TRY(ensure_code_index(place));
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  QUERN_ASSIGN(const auto writer,
               store::Writer::open({.folder = place.folder, .ledger = &engine->ledger()},
                                   code_writer_options("quern code watch", engine->ledger())));
  QUERN_ASSIGN(const auto chunker, open_chunker(&engine->ledger()));
  std::unique_ptr<CodeEmbedder> embedder;
  apps::CodeWatching watching;
  watching.writer = writer.get();
  watching.chunker = chunker.get();
  watching.root = place.root;
  QUERN_ASSIGN(const std::optional<apps::WalkOptions> said, walk_options(flags.code));
  if (said) {
    QUERN_ASSIGN(const auto generation, writer->commit([&](Sql& sql) {
      return apps::write_code_tables(sql, {.facts = apps::facts_of_walk(*said)});
    }));
    (void)generation;
  }
  QUERN_TRY(writer->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(const apps::CodeFacts facts, apps::read_code_facts(sql));
    watching.walk = apps::walk_of_index(facts, place.root, place.folder);
    return {};
  }));
  watching.n_threads = usable_cpus();
  const std::string model = code_model(flags.model, writer->active_space());
  if (!model.empty()) {
    watching.open_embedding = [&]() -> Result<apps::CodeEmbedding> {
      QUERN_ASSIGN(embedder, CodeEmbedder::open(*engine, flags.log, model, *writer));
      return embedder->embedding();
    };
  }
  const auto say = [&](const std::string& text) {
    if (!flags.code.quiet) print_note(text + "\n");
  };
  const auto count = [](std::uint64_t n) { return grouped(static_cast<long>(n)); };
  watching.on_update = [&](const apps::CodeUpdateReport& report) {
    for (const std::string& note : report.notes) print_error(note);
    const std::size_t n_new = report.n_read - report.n_same;
    if (n_new + report.n_gone == 0) return;
    say(fmt::format("{} files read, {} gone, {} pieces written", count(n_new), count(report.n_gone),
                    count(report.n_chunks)));
  };
  watching.on_vectors = [&](const apps::IngestReport& report) {
    if (report.n_vectors == 0) return;
    say(fmt::format("{} vectors, {} of them kept from before", count(report.n_vectors),
                    count(report.n_from_log)));
    if (!report.was_stopped && embedder) {
      if (const Status shown = embedder->show(*writer); !shown.ok()) print_error(shown.message());
    }
  };
  watching.on_note = [&](const std::string& note) { print_error(note); };
  watching.is_stopped = [] { return is_interrupted(); };
  say(fmt::format("watching {}", place.root));
  return apps::watch_code(watching);
}

}  // namespace

void add_code_watch(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<WatchFlags>();
  CLI::App* command = parent.add_subcommand("watch", "Keep an index what its tree is");
  command->footer(kExamples);
  command
      ->add_option("ROOT,--repo", flags->code.path, "The tree (default: around the current folder)")
      ->type_name("");
  add_code_model_flag(*command, flags->model);
  add_code_flags(*command, flags->code);
  add_code_files_flags(*command, flags->code);
  add_vector_log_flag(*command, flags->log);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback([flags, &context] {
    watch_interrupts();
    context.exit_code = fail_or_ok(watch(*flags, context.engine));
  });
}

}  // namespace quern::cli
