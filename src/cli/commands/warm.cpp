// quern warm: models made ready, here or in a running server.

#include <chrono>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/duration.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/server_client.h"
#include "hub/packed_cache.h"

namespace quern::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct WarmFlags {
  std::vector<std::string> models;
  ServerFlags server;
};

constexpr const char* kExamples =
    R"(Packs a model's weights into $QUERN_HOME/packed, and measures which precision is faithful, so that
the next start only maps them. With --server, a running server loads the models instead, and has
them in memory for the first request.

Examples:
  quern warm all-MiniLM-L6-v2 SmolLM2-135M-Instruct
  quern warm --server http://127.0.0.1:8090 all-MiniLM-L6-v2)";

Status warm_here(const std::string& model, engine::Engine& engine) {
  const Clock::time_point start = Clock::now();
  QUERN_TRY(engine.warm(model));
  QUERN_ASSIGN(const engine::ModelInfo info, engine.describe(model));
  print_note(fmt::format("{}: {} in {}, ready after {}\n", info.name,
                         human_bytes(info.weight_bytes), info.precision,
                         human_duration(Clock::now() - start)));
  return {};
}

Status warm_there(const std::string& model, const ServerFlags& server) {
  const nlohmann::json body = {{"model", model}};
  QUERN_ASSIGN(const nlohmann::json made, ask_server(server, "/quern/warm", body.dump()));
  const auto seconds = std::chrono::duration<double>(made.value("load_seconds", 0.0));
  print_note(
      fmt::format("{}: {}, loaded in {}\n", made.value("id", model),
                  human_bytes(made.value("bytes", std::size_t{0})),
                  human_duration(std::chrono::duration_cast<std::chrono::nanoseconds>(seconds))));
  return {};
}

/// All of them, also behind one that fails; the first failure.
template <typename Warm>
Status warm_all(const std::vector<std::string>& models, const Warm& warm) {
  Status first;
  for (const std::string& model : models) {
    Status status = warm(model);
    if (status.ok()) continue;
    if (first.ok()) {
      first = std::move(status);
    } else {
      print_error(status.message());
    }
  }
  return first;
}

Status warm_models(const WarmFlags& flags, const EngineFlags& engine_flags) {
  if (!flags.server.url.empty()) {
    return warm_all(flags.models,
                    [&](const std::string& model) { return warm_there(model, flags.server); });
  }
  if (!hub::is_packed_cache_on()) {
    return {Code::kBadInput, "QUERN_PACKED is off: nothing would be kept for the next start"};
  }
  QUERN_ASSIGN(const engine::EngineOptions options, engine_options(engine_flags));
  QUERN_ASSIGN(const auto engine, engine::Engine::make(options));
  return warm_all(flags.models,
                  [&](const std::string& model) { return warm_here(model, *engine); });
}

}  // namespace

void add_warm(CLI::App& app, Context& context) {
  auto flags = std::make_shared<WarmFlags>();
  CLI::App* command = app.add_subcommand("warm", "Make models ready for their first request");
  command->add_option("MODEL", flags->models, "Names or paths")->type_name("")->required();
  add_server_flags(*command, flags->server);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->footer(kExamples);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(warm_models(*flags, context.engine)); });
}

}  // namespace quern::cli
