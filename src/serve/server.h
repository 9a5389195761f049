// The server as a whole: routes, models, metrics over one HTTP server. Handles no signals: the
// program that starts it calls stop().

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "serve/dialogue/dialogue_options.h"
#include "serve/http/http_server.h"
#include "serve/semantic_scholar/paper_options.h"

namespace quern::serve {

struct ServerOptions {
  HttpServerOptions http;                  // Host, port, limits, timeouts.
  std::string api_key;                     // "": $QUERN_API_KEY; none at all lets everybody in.
  std::vector<std::string> allowed_hosts;  // See HostGuard, which is on where there is no key
                                           // and either these are given or the host is loopback.
  std::vector<std::string> models;         // Served beside the installed ones; names or paths.
  std::vector<std::string> preload;        // Loaded from the start on, in order, in the background.
  int max_inputs = 2048;                   // Of one embedding request; choices of a completion.
  int max_in_flight = 1024;                // Requests in the engine; more are answered 429.
  int max_queue = 16'384;                  // Their inputs together: likewise.
  std::chrono::milliseconds summary_every{60'000};  // A line of the log (info); 0: none.
  int max_pairs = 10'000;  // Documents of one rerank request; texts times labels.
  std::string claims_model = "nli-scifact-minilm";   // That judges claims, and
  std::string claims_embedder = "all-MiniLM-L6-v2";  // whose vectors POST /embed gives.
  std::size_t max_waiting_claims = 1000;             // To be verified; those beyond are refused.
  DialogueOptions dialogue;  // Predictors of dialogues; without files there are no routes of them.
  PaperOptions papers;       // A library of papers; without one there are no routes of it.
  std::string home;  // Where collections and the vector log lie; "": there are none, nor claims.
};

class Server {
 public:
  /// Listens from here on. The engine must outlive the server and all its requests.
  /// Errors: as HttpServer::start, HostGuard::make; as Engine::listed_name for `models`.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options,
                                               engine::Engine& engine);
  ~Server();  // stop(0).

  int port() const;
  /// "http://127.0.0.1:8090", with the port that was chosen.
  std::string url() const;

  /// /health says 503 from now on, so that load balancers turn away; all else goes on.
  void begin_drain();

  /// Stops accepting, finishes what has begun, cuts what is not done after `patience`. True if
  /// nothing was cut.
  bool stop(std::chrono::milliseconds patience);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace quern::serve
