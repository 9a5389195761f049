// Verifies what clients handed in: at once, or one after the other in the background. Every task is
// in the database before it runs; what was not over when a server ended is run by the next one.
// One server of a home does so: it holds a lock from its first task on, and every task that is not
// over is its own.

#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "apps/claims/claim_tasks.h"
#include "serve/claims/claims_desk.h"
#include "serve/metrics.h"
#include "store/catalog/writer_lock.h"

namespace quern::serve {

/// Tasks that are over and still known.
inline constexpr std::int64_t kKeptTasks = 100'000;

/// Threads: any.
class ClaimRunner {
 public:
  /// Both outlive it.
  ClaimRunner(ClaimsDesk& desk, Metrics& metrics, std::size_t max_waiting);
  ~ClaimRunner();  // When the claim under way is done.
  ClaimRunner(const ClaimRunner&) = delete;
  ClaimRunner& operator=(const ClaimRunner&) = delete;

  std::size_t max_waiting() const { return max_waiting_; }

  /// Begins to run tasks, those first that an earlier server left. Once, when the server is up.
  void start();

  /// A task for `request`, which has id and text, written down as pending: `kLater` runs it when
  /// its turn comes, `kNow` leaves that to run(). Errors: kUnavailable where another server
  /// verifies this home's claims; the database's.
  enum class When { kNow, kLater };
  enum class Making {
    kMade,
    kIsRunning,  // `task` is the one that verifies this claim already.
    kOtherText,  // The claim of this id is another one: there is no task.
    kTooMany,    // Tasks wait already: there is none of this claim.
  };
  struct Made {
    Making how = Making::kMade;
    apps::ClaimTask task;
  };
  Result<Made> make_task(const VerifyRequest& request, When when);

  /// Runs it on this thread; it is over then. Errors: why it failed.
  Result<VerifiedClaim> run(apps::ClaimTask task);

  /// Makes of a task that nobody runs any more a failed one. `task` was read from `books` just now.
  void bury(ClaimsDesk::Books books, apps::ClaimTask& task);

  /// What a completed task said. Errors: kNotFound, kBadInput for rows that cannot be right.
  Result<VerifiedClaim> result_of(const apps::ClaimTask& task);

 private:
  void main();
  Status own(ClaimsDesk::Books books);
  Status take_up(ClaimsDesk::Books books);
  Status begin(ClaimsDesk::Books books, const VerifyRequest& request, When when, Made& made);
  bool is_running(const std::string& task);
  Result<VerifiedClaim> verify(apps::ClaimTask& task);
  Status keep(const VerifiedClaim& verified, apps::ClaimTask& task);
  void fail(apps::ClaimTask task, const Status& why) noexcept;

  ClaimsDesk& desk_;
  Metrics& metrics_;
  const std::size_t max_waiting_;          // Tasks that may wait at most.
  std::optional<store::WriterLock> lock_;  // Who has the books guards it.
  std::mutex mutex_;                       // Guards these; the books are asked for before it.
  std::condition_variable changed_;
  std::deque<apps::ClaimTask> waiting_;
  std::set<std::string> running_;  // Ids of tasks that wait or run here.
  bool is_over_ = false;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace quern::serve
