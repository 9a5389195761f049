// quern serve: the HTTP server, until a signal stops it.

#include <algorithm>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/mapped_file.h"
#include "cli/dialogue_serving.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/serving.h"
#include "cli/settings.h"
#include "cli/tuning.h"
#include "hub/hub.h"
#include "serve/server.h"

namespace quern::cli {
namespace {

constexpr std::size_t kMaxTunedBytes = 1u << 20;

struct ServeFlags {
  ServingFlags serving;
  std::vector<std::string> models;
  bool is_lazy = false;
  int min_batch = 0;
  int max_batch = 0;
  std::string tuned;
  std::string claims_model;
  DialogueServingFlags dialogue;
};

constexpr const char* kExamples =
    R"(Prints "server listening on http://HOST:PORT" when it answers. All installed models can be asked
for; those of --model are loaded in the background from then on. 'quern ps' shows what they do,
'quern clear' has them give memory back. SIGTERM or Ctrl-C finishes the requests
that are running, for at most --drain seconds; a second one ends at once.

Examples:
  quern serve --model all-MiniLM-L6-v2
  curl http://127.0.0.1:8090/v1/embeddings -H 'Content-Type: application/json' \
       -d '{"model":"all-MiniLM-L6-v2","input":["the cat sat","a dog ran"]}'
  curl http://127.0.0.1:8090/v1/similarity -H 'Content-Type: application/json' \
       -d '{"model":"all-MiniLM-L6-v2","query":"a dog ran","documents":["a hound raced","tax law"]}'
  quern serve --model SmolLM2-135M-Instruct --kv q8_0 --max-sequences 32
  curl http://127.0.0.1:8090/v1/chat/completions -H 'Content-Type: application/json' \
       -d '{"model":"SmolLM2-135M-Instruct","messages":[{"role":"user","content":"Hello!"}]}'
  quern serve --dialogue talks.qdp
  curl http://127.0.0.1:8090/v1/dialogue/predict -d '{"turns":["Hello.","Hi, how are you?"],"top":3}'
  quern serve --host 0.0.0.0 --port 80 --api-key "$KEY" --memory 1GB)";

// Those of the configuration file's model tables, behind those of --model.
void add_preloaded(const Settings& settings, std::vector<std::string>& models) {
  for (const ModelTable& table : settings.models()) {
    if (table.preload && std::find(models.begin(), models.end(), table.name) == models.end()) {
      models.push_back(table.name);
    }
  }
}

// As the configuration file's model tables say; a model that is not installed (yet) is no error.
Status keep_models(const Settings& settings, engine::Engine& engine) {
  for (const ModelTable& table : settings.models()) {
    if (table.keep_alive.empty()) continue;
    const auto keep_alive = engine::parse_keep_alive(table.keep_alive);
    if (!keep_alive.ok()) {
      return keep_alive.status().in(fmt::format("{}, line {}, models.'{}', keep-alive",
                                                settings.file(), table.line, table.name));
    }
    const Status kept = engine.keep(table.name, *keep_alive);
    if (!kept.ok()) print_error("not kept as configured: " + kept.message());
  }
  return {};
}

// What was tuned holds where nothing else is said.
Status take_up_tuned(const std::string& path, EngineFlags& flags) {
  if (path.empty()) return {};
  QUERN_ASSIGN(const std::string text, read_file(path, kMaxTunedBytes));
  const Result<TunedSettings> tuned = parse_tuned(text).in("'" + path + "'");
  if (!tuned.ok()) return tuned.status();
  if (flags.n_threads == 0) flags.n_threads = tuned->n_threads;
  if (flags.batch_tokens == 0) flags.batch_tokens = tuned->batch_tokens;
  if (flags.max_sequences == 0) flags.max_sequences = tuned->max_sequences;
  if (flags.precision.empty()) flags.precision = tuned->precision;
  return {};
}

Status serve(const ServeFlags& flags, EngineFlags engine_flags, const Settings& settings) {
  block_stop_signals();
  QUERN_TRY(take_up_tuned(flags.tuned, engine_flags));
  QUERN_ASSIGN(engine::EngineOptions engine_opts, engine_options(engine_flags));
  QUERN_ASSIGN(engine_opts.keep_alive, engine::parse_keep_alive(flags.serving.keep_alive));
  engine_opts.min_batch = flags.min_batch;
  engine_opts.max_batch = flags.max_batch;
  QUERN_ASSIGN(engine_opts.results, result_options(engine_flags.cache));
  QUERN_ASSIGN(const auto engine, engine::Engine::make(engine_opts));
  QUERN_TRY(keep_models(settings, *engine));
  serve::ServerOptions options;
  options.models = flags.models;
  options.home = hub::home_folder();
  if (!flags.claims_model.empty()) options.claims_model = flags.claims_model;
  QUERN_ASSIGN(options.dialogue, dialogue_options(flags.dialogue, flags.is_lazy));
  if (!flags.is_lazy) options.preload = flags.models;
  return run_server(flags.serving, std::move(options), *engine);
}

}  // namespace

void add_serve(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* command = app.add_subcommand("serve", "Answer over HTTP (OpenAI's API)");
  add_serving_flags(*command, flags->serving);
  command
      ->add_option("--model", flags->models,
                   "Answer for this model too, by name or path, and load it from the\n"
                   "start on, while requests are answered; may be repeated")
      ->type_name("MODEL");
  command->add_flag("--lazy", flags->is_lazy,
                    "Load those of --model, and open those of --dialogue, at their first request");
  command
      ->add_option("--min-batch", flags->min_batch,
                   "Texts that a batch waits for, where they come from several clients\n"
                   "at once: 5 ms at most, never on an idle server (default: 1)")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20))
      ->check(empty_problem);
  command
      ->add_option("--max-batch", flags->max_batch,
                   "Texts that are computed together, at most (default: as many tokens\n"
                   "as suit the processor's cache)")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20))
      ->check(empty_problem);
  command
      ->add_option("--tuned", flags->tuned,
                   "Settings that 'quern tune --out' wrote; flags and variables go before")
      ->type_name("FILE")
      ->check(empty_problem);
  command
      ->add_option("--claims-model", flags->claims_model,
                   "The NLI model that judges claims, by name or path (default:\n"
                   "nli-scifact-minilm)")
      ->type_name("MODEL")
      ->check(empty_problem);
  add_dialogue_serving_flags(*command, flags->dialogue);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  add_cache_flags(*command, context.engine.cache);
  add_batch_flag(*command, context.engine);
  add_kv_flag(*command, context.engine);
  add_sequences_flag(*command, context.engine);
  command->footer(kExamples);
  command->callback([flags, &context] {
    add_preloaded(*context.settings, flags->models);
    context.exit_code = fail_or_ok(serve(*flags, context.engine, *context.settings));
  });
}

}  // namespace quern::cli
