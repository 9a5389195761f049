#include "serve/server.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "base/log.h"
#include "serve/admin/admin_routes.h"
#include "serve/backend.h"
#include "serve/claims/claims_routes.h"
#include "serve/collections/collection_routes.h"
#include "serve/dialogue/dialogue_routes.h"
#include "serve/http/router.h"
#include "serve/openai/openai_error.h"
#include "serve/openai/openai_routes.h"
#include "serve/scholar_qa/qa_answer.h"
#include "serve/scholar_qa/qa_routes.h"
#include "serve/scoring/scoring_routes.h"
#include "serve/semantic_scholar/paper_routes.h"
#include "serve/semantic_scholar/s2_error.h"

namespace quern::serve {

namespace {

/// Logs what came, now and then, on a thread of its own.
class SummaryLog {
 public:
  SummaryLog(Metrics& metrics, std::chrono::milliseconds every)
      : thread_([this, &metrics, every] { run(metrics, every); }) {}
  ~SummaryLog() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void run(Metrics& metrics, std::chrono::milliseconds every) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, every, [this] { return is_over_; })) {
      const std::string line = metrics.take_summary();
      if (!line.empty()) log_info("{}", line);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace

struct Server::Impl {
  std::shared_ptr<Backend> backend;
  std::unique_ptr<Router> router;
  std::string host;
  std::atomic<HttpServer*> running{nullptr};       // For the metrics page; set once it is up.
  std::unique_ptr<CollectionBackend> collections;  // Null without a home.
  std::unique_ptr<ClaimsBackend> claims;           // Likewise.
  std::unique_ptr<DialogueBackend> dialogues;      // Null without predictors.
  std::unique_ptr<PaperBackend> papers;            // Null without a library.
  std::unique_ptr<QaTasks> questions;              // Likewise.
  const apps::AnswerCache* answers = nullptr;      // Of these; null: none are kept.
  TaskThreads tasks;                               // End after the requests.
  std::unique_ptr<HttpServer> http;
  std::unique_ptr<SummaryLog> summary;

  void add_routes();
  void preload(const std::vector<std::string>& models);
  void open_dialogues(const DialogueOptions& options);
  void open_papers(const PaperOptions& options);
  void handle_health(Exchange& exchange) const;
  void handle_metrics(Exchange& exchange) const;
  void handle_stats(Exchange& exchange) const;
};

namespace {

std::string api_key_of(const ServerOptions& options) {
  if (!options.api_key.empty()) return options.api_key;
  const char* from_environment = std::getenv("QUERN_API_KEY");
  return from_environment ? from_environment : "";
}

/// A page that has no key cannot do harm, whatever name it comes under.
Result<HostGuard> guard_of(const ServerOptions& options, const std::string& api_key) {
  const bool is_wanted = !options.allowed_hosts.empty() || is_loopback_host(options.http.host);
  if (!api_key.empty() || !is_wanted) return HostGuard();
  return HostGuard::make(options.http.host, options.allowed_hosts);
}

}  // namespace

void Server::Impl::handle_health(Exchange& exchange) const {
  const bool draining = backend->is_draining.load();
  Response response{.status = draining ? 503 : 200};
  response.body = fmt::format(R"({{"status":"{}","version":"{}"}})", draining ? "draining" : "ok",
                              QUERN_VERSION);
  exchange.respond(std::move(response));
}

void Server::Impl::handle_metrics(Exchange& exchange) const {
  Response response{.content_type = "text/plain; version=0.0.4; charset=utf-8"};
  const HttpServer* server = running.load();
  using Recalls = std::map<std::string, store::RecallCounts>;
  std::optional<DialogueFigures> figures;
  if (dialogues != nullptr) figures = dialogues->desk.figures();
  response.body =
      backend->metrics.render(backend->engine, server ? server->n_connections() : 0,
                              collections ? collections->collections.recalls() : Recalls(), figures,
                              answers != nullptr ? std::optional(answers->stats()) : std::nullopt);
  exchange.respond(std::move(response));
}

void Server::Impl::handle_stats(Exchange& exchange) const {
  Response response;
  response.body = backend->metrics.stats_json(backend->engine);
  exchange.respond(std::move(response));
}

void Server::Impl::add_routes() {
  using Ptr = std::shared_ptr<Exchange>;
  const auto add = [&](const char* pattern, Handler handler) {
    router->add({.method = "GET",
                 .pattern = pattern,
                 .access = Access::kPublic,
                 .write_error = openai_error,
                 .handler = std::move(handler)});
  };
  add("/health", [this](const Ptr& x) { handle_health(*x); });
  add("/metrics", [this](const Ptr& x) { handle_metrics(*x); });
  add("/stats", [this](const Ptr& x) { handle_stats(*x); });
  add_openai_routes(*router, backend);
  add_scoring_routes(*router, backend);
  add_admin_routes(*router, backend);
  if (collections != nullptr) add_collection_routes(*router, backend, *collections);
  if (claims != nullptr) add_claims_routes(*router, backend, *claims);
  if (dialogues != nullptr) add_dialogue_routes(*router, backend, *dialogues);
  if (papers != nullptr) add_paper_routes(*router, backend, *papers);
  if (questions != nullptr) add_qa_routes(*router, *questions);
}

/// One after the other, while requests are answered.
void Server::Impl::preload(const std::vector<std::string>& models) {
  for (const std::string& model : models) {
    tasks.loads.add([this, model] {
      if (backend->is_draining.load()) return;
      const Status status = backend->engine.warm(model);
      if (!status.ok()) log_error("not loaded ahead: {}", status.message());
    });
  }
}

/// Likewise.
void Server::Impl::open_dialogues(const DialogueOptions& options) {
  if (options.is_lazy) return;
  for (const DialogueFile& file : options.files) {
    tasks.loads.add([this, name = file.name] {
      if (backend->is_draining.load()) return;
      const Status status = dialogues->desk.predictor(name).status();
      if (!status.ok()) log_error("not opened ahead: {}", status.message());
    });
  }
}

void Server::Impl::open_papers(const PaperOptions& options) {
  papers = std::make_unique<PaperBackend>(*options.library);
  questions = std::make_unique<QaTasks>(answers_of_library(options, backend->engine), QaLimits());
  answers = options.cache;
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options,
                                              engine::Engine& engine) {
  auto impl = std::make_unique<Impl>();
  QUERN_ASSIGN(ModelNames names, ModelNames::make(options.models, engine));
  impl->backend =
      std::make_shared<Backend>(engine, std::move(names), impl->tasks, options.max_inputs,
                                options.max_pairs, options.max_in_flight, options.max_queue);
  if (!options.home.empty()) {
    impl->collections = std::make_unique<CollectionBackend>(engine, options.home);
    impl->claims =
        std::make_unique<ClaimsBackend>(*impl->backend, options.home, options.claims_model,
                                        options.claims_embedder, options.max_waiting_claims);
  }
  if (!options.dialogue.files.empty()) {
    impl->dialogues = std::make_unique<DialogueBackend>(engine, options.dialogue);
  }
  if (options.papers.library != nullptr) impl->open_papers(options.papers);
  const std::string api_key = api_key_of(options);
  QUERN_ASSIGN(HostGuard guard, guard_of(options, api_key));
  // Where no path is known, as of a question that is too long for a URL.
  const ErrorWriter usual = options.papers.library != nullptr ? s2_error_writer() : openai_error;
  impl->router = std::make_unique<Router>(api_key, std::move(guard), usual);
  impl->host = options.http.host;
  impl->add_routes();

  HttpServerOptions http = options.http;
  if (http.ledger == nullptr) http.ledger = &engine.ledger();
  http.on_finished = [backend = impl->backend,
                      also = options.http.on_finished](const Finished& finished) {
    backend->metrics.request_finished(finished);
    if (also) also(finished);
  };
  http.error_writer = [raw = impl.get()](std::string_view path) {
    return raw->router->error_writer(path);
  };
  http.objection = [raw = impl.get()](const Request& head) { return raw->router->objection(head); };
  QUERN_ASSIGN(impl->http, HttpServer::start(http, [raw = impl.get()](std::shared_ptr<Exchange> x) {
                 raw->backend->metrics.request_started();
                 raw->router->handle(x);
               }));
  impl->running = impl->http.get();
  if (impl->claims != nullptr) impl->claims->runner.start();
  impl->preload(options.preload);
  impl->open_dialogues(options.dialogue);
  if (options.summary_every.count() > 0) {
    impl->summary = std::make_unique<SummaryLog>(impl->backend->metrics, options.summary_every);
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() { stop(std::chrono::milliseconds(0)); }

int Server::port() const { return impl_->http->port(); }

std::string Server::url() const {
  const bool is_v6 = impl_->host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", is_v6 ? "[" : "", impl_->host, is_v6 ? "]" : "", port());
}

void Server::begin_drain() { impl_->backend->is_draining = true; }

bool Server::stop(std::chrono::milliseconds patience) {
  begin_drain();
  return impl_->http->stop(patience);
}

}  // namespace quern::serve
