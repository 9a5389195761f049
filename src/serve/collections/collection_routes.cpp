#include "serve/collections/collection_routes.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "apps/fusion_fitting.h"
#include "apps/schema_text.h"
#include "apps/store_model.h"
#include "serve/collections/collection_requests.h"
#include "serve/collections/collection_responses.h"
#include "serve/collections/openapi.h"
#include "serve/openai/openai_error.h"

namespace quern::serve {
namespace {

using BackendPtr = std::shared_ptr<Backend>;
// Of the server: outlives its requests, and what it runs.
using CollectionsPtr = CollectionBackend*;
using ExchangePtr = std::shared_ptr<Exchange>;

constexpr const char* kPrefix = "/v1/collections/";
constexpr int kMaxDocuments = 10'000;  // Of one request, ids to delete likewise.
constexpr int kSearchThreads = 4;

/// What is behind the prefix: a name, and what of that collection.
struct Target {
  std::string name;
  std::string part;  // "", "documents", "search", "stats", ...
};

Target target_of(const std::string& path) {
  const std::string rest = path.substr(std::string_view(kPrefix).size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string::npos) return {.name = rest, .part = {}};
  return {.name = rest.substr(0, slash), .part = rest.substr(slash + 1)};
}

HttpError not_served(const Exchange& exchange) {
  return http_error(404, fmt::format("nothing is served at {} {}", exchange.request.method,
                                     exchange.request.path));
}

HttpError is_there_already(const std::string& name) {
  HttpError error = http_error(409, fmt::format("collection '{}' is there already", name));
  error.code = "already_exists";
  return error;
}

/// Runs `fn` where it may wait; how it ends is the exchange's answer. Refused where too many wait.
void run_search_task(const BackendPtr& backend, CollectionsPtr collections,
                     const ExchangePtr& exchange, std::function<void(Exchange&)> fn) {
  if (const auto full = enter_engine(*backend, 1)) return exchange->fail(*full);
  collections->searches.add([backend, exchange, fn = std::move(fn)] {
    if (!exchange->is_gone()) {
      try {
        fn(*exchange);
      } catch (const std::exception& e) {
        exchange->fail(http_error(500, fmt::format("internal error: {}", e.what())));
      }
    }
    backend->queue.leave(1);
  });
}

Result<apps::CollectionWish> wish_of(const CreateRequest& request, Backend& backend) {
  apps::CollectionWish wish;
  QUERN_ASSIGN(wish.schema,
               apps::schema_from_text(request.fields, request.analyzer, request.k1, request.b));
  QUERN_ASSIGN(wish.schema.attributes, apps::attributes_from_text(request.attributes));
  QUERN_ASSIGN(wish.metric, store::metric_from_name(request.metric));
  QUERN_ASSIGN(const store::LongTexts long_texts, store::long_texts_from_name(request.long_texts));
  wish.d_given = request.given_dimensions;
  if (request.model.empty()) return wish;
  wish.model.emplace();
  QUERN_ASSIGN(wish.model->model, backend.names.engine_name(request.model));
  wish.model->metric = wish.metric;
  wish.model->dimensions = request.dimensions;
  wish.model->text_prompt = request.text_prompt;
  wish.model->query_prompt = request.query_prompt;
  wish.model->long_texts = long_texts;
  return wish;
}

void answer_with_state(apps::Collection& collection, Exchange& exchange, int status = 200) {
  const auto state = collection.state();
  if (!state.ok()) return exchange.fail(error_of(state.status()));
  exchange.respond({.status = status, .body = collection_json(collection, *state)});
}

void handle_create(const BackendPtr& backend, CollectionsPtr collections,
                   const ExchangePtr& exchange) {
  CreateRequest request;
  std::string body = std::exchange(exchange->request.body, {});
  if (const auto problem = parse_create_request(body, request)) return exchange->fail(*problem);
  run_search_task(backend, collections, exchange, [=](Exchange& x) {
    const auto wish = wish_of(request, *backend);
    if (!wish.ok()) return x.fail(error_of(wish.status()));
    const auto made = collections->collections.create(request.name, *wish);
    if (!made.ok()) return x.fail(error_of(made.status()));
    if (*made == nullptr) return x.fail(is_there_already(request.name));
    answer_with_state(**made, x, 201);
  });
}

void handle_list(const BackendPtr& backend, CollectionsPtr collections,
                 const ExchangePtr& exchange) {
  run_search_task(backend, collections, exchange, [=](Exchange& x) {
    const auto names = collections->collections.names();
    if (!names.ok()) return x.fail(error_of(names.status()));
    std::string body = R"({"object":"list","data":[)";
    for (const std::string& name : *names) {
      // A name has no character to escape.
      body += fmt::format(R"({}{{"object":"collection","name":"{}"}})",
                          body.back() == '[' ? "" : ",", name);
    }
    x.respond({.body = body + "]}"});
  });
}

void handle_stats(const BackendPtr& backend, CollectionsPtr collections,
                  const ExchangePtr& exchange, const Target& target) {
  run_search_task(backend, collections, exchange, [=](Exchange& x) {
    const auto found = collections->collections.find(target.name);
    if (!found.ok()) return x.fail(error_of(found.status()));
    answer_with_state(**found, x);
  });
}

void handle_remove(const BackendPtr& backend, CollectionsPtr collections,
                   const ExchangePtr& exchange, const Target& target) {
  run_search_task(backend, collections, exchange, [=](Exchange& x) {
    const Status removed = collections->collections.remove(target.name);
    if (!removed.ok()) return x.fail(error_of(removed));
    x.respond({.body = fmt::format(R"({{"object":"collection","name":"{}","deleted":true}})",
                                   target.name)});
  });
}

/// What becomes of documents' own vectors. Errors: HTTP's, naming the field.
std::optional<HttpError> choose_vectors(const DocumentsRequest& request,
                                        const store::SpaceRow* active, apps::GivenVectors& out) {
  out = request.vectors.value_or(apps::given_vectors_for(active));
  if (out != apps::GivenVectors::kTake) return {};
  const Status takes = apps::check_takes_given(active);
  if (takes.ok()) return {};
  return bad_request(fmt::format("vectors: the collection takes none: {}", takes.message()),
                     "vectors");
}

std::vector<apps::SourceDocument> documents_of(const DocumentsRequest& request,
                                               const store::Schema& schema,
                                               apps::GivenVectors vectors) {
  std::vector<apps::SourceDocument> out;
  for (std::size_t i = 0; i < request.documents.size(); ++i) {
    apps::SourceDocument& source = out.emplace_back();
    source.where = fmt::format("documents[{}]", i);
    source.n_bytes = request.documents[i].size();
    auto document = apps::document_from_line(request.documents[i], schema, vectors);
    source.status = document.status();
    if (document.ok()) source.document = std::move(*document);
  }
  return out;
}

// The answer comes from the thread that writes.
void handle_add(const BackendPtr& backend, CollectionsPtr collections, const ExchangePtr& exchange,
                const Target& target) {
  auto request = std::make_shared<DocumentsRequest>();
  std::string body = std::exchange(exchange->request.body, {});
  if (const auto problem = parse_documents_request(body, kMaxDocuments, *request)) {
    return exchange->fail(*problem);
  }
  run_search_task(backend, collections, exchange, [=](Exchange& x) {
    const auto found = collections->collections.find(target.name);
    if (!found.ok()) return x.fail(error_of(found.status()));
    const auto state = (*found)->state();
    if (!state.ok()) return x.fail(error_of(state.status()));
    apps::GivenVectors vectors = apps::GivenVectors::kIgnore;
    if (const auto problem = choose_vectors(*request, state->snapshot->active_space(), vectors)) {
      return x.fail(*problem);
    }
    (*found)->add(documents_of(*request, (*found)->schema(), vectors),
                  [exchange](Result<apps::IngestReport> report, std::vector<std::string> refused) {
                    if (!report.ok()) return exchange->fail(error_of(report.status()));
                    exchange->respond({.body = report_json(*report, refused)});
                  });
  });
}

void erase(const BackendPtr& backend, CollectionsPtr collections, const ExchangePtr& exchange,
           const Target& target, std::vector<std::string> ids) {
  run_search_task(backend, collections, exchange, [=](Exchange& x) {
    const auto found = collections->collections.find(target.name);
    if (!found.ok()) return x.fail(error_of(found.status()));
    (*found)->erase(ids, [exchange](const Result<apps::ErasureReport>& report) {
      if (!report.ok()) return exchange->fail(error_of(report.status()));
      exchange->respond({.body = erasure_json(*report)});
    });
  });
}

void handle_erase(const BackendPtr& backend, CollectionsPtr collections,
                  const ExchangePtr& exchange, const Target& target) {
  std::vector<std::string> ids;
  std::string body = std::exchange(exchange->request.body, {});
  if (const auto problem = parse_erase_request(body, kMaxDocuments, ids)) {
    return exchange->fail(*problem);
  }
  erase(backend, collections, exchange, target, std::move(ids));
}

// What is only known once there is a collection. Errors: HTTP's.
std::optional<HttpError> complete(SearchRequest& request, apps::Collection& collection,
                                  Backend& backend, const Exchange& exchange) {
  using Clock = Exchange::Clock;
  apps::Ask& ask = request.ask;
  if (!request.filter.empty()) {
    auto filter = store::parse_filter(request.filter, collection.schema().attributes);
    if (!filter.ok()) return bad_request("filter: " + filter.status().message(), "filter");
    ask.filter = std::move(*filter);
  }
  if (ask.diversity && ask.n_children) {
    return bad_request("diversity: has no place among groups, each parent comes once", "diversity");
  }
  if (request.wants_fitted) {
    const auto state = collection.state();
    if (!state.ok()) return error_of(state.status());
    const auto learnt = apps::learnt_fusion(*state->snapshot);
    if (!learnt.ok()) return error_of(learnt.status());
    if (!learnt->choice) {
      return bad_request(
          "fusion: " + (learnt->why_not.empty() ? "none was learnt: 'quern store fit' learns one"
                                                : learnt->why_not),
          "fusion");
    }
  }
  ask.deadline = exchange.deadline;
  if (!request.rerank.empty()) {
    const auto name = backend.names.engine_name(request.rerank);
    if (!name.ok()) {
      HttpError error = model_error(name.status());
      error.param = "rerank";
      return error;
    }
    ask.rerank =
        apps::RerankWish{.model = *name, .n_texts = static_cast<std::size_t>(request.n_reranked)};
  }
  if (request.deadline_ms > 0) {
    const auto own = Clock::now() + std::chrono::milliseconds(request.deadline_ms);
    ask.deadline = std::min(*ask.deadline, own);
  }
  return {};
}

void handle_search(const BackendPtr& backend, CollectionsPtr collections,
                   const ExchangePtr& exchange, const Target& target) {
  auto request = std::make_shared<SearchRequest>();
  std::string body = std::exchange(exchange->request.body, {});
  if (const auto problem = parse_search_request(body, *request)) return exchange->fail(*problem);
  run_search_task(backend, collections, exchange, [=](Exchange& x) {
    const auto found = collections->collections.find(target.name);
    if (!found.ok()) return x.fail(error_of(found.status()));
    if (const auto problem = complete(*request, **found, *backend, x)) {
      return x.fail(*problem);
    }
    const Result<apps::Retrieved> answer = (*found)->search(request->ask);
    if (!answer.ok()) return x.fail(error_of(answer.status()));
    const auto state = (*found)->state();
    if (!state.ok()) return x.fail(error_of(state.status()));
    x.respond({.body = search_json(*answer, *state)});
  });
}

void handle_one(const BackendPtr& backend, CollectionsPtr collections,
                const ExchangePtr& exchange) {
  constexpr std::string_view kDocument = "documents/";
  const Target target = target_of(exchange->request.path);
  const std::string& method = exchange->request.method;
  if (method == "POST" && target.part == "documents") {
    return handle_add(backend, collections, exchange, target);
  }
  if (method == "POST" && target.part == "search") {
    return handle_search(backend, collections, exchange, target);
  }
  if (method == "DELETE" && target.part == "documents") {
    return handle_erase(backend, collections, exchange, target);
  }
  if (method == "DELETE" && target.part.starts_with(kDocument) &&
      target.part.size() > kDocument.size()) {
    return erase(backend, collections, exchange, target, {target.part.substr(kDocument.size())});
  }
  if (method == "DELETE" && target.part.empty()) {
    return handle_remove(backend, collections, exchange, target);
  }
  const bool is_read = method == "GET" || method == "HEAD";
  if (is_read && (target.part.empty() || target.part == "stats")) {
    return handle_stats(backend, collections, exchange, target);
  }
  exchange->fail(not_served(*exchange));
}

apps::CollectionParts parts_of(engine::Engine& engine, ThreadPool& scans, const std::string& home) {
  apps::CollectionParts parts;
  parts.engine = &engine;
  parts.pool = &scans;
  parts.log.folder = home + "/vectors";
  parts.log.ledger = &engine.ledger();
  return parts;
}

}  // namespace

CollectionBackend::CollectionBackend(engine::Engine& engine, const std::string& home)
    : scans(engine.n_threads()),
      collections(parts_of(engine, scans, home), home + "/collections"),
      searches(kSearchThreads) {}

void add_collection_routes(Router& router, const BackendPtr& backend,
                           CollectionBackend& collections) {
  using Handle = void (*)(const BackendPtr&, CollectionsPtr, const ExchangePtr&);
  const auto add = [&](const char* method, std::string pattern, Handle handle) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = Access::kWithKey,
                .write_error = openai_error,
                .handler = [backend, here = &collections, handle](const auto& exchange) {
                  handle(backend, here, exchange);
                }});
  };
  add("GET", "/v1/collections", handle_list);
  add("POST", "/v1/collections", handle_create);
  for (const char* method : {"GET", "POST", "DELETE"}) {
    add(method, std::string(kPrefix) + "*", handle_one);
  }
  router.add({.method = "GET",
              .pattern = "/openapi.json",
              .access = Access::kPublic,
              .write_error = openai_error,
              .handler = [](const auto& exchange) {
                exchange->respond({.body = std::string(openapi_json())});
              }});
}

}  // namespace quern::serve
