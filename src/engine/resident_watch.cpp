#include "engine/resident_watch.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <malloc.h>

#include "base/log.h"
#include "base/machine.h"

namespace quern::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 500ms;
constexpr auto kBetweenWarnings = 60s;
// The touched part of each thread's stack.
constexpr std::size_t kStackBytes = 128 << 10;
// What the heap may grow by between two looks, in what is too small for a reservation.
constexpr std::size_t kSlackBytes = 4 << 20;
// The reservation follows larger changes only.
constexpr std::size_t kStep = 1 << 20;
// Of free memory that the allocator holds: it goes back to the system.
constexpr std::size_t kMostFree = 8 << 20;

}  // namespace

std::size_t heap_tenant_bytes(const ByteLedger& ledger) {
  std::size_t n = 0;
  for (const ByteLedger::Tenant& tenant : ledger.tenants()) {
    const std::string_view name = tenant.name;
    const bool is_on_heap = name.starts_with("tokenizer/") || name == "requests" ||
                            name == "texts in flight" || name == "documents";
    if (is_on_heap) n += tenant.bytes;
  }
  return n;
}

std::size_t process_bytes(int n_threads, std::size_t n_reserved) {
  const std::size_t heap = heap_bytes().held;
  return program_resident_bytes() + kStackBytes * static_cast<std::size_t>(n_threads) + heap -
         std::min(heap, n_reserved) + kSlackBytes;
}

ResidentWatch::ResidentWatch(ByteLedger& ledger, Reservation process, int n_threads)
    : ledger_(ledger), n_threads_(n_threads), process_(std::move(process)) {
  thread_ = std::thread([this] { main(); });
}

ResidentWatch::~ResidentWatch() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  cv_.notify_all();
  thread_.join();
}

void ResidentWatch::main() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!cv_.wait_for(lock, kInterval, [&] { return stopping_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

void ResidentWatch::look() {
  if (heap_bytes().free > kMostFree) ::malloc_trim(kSlackBytes);
  const std::size_t want = process_bytes(n_threads_, heap_tenant_bytes(ledger_));
  const std::lock_guard<std::mutex> lock(look_mutex_);
  const std::size_t have = process_.bytes();
  const bool is_near = want <= have && have - want < kStep;
  if (is_near) return;
  const Status resized = process_.resize(want);
  const auto now = std::chrono::steady_clock::now();
  if (resized.ok() || now - last_warning_ < kBetweenWarnings) return;
  last_warning_ = now;
  log_warn("the process takes {}, and {} were set aside for it: {}", human_bytes(want),
           human_bytes(have), resized.message());
}

}  // namespace quern::engine
