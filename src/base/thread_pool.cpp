#include "base/thread_pool.h"

#include <chrono>

#include <immintrin.h>

#include "base/check.h"

namespace quern {
namespace {

// Longer than the gap between two operations of a forward pass, short enough that an idle program
// costs nothing.
constexpr std::chrono::microseconds kSpin{50};

template <typename Done>
bool spin_until(const Done& done) {
  const auto end = std::chrono::steady_clock::now() + kSpin;
  for (;;) {
    for (int i = 0; i < 64; ++i) {
      if (done()) return true;
      _mm_pause();
    }
    if (std::chrono::steady_clock::now() > end) return done();
  }
}

}  // namespace

ThreadPool::ThreadPool(int n_threads) {
  QUERN_CHECK(n_threads >= 1);
  workers_.reserve(static_cast<std::size_t>(n_threads) - 1);
  for (int i = 1; i < n_threads; ++i) workers_.emplace_back([this, i] { worker_main(i); });
}

ThreadPool& ThreadPool::serial() {
  static ThreadPool pool(1);
  return pool;
}

ThreadPool::~ThreadPool() {
  stopping_ = true;
  epoch_.fetch_add(1);
  epoch_.notify_all();
  for (std::thread& t : workers_) t.join();
}

void ThreadPool::run(int n_parts, PartFn call, const void* fn) {
  if (workers_.empty() || n_parts == 1) {
    for (int i = 0; i < n_parts; ++i) call(fn, i, 0);
    return;
  }
  const std::lock_guard<std::mutex> one_job(callers_);
  call_ = call;
  fn_ = fn;
  n_parts_ = n_parts;
  next_part_.store(0, std::memory_order_relaxed);
  open_.store(true);
  epoch_.fetch_add(1);
  if (n_asleep_.load() > 0) epoch_.notify_all();

  work(0);

  // A worker raises n_inside_ before it looks at open_, and we lower open_ before we look at
  // n_inside_ (both sequentially consistent), so none can enter unseen. Workers that slept
  // through the job never hold it up.
  open_.store(false);
  while (n_inside_.load() > 0) _mm_pause();
}

void ThreadPool::work(int thread) {
  for (;;) {
    const int part = next_part_.fetch_add(1, std::memory_order_relaxed);
    if (part >= n_parts_) return;
    call_(fn_, part, thread);
  }
}

void ThreadPool::worker_main(int thread) {
  std::uint32_t seen = 0;
  for (;;) {
    const auto moved = [&] { return epoch_.load() != seen; };
    if (!spin_until(moved)) {
      n_asleep_.fetch_add(1);
      epoch_.wait(seen);
      n_asleep_.fetch_sub(1);
    }
    seen = epoch_.load();
    if (stopping_.load()) return;
    n_inside_.fetch_add(1);
    if (open_.load()) work(thread);
    n_inside_.fetch_sub(1);
  }
}

}  // namespace quern
