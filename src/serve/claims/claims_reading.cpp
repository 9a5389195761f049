#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "serve/claims/claims_call.h"
#include "serve/claims/claims_requests.h"
#include "serve/claims/claims_responses.h"
#include "serve/claims/fastapi_error.h"

namespace quern::serve {
namespace {

/// What is known of a claim that was verified, as TruthGraph's lists have it; "" for nothing.
Result<std::string> short_verdict(ClaimsBackend& claims, const std::string& claim_id) {
  std::optional<apps::ClaimTask> task;
  QUERN_TRY(claims.desk.with_books([&](ClaimsDesk::Books books) -> Status {
    QUERN_ASSIGN(task, books.tasks.newest_verdict(claim_id));
    return {};
  }));
  if (!task) return std::string();
  QUERN_ASSIGN(const VerifiedClaim verified, claims.runner.result_of(*task));
  return verdict_json(verified);
}

void answer_task(Call& call, const apps::ClaimTask& task) {
  std::string result;
  if (task.state == apps::TaskState::kCompleted) {
    const Result<VerifiedClaim> verified = call.claims.runner.result_of(task);
    if (!verified.ok()) return call.fail(verified.status());
    result = verification_json(*verified);
  }
  call.x.respond({.body = task_json(task, result)});
}

/// The newest verdict of a claim, by `write`; 202 while there is none yet.
void answer_verdict(Call& call, std::string (*write)(const VerifiedClaim&)) {
  if (const auto problem = id_problem(call.rest)) return call.x.fail(*problem);
  std::optional<apps::ClaimTask> task;
  const Status read = call.claims.desk.with_books([&](ClaimsDesk::Books books) -> Status {
    QUERN_ASSIGN(task, books.tasks.newest_verdict(call.rest));
    if (task) return {};
    QUERN_ASSIGN(task, books.tasks.newest_task(call.rest));
    if (task) call.claims.runner.bury(books, *task);
    return {};
  });
  if (!read.ok()) return call.fail(read);
  if (task && task->completed_ms == 0) {
    return call.x.respond(
        {.status = 202,
         .body = fmt::format("{{\"detail\":\"Verification in progress. Please check again "
                             "later.\",\"status\":\"{}\"}}",
                             apps::task_state_name(task->state))});
  }
  if (!task || task->state == apps::TaskState::kFailed) {
    return call.x.fail(http_error(
        404, task ? fmt::format("claim '{}' could not be verified: {}", call.rest, task->error)
                  : fmt::format("no verification result found for claim '{}'", call.rest)));
  }
  const Result<VerifiedClaim> verified = call.claims.runner.result_of(*task);
  if (!verified.ok()) return call.fail(verified.status());
  call.x.respond({.body = write(*verified)});
}

}  // namespace

void handle_claims(Call& call) {
  PageRequest page;
  if (const auto problem = parse_page_request(call.x.request.query, page)) {
    return call.x.fail(unprocessable(*problem));
  }
  std::vector<apps::HandedClaim> claims;
  std::int64_t total = 0;
  const Status read = call.claims.desk.with_books([&](ClaimsDesk::Books books) -> Status {
    QUERN_ASSIGN(total, books.tasks.count());
    QUERN_ASSIGN(claims, books.tasks.list(page.n_skipped, page.n_most));
    return {};
  });
  if (!read.ok()) return call.fail(read);
  std::vector<std::string> items;
  for (const apps::HandedClaim& claim : claims) {
    const Result<std::string> verdict = short_verdict(call.claims, claim.id);
    if (!verdict.ok()) return call.fail(verdict.status());
    items.push_back(claim_json(claim, *verdict));
  }
  call.x.respond({.body = claims_page_json(items, total, page)});
}

void handle_claim(Call& call) {
  if (const auto problem = id_problem(call.rest)) return call.x.fail(*problem);
  apps::HandedClaim claim;
  const Status read = call.claims.desk.with_books([&](ClaimsDesk::Books books) -> Status {
    QUERN_ASSIGN(claim, books.tasks.find(call.rest));
    return {};
  });
  if (!read.ok()) return call.fail(read);
  const Result<std::string> verdict = short_verdict(call.claims, claim.id);
  if (!verdict.ok()) return call.fail(verdict.status());
  call.x.respond({.body = claim_json(claim, *verdict)});
}

void handle_task(Call& call) {
  if (const auto problem = id_problem(call.rest)) return call.x.fail(*problem);
  apps::ClaimTask task;
  const Status read = call.claims.desk.with_books([&](ClaimsDesk::Books books) -> Status {
    QUERN_ASSIGN(task, books.tasks.find_task(call.rest));
    call.claims.runner.bury(books, task);
    return {};
  });
  if (!read.ok()) return call.fail(read);
  answer_task(call, task);
}

void handle_result(Call& call) { answer_verdict(call, verification_json); }
void handle_verdict(Call& call) { answer_verdict(call, verdict_json); }

}  // namespace quern::serve
