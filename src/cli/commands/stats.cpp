// quern stats: what a running server did, by GET /stats.

#include <algorithm>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/byte_ledger.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/server_client.h"

namespace quern::cli {
namespace {

using nlohmann::json;

struct StatsFlags {
  ServerFlags server;
  bool json = false;
};

constexpr const char* kExamples = R"(Examples:
  quern stats
  quern stats --server http://10.0.0.5:8090 --json)";

double number(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

json part(const json& object, const char* name) {
  const json found = object.value(name, json::object());
  return found.is_object() ? found : json::object();
}

std::string timing_rows(const json& all, const char* title) {
  if (all.empty()) return "";
  std::string out = fmt::format("\n{:28} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", title,
                                "count", "average", "min", "p50", "p95", "p99", "max");
  for (const auto& [name, row] : all.items()) {
    if (!row.is_object()) continue;
    out += fmt::format("{:28} {:9.0f}", name, number(row, "count"));
    for (const char* column : {"average_ms", "min_ms", "p50_ms", "p95_ms", "p99_ms", "max_ms"}) {
      out += fmt::format(" {:9.2f}", number(row, column));
    }
    out += '\n';
  }
  return out;
}

std::string bytes(double n) { return human_bytes(static_cast<std::size_t>(std::max(n, 0.0))); }

std::string table_of(const json& stats) {
  const json encoders = part(stats, "encoders");
  const json generators = part(stats, "generators");
  const json memory = part(stats, "memory");
  std::string out = fmt::format(
      "up {:.0f} s, {:.0f} threads\nencoders    {:.0f} texts, {:.0f} tokens, {:.0f} batches, busy "
      "{:.1f} s, {:.0f} waiting, {:.0f} failed\n",
      number(stats, "uptime_s"), number(stats, "threads"), number(encoders, "texts"),
      number(encoders, "tokens"), number(encoders, "batches"), number(encoders, "busy_s"),
      number(encoders, "waiting"), number(encoders, "failed"));
  out += fmt::format(
      "generators  {:.0f} texts, {:.0f} prompt tokens, {:.0f} cached, {:.0f} generated, busy "
      "{:.1f} "
      "s, {:.0f} running, {:.0f} waiting\n",
      number(generators, "texts"), number(generators, "prompt_tokens"),
      number(generators, "cached_tokens"), number(generators, "tokens"),
      number(generators, "busy_s"), number(generators, "running"), number(generators, "waiting"));
  out += timing_rows(part(stats, "endpoints"), "endpoints, ms");
  out += timing_rows(part(stats, "stages"), "stages, ms");
  out +=
      fmt::format("\nmemory: {} of {} reserved, {} resident\n", bytes(number(memory, "used_bytes")),
                  bytes(number(memory, "limit_bytes")), bytes(number(memory, "resident_bytes")));
  const json tenants = part(memory, "tenants");
  for (const auto& [name, held] : tenants.items()) {
    if (held.is_number()) out += fmt::format("  {:40} {:>10}\n", name, bytes(held.get<double>()));
  }
  return out;
}

Status print_stats(const StatsFlags& flags) {
  QUERN_ASSIGN(const json stats, ask_server(flags.server, "/stats"));
  if (!stats.is_object()) {
    return {Code::kIo, fmt::format("{}/stats is no JSON object", flags.server.url)};
  }
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(flags.json ? stats.dump() + "\n" : table_of(stats)));
  return out.commit();
}

}  // namespace

void add_stats(CLI::App& app, Context& context) {
  auto flags = std::make_shared<StatsFlags>();
  CLI::App* command = app.add_subcommand("stats", "Show what a running server did");
  flags->server.url = kUsualServer;
  add_server_flags(*command, flags->server);
  command->add_flag("--json", flags->json, "As the server says it: one JSON object");
  command->footer(kExamples);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(print_stats(*flags)); });
}

}  // namespace quern::cli
