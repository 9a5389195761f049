// Holds the ledger against what the kernel says. The program's own pages, stacks and what the
// allocator keeps beyond what was reserved are the tenant ByteLedger::kProcess; they change while
// it runs, and so does that reservation. A thread looks twice a second.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include "base/byte_ledger.h"

namespace quern::engine {

/// Bytes of kProcess for a process with so many threads of its own, as it is now.
/// `n_reserved`: bytes of the heap that other tenants hold.
std::size_t process_bytes(int n_threads, std::size_t n_reserved);

/// Of the tenants whose bytes lie on the heap: the others have pages of their own.
std::size_t heap_tenant_bytes(const ByteLedger& ledger);

class ResidentWatch {
 public:
  /// `process`: of kProcess. The ledger outlives it.
  ResidentWatch(ByteLedger& ledger, Reservation process, int n_threads);
  ~ResidentWatch();
  ResidentWatch(const ResidentWatch&) = delete;

  /// Looks now. Threads: any.
  void look();

 private:
  void main();

  ByteLedger& ledger_;
  const int n_threads_;

  std::mutex look_mutex_;  // Guards these.
  Reservation process_;
  std::chrono::steady_clock::time_point last_warning_{};

  std::mutex mutex_;
  std::condition_variable cv_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace quern::engine
