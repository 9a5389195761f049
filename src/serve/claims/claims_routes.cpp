#include "serve/claims/claims_routes.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/unix_time.h"
#include "serve/claims/claims_call.h"
#include "serve/claims/claims_requests.h"
#include "serve/claims/claims_responses.h"
#include "serve/claims/fastapi_error.h"
#include "serve/json/json_text.h"
#include "serve/random_id.h"

namespace quern::serve {
namespace {

using BackendPtr = std::shared_ptr<Backend>;
using ClaimsPtr = ClaimsBackend*;  // Of the server: outlives its requests.
using ExchangePtr = std::shared_ptr<Exchange>;

constexpr int kThreads = 4;
constexpr std::string_view kPrefix = "/api/v1";

/// As a UUID (version 4), which is what the ids of these routes look like.
std::string new_claim_id() {
  std::string hex = random_id("");
  hex.erase(0, hex.size() - 32);
  hex[12] = '4';
  hex[16] = "89ab"[static_cast<unsigned char>(hex[16]) % 4];
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

void handle_new_claim(Call& call) {
  ClaimRequest request;
  if (const auto problem = parse_claim_request(call.body, request)) {
    return call.x.fail(unprocessable(*problem));
  }
  if (const Status status = apps::check_claim(request.text); !status.ok()) {
    return call.x.fail(unprocessable(bad_request(status.message(), "text")));
  }
  const apps::HandedClaim claim = {.id = new_claim_id(),
                                   .text = request.text,
                                   .source_url = request.source_url,
                                   .at_ms = unix_ms_now()};
  const Status kept =
      call.claims.desk.with_books([&](ClaimsDesk::Books books) { return books.tasks.put(claim); });
  if (!kept.ok()) return call.fail(kept);
  call.x.respond({.status = 201, .body = claim_json(claim, "")});
}

/// The text of a claim that is known, where a request has none.
Status complete_text(Call& call, VerifyRequest& request) {
  if (request.claim_text.empty()) {
    QUERN_TRY(call.claims.desk.with_books([&](ClaimsDesk::Books books) -> Status {
      QUERN_ASSIGN(const apps::HandedClaim claim, books.tasks.find(request.claim_id));
      request.claim_text = claim.text;
      return {};
    }));
  }
  return apps::check_claim(request.claim_text);
}

/// Of evidence that is given. False where it has answered that there is something wrong with it.
bool has_good_evidence(const Call& call, const VerifyRequest& request) {
  if (!request.evidence) return true;
  const Status status = apps::sentences_of_given(*request.evidence).status();
  if (status.ok()) return true;
  if (status.code() != Code::kBadInput) {
    call.fail(status);
  } else {
    call.x.fail(unprocessable(bad_request(status.message(), "evidence")));
  }
  return false;
}

void fail_text(const Call& call, const Status& status) {
  if (status.code() != Code::kBadInput) return call.fail(status);
  call.x.fail(unprocessable(bad_request(status.message(), "claim_text")));
}

/// Nothing where it has answered that there is no task to run.
std::optional<apps::ClaimTask> new_task(Call& call, const VerifyRequest& request,
                                        ClaimRunner::When when) {
  using Making = ClaimRunner::Making;
  auto made = call.claims.runner.make_task(request, when);
  if (!made.ok()) {
    call.fail(made.status());
  } else if (made->how == Making::kIsRunning) {
    call.x.respond({.status = 409, .body = task_json(made->task, "")});
  } else if (made->how == Making::kOtherText) {
    call.x.fail(
        http_error(409, fmt::format("claim '{}' has another text already", request.claim_id)));
  } else if (made->how == Making::kTooMany) {
    HttpError error = http_error(429, fmt::format("{} claims wait to be verified, as many as may",
                                                  call.claims.runner.max_waiting()));
    error.retry_after_s = 5;
    call.x.fail(error);
  } else {
    return std::move(made->task);
  }
  return {};
}

void handle_verify_later(Call& call) {
  const std::string id = call.rest.substr(0, call.rest.rfind('/'));
  if (const auto problem = id_problem(id)) return call.x.fail(*problem);
  VerifyRequest request;
  if (!call.body.empty()) {
    if (const auto problem = parse_verify_request(call.body, request)) {
      return call.x.fail(unprocessable(*problem));
    }
  }
  if (!request.claim_id.empty() && request.claim_id != id) {
    return call.x.fail(bad_request(
        fmt::format("the path's claim_id '{}' is not the request's '{}'", id, request.claim_id)));
  }
  request.claim_id = id;
  if (!has_good_evidence(call, request)) return;
  if (const Status status = complete_text(call, request); !status.ok()) {
    return fail_text(call, status);
  }
  if (const auto task = new_task(call, request, ClaimRunner::When::kLater)) {
    call.x.respond({.status = 202, .body = task_json(*task, "")});
  }
}

void handle_verify_now(Call& call) {
  VerifyRequest request;
  if (const auto problem = parse_verify_request(call.body, request)) {
    return call.x.fail(unprocessable(*problem));
  }
  if (request.claim_id.empty() && request.claim_text.empty()) {
    return call.x.fail(
        unprocessable(bad_request("is missing, wanted a claim or the id of one", "claim_text")));
  }
  if (!has_good_evidence(call, request)) return;
  if (request.claim_id.empty()) request.claim_id = new_claim_id();
  if (const Status status = complete_text(call, request); !status.ok()) {
    return fail_text(call, status);
  }
  const auto task = new_task(call, request, ClaimRunner::When::kNow);
  if (!task) return;
  const Result<VerifiedClaim> verified = call.claims.runner.run(*task);
  if (!verified.ok()) return call.fail(verified.status());
  call.x.respond({.body = verify_answer_json(*verified)});
}

void handle_post_of_claim(Call& call) {
  if (call.rest.ends_with("/verify") && call.rest.size() > std::string_view("/verify").size()) {
    return handle_verify_later(call);
  }
  call.x.fail(http_error(404, "Not Found"));
}

using Handle = void (*)(Call&);

/// Runs `handle` where it may wait. Refused where too many requests wait.
void run_call(const BackendPtr& backend, ClaimsPtr claims, const ExchangePtr& exchange,
              const std::string& begin, Handle handle) {
  if (const auto full = enter_engine(*backend, 1)) return exchange->fail(*full);
  claims->threads.add([=] {
    if (!exchange->is_gone()) {
      Call call{.backend = *backend,
                .claims = *claims,
                .x = *exchange,
                .rest = exchange->request.path.substr(begin.size()),
                .body = std::exchange(exchange->request.body, {})};
      if (call.rest.ends_with('/')) call.rest.pop_back();
      try {
        handle(call);
      } catch (const std::exception& e) {
        exchange->fail(http_error(500, fmt::format("internal error: {}", e.what())));
      }
    }
    backend->queue.leave(1);
  });
}

struct ClaimRoute {
  const char* method;
  const char* pattern;
  Handle handle;
};

constexpr ClaimRoute kRoutes[] = {
    {"POST", "/claims", handle_new_claim},    {"GET", "/claims", handle_claims},
    {"GET", "/claims/*", handle_claim},       {"POST", "/claims/*", handle_post_of_claim},
    {"GET", "/tasks/*", handle_task},         {"GET", "/verdicts/*", handle_result},
    {"GET", "/verdict/*", handle_verdict},    {"POST", "/verify", handle_verify_now},
    {"POST", "/embed", handle_embed},         {"POST", "/search", handle_search},
    {"POST", "/nli/batch", handle_nli_batch}, {"POST", "/nli", handle_nli},
};

}  // namespace

ClaimsBackend::ClaimsBackend(Backend& backend, const std::string& home, const std::string& model,
                             std::string embedding_model, std::size_t max_waiting)
    : scans(backend.engine.n_threads()),
      desk(backend.engine, scans, home, model, embedding_model),
      runner(desk, backend.metrics, max_waiting),
      embedder(std::move(embedding_model)),
      threads(kThreads) {}

void add_claims_routes(Router& router, const BackendPtr& backend, ClaimsBackend& claims) {
  for (const std::string_view prefix : {std::string_view(), kPrefix}) {
    for (const ClaimRoute& route : kRoutes) {
      std::string pattern = std::string(prefix) + route.pattern;
      std::string begin = pattern;
      if (begin.ends_with('*')) begin.pop_back();
      router.add({.method = route.method,
                  .pattern = std::move(pattern),
                  .access = Access::kWithKey,
                  .write_error = fastapi_error,
                  .handler = [backend, here = &claims, begin = std::move(begin),
                              handle = route.handle](const auto& exchange) {
                    run_call(backend, here, exchange, begin, handle);
                  }});
    }
  }
}

}  // namespace quern::serve
