// quern ps: what became of a running server's models.

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "base/duration.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/server_client.h"

namespace quern::cli {
namespace {

struct PsFlags {
  ServerFlags server;
  bool json = false;
};

constexpr const char* kExamples =
    R"(One line for each model that was asked for since the server's start. IDLE is the time since its last
request ended, EXPIRES the time until it is given up; LOADS counts how often it was loaded.

Examples:
  quern ps
  quern ps --server http://10.0.0.7:8090 --json)";

std::string seconds_of(const nlohmann::json& model, const char* key) {
  const auto found = model.find(key);
  if (found == model.end() || !found->is_number()) return "-";
  const std::chrono::duration<double> seconds(std::max(found->get<double>(), 0.0));
  return human_duration(std::chrono::duration_cast<std::chrono::nanoseconds>(seconds));
}

std::string state_of(const nlohmann::json& model) {
  const auto loading = model.find("loading");
  if (loading != model.end()) {
    const auto done = loading->value("done_bytes", std::size_t{0});
    const auto total = loading->value("total_bytes", std::size_t{0});
    return fmt::format("{} {} %", loading->value("phase", "loading"),
                       total == 0 ? 0 : done * 100 / total);
  }
  if (model.value("running", 0) > 0) return "in use";
  if (model.value("loaded", false)) return "loaded";
  return model.contains("problem") ? "failed" : "not loaded";
}

std::string table_of(const nlohmann::json& models) {
  std::size_t width = 4;
  for (const auto& m : models) width = std::max(width, m.value("id", "").size());
  std::string out =
      fmt::format("{:<{}}  {:<12} {:>8} {:>9} {:>6} {:>8} {:>10} {:>10}\n", "NAME", width, "STATE",
                  "SIZE", "REQUESTS", "LOADS", "LOADTIME", "IDLE", "EXPIRES");
  for (const auto& m : models) {
    out += fmt::format("{:<{}}  {:<12} {:>8} {:>9} {:>6} {:>8} {:>10} {:>10}\n", m.value("id", ""),
                       width, state_of(m), human_bytes(m.value("bytes", std::size_t{0})),
                       m.value("requests", 0L), m.value("loads", 0L), seconds_of(m, "load_seconds"),
                       seconds_of(m, "idle_seconds"), seconds_of(m, "expires_in_seconds"));
    if (m.contains("problem")) out += "  " + m.value("problem", "") + "\n";
  }
  return out;
}

Status ps(const PsFlags& flags) {
  QUERN_ASSIGN(const nlohmann::json answer, ask_server(flags.server, "/quern/models"));
  const nlohmann::json models = answer.value("data", nlohmann::json::array());
  OutputFile out = OutputFile::standard_output();
  if (flags.json) {
    for (const auto& model : models) QUERN_TRY(out.write(model.dump() + "\n"));
  } else {
    QUERN_TRY(out.write(table_of(models)));
  }
  return out.commit();
}

}  // namespace

void add_ps(CLI::App& app, Context& context) {
  auto flags = std::make_shared<PsFlags>();
  CLI::App* command = app.add_subcommand("ps", "What a running server's models are doing");
  flags->server.url = kUsualServer;
  add_server_flags(*command, flags->server);
  command->add_flag("--json", flags->json, "One JSON object a line");
  command->footer(kExamples);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(ps(*flags)); });
}

}  // namespace quern::cli
