#include "cli/serving.h"

#include <chrono>
#include <csignal>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/standard_error.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"

namespace quern::cli {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (!is_hangup_ignored()) sigaddset(&set, SIGHUP);
  return set;
}

void wait_for_signal() {
  const sigset_t set = stop_signals();
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);  // From here on the usual: end at once.
}

// For CLI11: "" if the text can be read, else what is wrong.
std::string keep_alive_problem(const std::string& text) {
  const auto read = engine::parse_keep_alive(text);
  return read.ok() ? "" : read.status().message();
}

Status say_listening(const std::string& url) {
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write("server listening on " + url + "\n"));
  return out.flush();
}

}  // namespace

void add_serving_flags(CLI::App& command, ServingFlags& flags) {
  command.add_option("--host", flags.host, "Address to listen on (default: 127.0.0.1)")
      ->type_name("ADDRESS")
      ->check(empty_problem);
  command.add_option("--port", flags.port, "Port (default: 8090; 0: any free one)")
      ->type_name("N")
      ->check(CLI::Range(0, 65535))
      ->check(empty_problem);
  command
      .add_option("--keep-alive", flags.keep_alive,
                  "How long a model stays in memory after its last request: 5m, 90s,\n"
                  "0 (goes at once), -1 (stays); a request's keep_alive goes before it\n"
                  "(default: 10m)")
      ->type_name("DURATION")
      ->check(keep_alive_problem);
  command
      .add_option("--max-queue", flags.max_queue,
                  "Inputs of all requests that may wait or run; requests beyond are\n"
                  "answered 429 with Retry-After (default: 16384)")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 30))
      ->check(empty_problem);
  command
      .add_option("--api-key", flags.api_key,
                  "Clients must send this key; also $QUERN_API_KEY, which other\n"
                  "users of the machine cannot see in the process list")
      ->type_name("KEY")
      ->check(empty_problem);
  command
      .add_option("--allow-host", flags.allowed_hosts,
                  "Answer to this host name too, where there is no key; may be\n"
                  "repeated (always: localhost, loopback addresses, --host)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_option("--drain", flags.patience_s, "Seconds to finish in (default: 30)")
      ->type_name("S")
      ->check(CLI::Range(0, 86400))
      ->check(empty_problem);
  command
      .add_option("--summary-every", flags.summary_s,
                  "Seconds between the lines of the log (--log info) that say how long\n"
                  "requests and their stages took (default: 60; 0: none)")
      ->type_name("S")
      ->check(CLI::Range(0.0, 86400.0));
}

void block_stop_signals() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Status run_server(const ServingFlags& flags, serve::ServerOptions options, engine::Engine& engine) {
  options.http.host = flags.host;
  options.http.port = flags.port;
  options.http.ledger = &engine.ledger();
  options.api_key = flags.api_key;
  options.allowed_hosts = flags.allowed_hosts;
  if (flags.max_queue > 0) options.max_queue = flags.max_queue;
  options.summary_every =
      std::chrono::milliseconds(static_cast<std::int64_t>(flags.summary_s * 1000));
  QUERN_ASSIGN(const auto server, serve::Server::start(options, engine));
  // It is there for those who ask, whether or not its starter hears of it.
  if (const Status unheard = say_listening(server->url()); !unheard.ok()) {
    print_error(unheard.message());
  }
  wait_for_signal();
  // Whoever started the server may no longer read: what runs is finished all the same.
  write_standard_error("stopping: finishing what is running (again to end at once)\n",
                       WhenFull::kDrop);
  server->begin_drain();
  if (server->stop(std::chrono::seconds(flags.patience_s))) return {};
  return {Code::kDeadline,
          fmt::format("requests still running after {} s were cut", flags.patience_s)};
}

}  // namespace quern::cli
