// The worker processes of a Chunker: started when wanted, replaced when they die.

#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/code/chunk_wire.h"
#include "base/byte_ledger.h"
#include "base/child_process.h"
#include "base/reclaimer.h"
#include "base/status.h"
#include "base/task_thread.h"

namespace quern::apps {

/// Threads: any. Those that are idle are let go where the ledger's memory is wanted.
class ChunkWorkers : public Reclaimer {
 public:
  struct Options {
    ChildOptions child = {};
    int n_children = 1;
    ByteLedger* ledger = nullptr;           // Where each is a tenant with its heap's limit.
    std::chrono::milliseconds patience{0};  // For an answer, beside the request's own time.
  };

  explicit ChunkWorkers(const Options& options);
  ~ChunkWorkers() override;

  /// Has the first two started by another thread, if none is there yet.
  void start_early();

  /// Waits for a free worker and asks it. Errors: kExhausted (no memory for one), kIo, kNotFound
  /// (none can be started), kUnavailable (it died of the request, in which way), kDeadline (it did
  /// not answer and was killed), kBadInput (it answered nonsense and was killed), and what it says.
  Result<ChunkedCode> ask(const ChunkRequest& request);

 private:
  struct Worker {
    Reservation memory;
    std::unique_ptr<ChildProcess> process;
  };

  std::size_t reclaimable_bytes() override;
  void reclaim(std::size_t bytes) override;
  Result<Worker> take();
  Result<Worker> start();
  void give_back(Worker worker);
  void lose();
  struct Exchange {
    enum class End { kAnswered, kNotHeard, kFailed };  // kNotHeard: it was dead before.
    End end = End::kFailed;
    Result<ChunkedCode> code;
  };
  Exchange exchange(ChildProcess& process, const ChunkRequest& request) const;

  const Options options_;
  std::mutex mutex_;
  std::condition_variable cv_;  // A worker is idle, or may be started.
  std::vector<Worker> idle_;
  int n_alive_ = 0;  // Idle, at work or being started.
  bool is_stopping_ = false;
  // Children die with the thread that started them: this one lives as long as they.
  // Last but one: its end, which runs what waits, comes before that of the rest.
  TaskThread starter_;
  std::optional<ByteLedger::Registration> registration_;
};

}  // namespace quern::apps
