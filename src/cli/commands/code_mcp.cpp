// quern code mcp: the tools of code search for agents, over the Model Context Protocol.

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <poll.h>

#include "apps/code/code_tools.h"
#include "base/machine.h"
#include "base/standard_error.h"
#include "cli/code_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "cli/store_vectors.h"
#include "serve/mcp/code_tool_set.h"
#include "serve/mcp/mcp_http.h"
#include "serve/mcp/mcp_stdio.h"

namespace quern::cli {
namespace {

// For requests that run when a signal comes.
constexpr auto kPatience = std::chrono::seconds(5);

constexpr const char* kExamples =
    R"(Speaks the Model Context Protocol on standard input and output, for an agent or an editor that starts
it, or over HTTP at /mcp: docs/mcp.md has their configurations. The index is made where there is none,
and brought up to date before each answer. Vectors of what changed are made in the background where
the index has a model.

Examples:
  quern code mcp ~/src/project
  quern code mcp ~/src/project --http 127.0.0.1:8091)";

struct McpFlags {
  CodeFlags code;
  VectorLogFlags log;
  std::string http;  // HOST:PORT; "": standard input and output.
  std::string api_key;
  std::vector<std::string> allowed_hosts;
};

struct Address {
  std::string host = "127.0.0.1";
  int port = 0;
};

// "127.0.0.1:8091", "[::1]:8091", "8091", ":8091".
Result<Address> address_of(const std::string& text) {
  Address out;
  const std::size_t colon = text.rfind(':');
  std::string host = colon == std::string::npos ? "" : text.substr(0, colon);
  const std::string port = colon == std::string::npos ? text : text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!host.empty()) out.host = host;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size() || out.port < 0 ||
      out.port > 65535) {
    return {Code::kBadInput, fmt::format("--http is '{}', wanted HOST:PORT", text)};
  }
  return out;
}

// Agents start servers wherever they are themselves: nobody wants all of a home indexed for that.
std::string refusal_of(const McpFlags& flags, const apps::CodePlace& place) {
  if (!flags.code.path.empty() || !flags.code.index.empty() || has_code_index(place)) return {};
  std::error_code error;
  const char* home = std::getenv("HOME");
  const bool is_home = home != nullptr && std::filesystem::equivalent(home, place.root, error);
  if (place.root != "/" && !is_home) return {};
  return fmt::format(
      "the server was started in {}, which is no source tree: name one in its configuration, as in "
      "'quern code mcp /path/of/the/tree'",
      place.root);
}

void wait_for_interrupt() {
  while (!is_interrupted()) {
    pollfd fd = {.fd = interrupt_fd(), .events = POLLIN, .revents = 0};
    if (::poll(&fd, 1, -1) < 0 && errno != EINTR) return;
  }
}

Status serve_http(const McpFlags& flags, serve::McpServer& server) {
  QUERN_ASSIGN(const Address address, address_of(flags.http));
  watch_interrupts();
  serve::McpHttpOptions options;
  options.http.host = address.host;
  options.http.port = address.port;
  options.api_key = flags.api_key;
  options.allowed_hosts = flags.allowed_hosts;
  QUERN_ASSIGN(const auto http, serve::McpHttp::start(options, server));
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write("server listening on " + http->url() + "\n"));
  QUERN_TRY(out.flush());
  wait_for_interrupt();
  http->stop(kPatience);
  return {};
}

Status serve(const McpFlags& flags, const EngineFlags& engine) {
  QUERN_ASSIGN(const CodeTarget target, code_target(flags.code, CodePurpose::kAsking));
  const apps::CodePlace& place = target.place;
  QUERN_ASSIGN(const auto chunker, open_chunker());
  ThreadPool pool(engine.n_threads > 0 ? engine.n_threads : usable_cpus());
  apps::CodeToolsOptions options;
  options.place = place;
  options.below = target.below;
  options.chunker = chunker.get();
  options.pool = &pool;
  options.n_threads = usable_cpus();
  options.who = "quern code mcp";
  options.refusal = refusal_of(flags, place);
  QUERN_ASSIGN(options.walk, walk_options(flags.code));
  options.open_engine = [&engine] { return open_engine(engine); };
  options.open_log = [&flags](const apps::TextEmbedder& embedder) {
    return open_vector_log(flags.log, embedder);
  };
  apps::CodeTools tools(std::move(options));
  serve::McpServer server({.name = "quern-code",
                           .title = "Quern code search",
                           .version = QUERN_VERSION,
                           .instructions = serve::code_instructions(place.root)},
                          serve::code_tool_set(tools));
  return flags.http.empty() ? serve::run_mcp_stdio(server, {}) : serve_http(flags, server);
}

}  // namespace

void add_code_mcp(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<McpFlags>();
  CLI::App* command = parent.add_subcommand("mcp", "Serve code search to agents (MCP)");
  command->footer(kExamples);
  command->add_option("ROOT", flags->code.path, "The tree (default: around the current folder)")
      ->type_name("");
  command
      ->add_option("--http", flags->http,
                   "Listen here instead (0 as port: any free one), at the path /mcp")
      ->type_name("HOST:PORT")
      ->check(empty_problem);
  command
      ->add_option("--api-key", flags->api_key,
                   "With --http: clients must send this key; also $QUERN_API_KEY")
      ->type_name("KEY")
      ->check(empty_problem);
  command
      ->add_option("--allow-host", flags->allowed_hosts,
                   "With --http: answer to this host name too, where there is no key;\n"
                   "may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  add_code_flags(*command, flags->code);
  add_code_files_flags(*command, flags->code);
  add_vector_log_flag(*command, flags->log);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(serve(*flags, context.engine)); });
}

}  // namespace quern::cli
