// What clients of a server handed in: claims by their ids, and tasks of verifying them, which
// outlive the server. In the file of claims_db.h, where the verdicts are that they lead to.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sql.h"
#include "base/status.h"

namespace quern::apps {

struct HandedClaim {
  std::string id;
  std::string text;
  std::string source_url = {};
  std::int64_t at_ms = 0;     // Unix time.
  std::int64_t verified = 0;  // Its newest verdict's claim in ClaimsDb; 0: none yet.
};

enum class TaskState { kPending, kProcessing, kCompleted, kFailed };

/// "pending", "processing", "completed", "failed".
const char* task_state_name(TaskState state);

struct ClaimTask {
  std::string id;
  std::string claim;    // Of HandedClaim.
  std::string request;  // What was asked, as its reader wrote it: it is run again as it was.
  TaskState state = TaskState::kPending;
  int progress = 0;  // Percent.
  std::int64_t created_ms = 0;
  std::int64_t completed_ms = 0;  // 0: it is not over.
  std::int64_t verified = 0;      // Of ClaimsDb; 0: none.
  std::string notes = {};         // JSON of what is said beside the verdict.
  std::string error = {};
};

/// Threads: one at a time; several processes may have it open.
class ClaimTasks {
 public:
  /// Makes its tables where they are not there yet. Errors: as ClaimsDb::open.
  static Result<std::unique_ptr<ClaimTasks>> open(const std::string& path);

  /// One that is there stays as it is, but for a source's address that it lacked. Errors:
  /// kBadInput where its text is another one; kUnavailable, kIo.
  Status put(const HandedClaim& claim);
  /// Errors: kNotFound.
  Result<HandedClaim> find(const std::string& id);
  /// The newest first.
  Result<std::vector<HandedClaim>> list(std::int64_t n_skipped, std::int64_t n_most);
  Result<std::int64_t> count();
  Status set_verified(const std::string& id, std::int64_t verified);

  /// Errors: kUnavailable, kIo.
  Status add_task(const ClaimTask& task);
  /// All but id, claim, request and created_ms.
  Status update_task(const ClaimTask& task);
  /// Errors: kNotFound.
  Result<ClaimTask> find_task(const std::string& id);
  /// The newest of a claim that is completed.
  Result<std::optional<ClaimTask>> newest_verdict(const std::string& claim);
  /// The newest of a claim.
  Result<std::optional<ClaimTask>> newest_task(const std::string& claim);
  /// Pending and processing ones, the oldest first.
  Result<std::vector<ClaimTask>> unfinished();
  /// All but the newest `n_kept` of those that are over go.
  Status forget_old(std::int64_t n_kept);

 private:
  ClaimTasks() = default;
  Result<std::optional<ClaimTask>> first_task(const char* sql, const std::string& key);
  Sql sql_;
};

}  // namespace quern::apps
