#include "apps/claims/claim_batch.h"

#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "apps/claims/claim_lines.h"
#include "base/elapsed.h"
#include "base/sha256.h"

namespace quern::apps {
namespace {

/// A line on its way: what is known of it so far.
struct Pending {
  BatchLine line;
  std::string json = {};  // "": to be judged.
  Status status = {};
  ClaimAsk ask = {};
};

// What is wrong with the claim itself: the run goes on without it.
bool is_own_fault(const Status& status) {
  return status.code() == Code::kBadInput || status.code() == Code::kTooLarge ||
         status.code() == Code::kUnsupported;
}

Status fail(Pending& pending, const std::string& id, const Status& status) {
  if (!is_own_fault(status)) return status;
  pending.status = status;
  pending.json = json_from_failure(id, pending.line.n_line, status);
  return {};
}

// Most sentences of given evidence that wait in memory for the model, beyond those of one claim.
constexpr std::size_t kMostWaiting = 4'096;

ClaimRow row_of(const ClaimBatchJob& job, const BatchLine& line) {
  return {.run = job.run,
          .line = line.n_line,
          .input = sha256_hex(std::as_bytes(std::span(line.text)))};
}

// The claim's JSON with its line behind its id. Quotes inside the id are escaped, so that what is
// looked for stands behind it.
std::string with_line(std::string json, std::int64_t n_line) {
  return json.insert(json.find(R"(,"claim":)"), fmt::format(R"(,"line":{})", n_line));
}

std::size_t n_given(const Pending& pending) {
  return pending.ask.evidence ? pending.ask.evidence->size() : 0;
}

// Looks a line up among what the run has judged before, or makes a claim of it.
Status take_up(const ClaimBatchJob& job, Pending& pending, ClaimBatchReport& report) {
  if (job.db != nullptr) {
    QUERN_ASSIGN(std::optional<std::string> kept, job.db->json_of_row(row_of(job, pending.line)));
    if (kept) {
      pending.json = with_line(std::move(*kept), pending.line.n_line);
      ++report.n_kept_before;
      return {};
    }
  }
  Result<ClaimLine> claim = claim_from_line(pending.line.text);
  if (!claim.ok()) return fail(pending, id_of_line(pending.line.text), claim.status());
  pending.ask = std::move(claim->ask);
  pending.ask.wish = job.wish;
  return {};
}

Status keep(const ClaimBatchJob& job, std::span<Result<ClaimResult>> results,
            std::span<Pending* const> asked) {
  if (job.db == nullptr) return {};
  std::vector<ClaimsDb::Addition> additions;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!results[i].ok()) continue;
    additions.push_back({.result = &*results[i], .row = row_of(job, asked[i]->line)});
  }
  if (additions.empty()) return {};
  const auto start = std::chrono::steady_clock::now();
  QUERN_TRY(job.db->add_all(additions, job.verifier->calibration()).status());
  const double ms = ms_since(start);
  for (Result<ClaimResult>& result : results) {
    if (!result.ok()) continue;
    result->timings.database_ms = ms / static_cast<double>(additions.size());
    result->timings.total_ms += result->timings.database_ms;
  }
  return {};
}

Status judge_chunk(const ClaimBatchJob& job, std::vector<Pending>& chunk) {
  std::vector<Pending*> asked;
  std::vector<ClaimAsk> asks;
  for (Pending& pending : chunk) {
    if (!pending.json.empty()) continue;
    asked.push_back(&pending);
    asks.push_back(std::move(pending.ask));
  }
  std::vector<Result<ClaimResult>> results =
      job.verifier->verify_all(asks, engine::WorkClass::kBulk, job.is_stopped);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!results[i].ok()) QUERN_TRY(fail(*asked[i], asks[i].id, results[i].status()));
  }
  QUERN_TRY(keep(job, results, asked));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (results[i].ok()) {
      asked[i]->json = with_line(json_from_claim(*results[i], job.times), asked[i]->line.n_line);
    }
  }
  return {};
}

}  // namespace

Result<ClaimBatchReport> verify_batch(const ClaimBatchJob& job) {
  ClaimBatchReport report;
  for (bool is_over = false; !is_over;) {
    std::vector<Pending> chunk;
    for (std::size_t n_waiting = 0; chunk.size() < job.n_together && n_waiting < kMostWaiting;
         n_waiting += n_given(chunk.back())) {
      if (job.is_stopped && job.is_stopped()) {
        report.was_stopped = true;
        return report;
      }
      QUERN_ASSIGN(std::optional<BatchLine> line, job.next());
      is_over = !line;
      if (is_over) break;
      chunk.push_back({.line = std::move(*line)});
      QUERN_TRY(take_up(job, chunk.back(), report));
    }
    const Status judged = judge_chunk(job, chunk);
    if (judged.code() == Code::kCancelled && job.is_stopped && job.is_stopped()) {
      report.was_stopped = true;
      return report;
    }
    QUERN_TRY(judged);
    for (Pending& pending : chunk) {
      ++report.n_claims;
      report.n_failed += pending.status.ok() ? 0 : 1;
      QUERN_TRY(job.sink({.line = std::move(pending.line),
                          .json = std::move(pending.json),
                          .status = pending.status}));
    }
  }
  return report;
}

}  // namespace quern::apps
