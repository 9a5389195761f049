// A server of the command line, until a signal stops it: the flags that such commands share, and
// their run.

#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "engine/engine.h"
#include "serve/server.h"

namespace CLI {
class App;
}

namespace quern::cli {

struct ServingFlags {
  std::string host = "127.0.0.1";
  int port = 8090;
  std::string api_key;
  std::vector<std::string> allowed_hosts;
  int patience_s = 30;
  std::string keep_alive = "10m";
  int max_queue = 0;
  double summary_s = 60;
};

/// Adds --host, --port, --keep-alive, --max-queue, --api-key, --allow-host, --drain and
/// --summary-every.
void add_serving_flags(CLI::App& command, ServingFlags& flags);

/// From here on the signals that stop a server wait for run_server. To be called before any thread
/// starts, which would take them.
void block_stop_signals();

/// Puts the flags into `options`, starts the server, says on standard output where it listens,
/// waits for a signal and finishes what is running. Errors: as Server::start; kDeadline where
/// requests had to be cut.
Status run_server(const ServingFlags& flags, serve::ServerOptions options, engine::Engine& engine);

}  // namespace quern::cli
