#include "base/thread_pool.h"

#include <chrono>
#include <utility>

#include <immintrin.h>

#include "base/check.h"
#include "base/pace.h"

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
  move_epoch();
  for (std::thread& t : workers_) t.join();
}

struct ThreadPool::Here {
  ThreadPool* pool = nullptr;
  int thread = 0;
  Depth depth = kOuter;
  bool is_interrupted = false;  // The pace runs something else in the middle of the part.
};

ThreadPool::Here& ThreadPool::here() {
  thread_local Here here;
  return here;
}

void ThreadPool::rest() {
  const Here& h = here();
  if (h.pool == nullptr) {
    if (Pace::current().yield_asked()) Pace::current().yield();
  } else if (h.depth == kOuter && !h.is_interrupted) {
    if (h.thread > 0) {
      if (h.pool->resting_.load()) h.pool->help(h.thread);
    } else if (Pace::current().yield_asked()) {
      h.pool->interrupt();
    }
  }
}

// On the caller's thread, in the middle of its job.
void ThreadPool::interrupt() {
  here().is_interrupted = true;
  resting_.store(true);
  move_epoch();
  Pace::current().yield();
  resting_.store(false);
  move_epoch();
  here().is_interrupted = false;
}

// On a worker, in the middle of a part, until the caller goes on with its job.
void ThreadPool::help(int thread) {
  for (;;) {
    const std::uint32_t seen = epoch_.load();
    if (!resting_.load()) return;
    join(kInner, thread);
    wait_for_move(seen);
  }
}

void ThreadPool::run(int n_parts, PartFn call, const void* fn) {
  if (workers_.empty() || n_parts == 1) {
    for (int i = 0; i < n_parts; ++i) {
      if (i > 0) rest();
      call(fn, i, 0);
    }
    return;
  }
  const Here& h = here();
  if (h.pool == this) {
    QUERN_CHECK(h.is_interrupted && h.thread == 0);
    return run_job(kInner, n_parts, call, fn);
  }
  const std::lock_guard<std::mutex> one_job(callers_);
  run_job(kOuter, n_parts, call, fn);
}

void ThreadPool::run_job(Depth depth, int n_parts, PartFn call, const void* fn) {
  Job& job = jobs_[depth];
  job.call = call;
  job.fn = fn;
  job.n_parts = n_parts;
  job.next_part.store(0, std::memory_order_relaxed);
  job.open.store(true);
  move_epoch();

  const Here before = std::exchange(here(), {.pool = this, .thread = 0, .depth = depth});
  work(depth, 0);

  // A worker raises n_inside before it looks at open, and we lower open before we look at
  // n_inside (both sequentially consistent), so none can enter unseen. Workers that slept
  // through the job never hold it up.
  job.open.store(false);
  while (job.n_inside.load() > 0) {
    rest();
    _mm_pause();
  }
  here() = before;
}

void ThreadPool::work(Depth depth, int thread) {
  Job& job = jobs_[depth];
  for (;;) {
    rest();
    const int part = job.next_part.fetch_add(1, std::memory_order_relaxed);
    if (part >= job.n_parts) return;
    job.call(job.fn, part, thread);
  }
}

void ThreadPool::join(Depth depth, int thread) {
  Job& job = jobs_[depth];
  job.n_inside.fetch_add(1);
  if (job.open.load()) {
    const Here before = std::exchange(here(), {.pool = this, .thread = thread, .depth = depth});
    work(depth, thread);
    here() = before;
  }
  job.n_inside.fetch_sub(1);
}

void ThreadPool::move_epoch() {
  epoch_.fetch_add(1);
  if (n_asleep_.load() > 0) epoch_.notify_all();
}

void ThreadPool::wait_for_move(std::uint32_t seen) {
  if (spin_until([&] { return epoch_.load() != seen; })) return;
  n_asleep_.fetch_add(1);
  epoch_.wait(seen);
  n_asleep_.fetch_sub(1);
}

void ThreadPool::worker_main(int thread) {
  std::uint32_t seen = 0;
  for (;;) {
    wait_for_move(seen);
    seen = epoch_.load();
    if (stopping_.load()) return;
    join(kInner, thread);
    join(kOuter, thread);
  }
}

}  // namespace quern
