// quern clear: a running server gives memory back.

#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/server_client.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(What is in use stays. What goes comes back when it is wanted: models are loaded again, prompts
computed again.

Examples:
  quern clear
  quern clear --server http://10.0.0.7:8090 --api-key "$KEY")";

// The part of a tenant's name before '/', in words.
std::string kind_of(const std::string& tenant) {
  const std::string kind = tenant.substr(0, tenant.find('/'));
  if (kind == "weights") return "weights of idle models";
  if (kind == "tokenizer") return "tokenizers of idle models";
  if (kind == "kv") return "prefixes and idle pages of keys and values";
  return kind;
}

Status clear(const ServerFlags& flags) {
  QUERN_ASSIGN(const nlohmann::json answer, ask_server(flags, "/quern/clear", "{}"));
  std::map<std::string, std::size_t> by_kind;
  for (const auto& part : answer.value("freed", nlohmann::json::array())) {
    by_kind[kind_of(part.value("tenant", ""))] += part.value("bytes", std::size_t{0});
  }
  std::string text;
  for (const auto& [kind, bytes] : by_kind) {
    text += fmt::format("{:>9}  {}\n", human_bytes(bytes), kind);
  }
  text += fmt::format("{:>9}  in all\n", human_bytes(answer.value("freed_bytes", std::size_t{0})));
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  return out.commit();
}

}  // namespace

void add_clear(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ServerFlags>();
  CLI::App* command = app.add_subcommand("clear", "Have a running server give memory back");
  flags->url = kUsualServer;
  add_server_flags(*command, *flags);
  command->footer(kExamples);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(clear(*flags)); });
}

}  // namespace quern::cli
