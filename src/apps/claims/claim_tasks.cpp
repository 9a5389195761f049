#include "apps/claims/claim_tasks.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "apps/claims/claims_db.h"

namespace quern::apps {
namespace {

constexpr int kPatienceMs = 10'000;
constexpr const char* kSettings =
    "PRAGMA synchronous = FULL; PRAGMA cache_size = -1024; PRAGMA cell_size_check = ON;";

constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS handed_claim (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " text TEXT NOT NULL, source_url TEXT NOT NULL, at_ms INTEGER NOT NULL,"
    " verified INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS task (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " claim TEXT NOT NULL, request TEXT NOT NULL, state INTEGER NOT NULL,"
    " progress INTEGER NOT NULL, created_ms INTEGER NOT NULL, completed_ms INTEGER NOT NULL,"
    " verified INTEGER NOT NULL, notes TEXT NOT NULL, error TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS task_claim ON task (claim, n);"
    "CREATE INDEX IF NOT EXISTS task_state ON task (state, n);";

constexpr const char* kStates[] = {"pending", "processing", "completed", "failed"};

HandedClaim claim_of(const SqlStatement& row) {
  return {.id = row.bytes(0),
          .text = row.bytes(1),
          .source_url = row.bytes(2),
          .at_ms = row.number(3),
          .verified = row.number(4)};
}

Result<ClaimTask> task_of(const SqlStatement& row) {
  ClaimTask out;
  out.id = row.bytes(0);
  out.claim = row.bytes(1);
  out.request = row.bytes(2);
  const std::int64_t state = row.number(3);
  if (state < 0 || state >= std::ssize(kStates)) {
    return {Code::kBadInput, fmt::format("task '{}' is in state {}, want 0 to {}", out.id, state,
                                         std::ssize(kStates) - 1)};
  }
  out.state = static_cast<TaskState>(state);
  out.progress = static_cast<int>(row.number(4));
  out.created_ms = row.number(5);
  out.completed_ms = row.number(6);
  out.verified = row.number(7);
  out.notes = row.bytes(8);
  out.error = row.bytes(9);
  return out;
}

}  // namespace

const char* task_state_name(TaskState state) { return kStates[static_cast<std::size_t>(state)]; }

Result<std::unique_ptr<ClaimTasks>> ClaimTasks::open(const std::string& path) {
  // Makes the file and says whether it is one of claims.
  QUERN_TRY(ClaimsDb::open(path, Sql::Access::kCreate).status());
  std::unique_ptr<ClaimTasks> out(new ClaimTasks);
  QUERN_ASSIGN(out->sql_, Sql::open(path, Sql::Access::kCreate, kPatienceMs));
  QUERN_TRY(out->sql_.run(kSettings).in("'" + path + "'"));
  QUERN_TRY(out->sql_.run(kTables).in("'" + path + "'"));
  return out;
}

Status ClaimTasks::put(const HandedClaim& claim) {
  const Result<HandedClaim> known = find(claim.id);
  if (!known.ok() && known.status().code() != Code::kNotFound) return known.status();
  if (known.ok() && known->text != claim.text) {
    return {Code::kBadInput, fmt::format("claim '{}' has another text already", claim.id)};
  }
  QUERN_ASSIGN(SqlStatement put,
               sql_.prepare("INSERT INTO handed_claim (id, text, source_url, at_ms, verified)"
                            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                            " source_url = iif(source_url = '', excluded.source_url,"
                            " source_url)"));
  put.bind(1, claim.id).bind(2, claim.text).bind(3, claim.source_url);
  return put.bind(4, claim.at_ms).bind(5, claim.verified).run();
}

Result<HandedClaim> ClaimTasks::find(const std::string& id) {
  QUERN_ASSIGN(SqlStatement row, sql_.prepare("SELECT id, text, source_url, at_ms, verified"
                                              " FROM handed_claim WHERE id = ?"));
  row.bind(1, id);
  QUERN_ASSIGN(const bool is_there, row.step());
  if (!is_there) return {Code::kNotFound, fmt::format("no claim has the id '{}'", id)};
  return claim_of(row);
}

Result<std::vector<HandedClaim>> ClaimTasks::list(std::int64_t n_skipped, std::int64_t n_most) {
  QUERN_ASSIGN(SqlStatement rows,
               sql_.prepare("SELECT id, text, source_url, at_ms, verified FROM handed_claim"
                            " ORDER BY at_ms DESC, n DESC LIMIT ? OFFSET ?"));
  rows.bind(1, n_most).bind(2, n_skipped);
  std::vector<HandedClaim> out;
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return out;
    out.push_back(claim_of(rows));
  }
}

Result<std::int64_t> ClaimTasks::count() {
  return sql_.number("SELECT count(*) FROM handed_claim");
}

Status ClaimTasks::set_verified(const std::string& id, std::int64_t verified) {
  QUERN_ASSIGN(SqlStatement set, sql_.prepare("UPDATE handed_claim SET verified = ? WHERE id = ?"));
  return set.bind(1, verified).bind(2, id).run();
}

Status ClaimTasks::add_task(const ClaimTask& task) {
  QUERN_ASSIGN(SqlStatement add,
               sql_.prepare("INSERT INTO task (id, claim, request, state, progress, created_ms,"
                            " completed_ms, verified, notes, error)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  add.bind(1, task.id).bind(2, task.claim).bind(3, task.request);
  add.bind(4, static_cast<std::int64_t>(task.state)).bind(5, std::int64_t{task.progress});
  add.bind(6, task.created_ms).bind(7, task.completed_ms).bind(8, task.verified);
  return add.bind(9, task.notes).bind(10, task.error).run();
}

Status ClaimTasks::update_task(const ClaimTask& task) {
  QUERN_ASSIGN(SqlStatement set,
               sql_.prepare("UPDATE task SET state = ?, progress = ?, completed_ms = ?,"
                            " verified = ?, notes = ?, error = ? WHERE id = ?"));
  set.bind(1, static_cast<std::int64_t>(task.state)).bind(2, std::int64_t{task.progress});
  set.bind(3, task.completed_ms).bind(4, task.verified).bind(5, task.notes);
  return set.bind(6, task.error).bind(7, task.id).run();
}

Result<std::optional<ClaimTask>> ClaimTasks::first_task(const char* sql, const std::string& key) {
  QUERN_ASSIGN(SqlStatement row, sql_.prepare(sql));
  row.bind(1, key);
  QUERN_ASSIGN(const bool is_there, row.step());
  if (!is_there) return std::optional<ClaimTask>();
  QUERN_ASSIGN(ClaimTask task, task_of(row));
  return std::optional(std::move(task));
}

Result<ClaimTask> ClaimTasks::find_task(const std::string& id) {
  QUERN_ASSIGN(std::optional<ClaimTask> task,
               first_task("SELECT id, claim, request, state, progress, created_ms, completed_ms,"
                          " verified, notes, error FROM task WHERE id = ?",
                          id));
  if (!task) return {Code::kNotFound, fmt::format("no task has the id '{}'", id)};
  return std::move(*task);
}

Result<std::optional<ClaimTask>> ClaimTasks::newest_task(const std::string& claim) {
  return first_task(
      "SELECT id, claim, request, state, progress, created_ms, completed_ms,"
      " verified, notes, error FROM task WHERE claim = ? ORDER BY n DESC LIMIT 1",
      claim);
}

Result<std::optional<ClaimTask>> ClaimTasks::newest_verdict(const std::string& claim) {
  return first_task(
      "SELECT id, claim, request, state, progress, created_ms, completed_ms,"
      " verified, notes, error FROM task WHERE claim = ? AND state = 2 ORDER BY n DESC LIMIT 1",
      claim);
}

Result<std::vector<ClaimTask>> ClaimTasks::unfinished() {
  QUERN_ASSIGN(SqlStatement rows,
               sql_.prepare("SELECT id, claim, request, state, progress, created_ms, completed_ms,"
                            " verified, notes, error FROM task WHERE state < 2 ORDER BY n"));
  std::vector<ClaimTask> out;
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return out;
    QUERN_ASSIGN(out.emplace_back(), task_of(rows));
  }
}

Status ClaimTasks::forget_old(std::int64_t n_kept) {
  QUERN_ASSIGN(SqlStatement forget,
               sql_.prepare("DELETE FROM task WHERE state >= 2 AND n <= (SELECT n FROM task"
                            " WHERE state >= 2 ORDER BY n DESC LIMIT 1 OFFSET ?)"));
  return forget.bind(1, n_kept).run();
}

}  // namespace quern::apps
