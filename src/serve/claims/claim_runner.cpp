#include "serve/claims/claim_runner.h"

#include <chrono>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "apps/claims/claim_json.h"
#include "base/log.h"
#include "base/unix_time.h"
#include "serve/json/json_text.h"
#include "serve/random_id.h"

namespace quern::serve {
namespace {

/// What a task says beside the verdict: {"total_ms","corpora","warnings"}.
std::string notes_of(const VerifiedClaim& verified) {
  std::string out = fmt::format("{{\"total_ms\":{},", verified.total_ms);
  append_json_strings(out, "corpora", verified.corpora);
  out += ',';
  append_json_strings(out, "warnings", verified.warnings);
  return out + "}";
}

Problem read_texts(JsonValue value, std::string_view key, std::vector<std::string>& out) {
  return read_list(value, {key}, "a list of texts", [&](JsonValue item, const JsonPlace& at) {
    return read_string(item, at, out.emplace_back());
  });
}

Status read_notes(std::string notes, VerifiedClaim& out) {
  const Problem problem = read_fields(notes, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "corpora") return read_texts(value, key, out.corpora);
    if (key == "warnings") return read_texts(value, key, out.warnings);
    if (key != "total_ms") return skip_json(value, {key});
    float ms = 0;
    if (Problem bad = read_number(value, {key}, 0, 1e12, ms)) return bad;
    out.total_ms = double{ms};
    return {};
  });
  return problem ? Status(Code::kBadInput, "a task's notes: " + problem->message) : Status();
}

/// A line of the log for programs.
void log_event(const apps::ClaimTask& task, const VerifiedClaim& verified) {
  const apps::ClaimResult& result = verified.result;
  std::string line = "{\"event\":\"claim_verified\",\"claim_id\":";
  append_json_string(line, verified.claim_id);
  line += ",\"task_id\":";
  append_json_string(line, task.id);
  line += fmt::format(
      ",\"verdict\":\"{}\",\"confidence\":{:.4f},\"evidence\":{},\"embed_ms\":{:.2f},"
      "\"retrieve_ms\":{:.2f},\"nli_ms\":{:.2f},\"total_ms\":{:.2f}}}",
      apps::verdict_name(told_verdict(verified)), result.judgement.confidence,
      result.evidence.size(), result.timings.embed_ms, result.timings.retrieve_ms,
      result.timings.nli_ms, verified.total_ms);
  log_info("{}", line);
}

void log_failure(const apps::ClaimTask& task, const Status& why) {
  std::string line = "{\"event\":\"claim_failed\",\"claim_id\":";
  append_json_string(line, task.claim);
  line += ",\"task_id\":";
  append_json_string(line, task.id);
  line += ",\"error\":";
  append_json_string(line, why.message());
  log_warn("{}}}", line);
}

}  // namespace

ClaimRunner::ClaimRunner(ClaimsDesk& desk, Metrics& metrics, std::size_t max_waiting)
    : desk_(desk), metrics_(metrics), max_waiting_(max_waiting) {}

ClaimRunner::~ClaimRunner() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ClaimRunner::start() {
  if (desk_.has_books()) {
    const Status taken = desk_.with_books([&](ClaimsDesk::Books books) -> Status {
      QUERN_ASSIGN(const std::vector<apps::ClaimTask> left, books.tasks.unfinished());
      return left.empty() ? Status() : own(books);
    });
    if (!taken.ok()) log_warn("tasks of claims are not taken up: {}", taken.message());
  }
  thread_ = std::thread([this] { main(); });
}

/// Every task that is not over is this server's from here on, or another server has the lock.
Status ClaimRunner::own(ClaimsDesk::Books books) {
  if (lock_) return {};
  auto taken = store::WriterLock::take(desk_.lock_path(), "quern serve");
  if (!taken.ok()) {
    log_debug("claims are not verified here: {}", taken.status().message());
    if (taken.status().code() != Code::kUnavailable) return taken.status();
    return {Code::kUnavailable, "another server verifies the claims of this home"};
  }
  lock_ = std::move(*taken);
  if (const Status left = take_up(books); !left.ok()) {
    log_error("tasks of claims that were not over are not taken up: {}", left.message());
  }
  return {};
}

Status ClaimRunner::take_up(ClaimsDesk::Books books) {
  QUERN_ASSIGN(const std::vector<apps::ClaimTask> left, books.tasks.unfinished());
  const std::lock_guard lock(mutex_);
  for (const apps::ClaimTask& task : left) {
    waiting_.push_back(task);
    running_.insert(task.id);
  }
  changed_.notify_one();
  return {};
}

bool ClaimRunner::is_running(const std::string& task) {
  const std::lock_guard lock(mutex_);
  return running_.contains(task);
}

void ClaimRunner::bury(ClaimsDesk::Books books, apps::ClaimTask& task) {
  // Its thread writes that it is over before it leaves running_, and both need the books.
  if (task.completed_ms != 0 || !own(books).ok() || is_running(task.id)) return;
  task.state = apps::TaskState::kFailed;
  task.error = "it ended without a verdict that could be kept";
  task.completed_ms = unix_ms_now();
  const Status kept = books.tasks.update_task(task);
  if (!kept.ok()) log_warn("the end of task {} is not kept: {}", task.id, kept.message());
}

Result<ClaimRunner::Made> ClaimRunner::make_task(const VerifyRequest& request, When when) {
  Made made;
  made.task.id = random_id("task");
  made.task.claim = request.claim_id;
  made.task.request = verify_request_json(request);
  made.task.created_ms = unix_ms_now();
  QUERN_TRY(
      desk_.with_books([&](ClaimsDesk::Books books) { return begin(books, request, when, made); }));
  return made;
}

Status ClaimRunner::begin(ClaimsDesk::Books books, const VerifyRequest& request, When when,
                          Made& made) {
  QUERN_TRY(own(books));
  const auto known = books.tasks.find(request.claim_id);
  if (!known.ok() && known.status().code() != Code::kNotFound) return known.status();
  if (known.ok() && known->text != request.claim_text) {
    made.how = Making::kOtherText;
    return {};
  }
  QUERN_ASSIGN(auto newest, books.tasks.newest_task(request.claim_id));
  if (newest) bury(books, *newest);
  if (newest && newest->completed_ms == 0) {
    made = {.how = Making::kIsRunning, .task = std::move(*newest)};
    return {};
  }
  {
    const std::lock_guard lock(mutex_);
    if (when == When::kLater && waiting_.size() >= max_waiting_) {
      made.how = Making::kTooMany;
      return {};
    }
  }
  QUERN_TRY(books.tasks.put(
      {.id = request.claim_id, .text = request.claim_text, .at_ms = made.task.created_ms}));
  QUERN_TRY(books.tasks.forget_old(kKeptTasks));
  QUERN_TRY(books.tasks.add_task(made.task));
  const std::lock_guard lock(mutex_);
  running_.insert(made.task.id);
  if (when == When::kLater) waiting_.push_back(made.task);
  changed_.notify_one();
  return {};
}

void ClaimRunner::fail(apps::ClaimTask task, const Status& why) noexcept {
  try {
    task.state = apps::TaskState::kFailed;
    task.error = why.message();
    task.completed_ms = unix_ms_now();
    const Status kept =
        desk_.with_books([&](ClaimsDesk::Books books) { return books.tasks.update_task(task); });
    log_failure(task, kept.ok() ? why : kept);
  } catch (const std::exception& e) {
    log_error("a task of claims failed, which is not kept: {}", e.what());  // bury() finds it.
  }
}

/// A task's verdict is there once, however often it was begun: it is a run of one line.
Status ClaimRunner::keep(const VerifiedClaim& verified, apps::ClaimTask& task) {
  return desk_.with_books([&](ClaimsDesk::Books books) -> Status {
    const apps::ClaimsDb::Addition addition = {.result = &verified.result,
                                               .row = {.run = "http/" + task.id, .line = 1}};
    QUERN_ASSIGN(const std::vector<std::int64_t> ids,
                 books.claims.add_all(std::span(&addition, 1), verified.calibration));
    task.state = apps::TaskState::kCompleted;
    task.progress = 100;
    task.completed_ms = unix_ms_now();
    task.verified = ids.front();
    task.notes = notes_of(verified);
    QUERN_TRY(books.tasks.update_task(task));
    return books.tasks.set_verified(task.claim, task.verified);
  });
}

Result<VerifiedClaim> ClaimRunner::run(apps::ClaimTask task) {
  const auto internal = [](const std::exception& e) {
    return Status(Code::kUnavailable, fmt::format("internal error: {}", e.what()));
  };
  Result<VerifiedClaim> verified = Status(Code::kUnavailable, "it was not begun");
  try {
    verified = verify(task);
  } catch (const std::exception& e) {
    verified = internal(e);
  }
  if (!verified.ok()) fail(task, verified.status());
  const std::lock_guard lock(mutex_);
  running_.erase(task.id);
  return verified;
}

Result<VerifiedClaim> ClaimRunner::verify(apps::ClaimTask& task) {
  VerifyRequest request;
  std::string body = task.request;
  if (const Problem problem = parse_verify_request(body, request)) {
    return {Code::kBadInput, problem->message};
  }
  task.state = apps::TaskState::kProcessing;
  const auto on_progress = [&](int percent) {
    task.progress = percent;
    const Status noted =
        desk_.with_books([&](ClaimsDesk::Books books) { return books.tasks.update_task(task); });
    if (!noted.ok()) log_warn("progress of task {} is not kept: {}", task.id, noted.message());
  };
  QUERN_ASSIGN(VerifiedClaim verified, desk_.verify(request, on_progress));
  QUERN_TRY(keep(verified, task));
  verified.at_ms = task.completed_ms;
  verified.stored = task.verified;
  metrics_.claim_verified(verified.total_ms / 1e3);
  metrics_.pairs_judged(static_cast<long>(verified.result.evidence.size()),
                        verified.result.timings.nli_ms / 1e3);
  log_event(task, verified);
  return verified;
}

Result<VerifiedClaim> ClaimRunner::result_of(const apps::ClaimTask& task) {
  VerifiedClaim out;
  QUERN_TRY(desk_.with_books([&](ClaimsDesk::Books books) -> Status {
    QUERN_ASSIGN(const apps::StoredClaim stored, books.claims.find(task.verified));
    QUERN_ASSIGN(out.result, apps::claim_from_json(stored.json));
    return {};
  }));
  VerifyRequest request;
  std::string body = task.request;
  if (const Problem problem = parse_verify_request(body, request)) {
    return {Code::kBadInput, fmt::format("task '{}': {}", task.id, problem->message)};
  }
  QUERN_TRY(read_notes(task.notes, out));
  out.claim_id = task.claim;
  out.stored = task.verified;
  out.at_ms = task.completed_ms;
  out.threshold = request.threshold;
  out.wants_reasoning = request.wants_reasoning;
  return out;
}

void ClaimRunner::main() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_over_ || !waiting_.empty(); });
    if (is_over_) return;
    const apps::ClaimTask task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    if (!run(task).ok()) log_debug("task {} failed", task.id);
    lock.lock();
  }
}

}  // namespace quern::serve
