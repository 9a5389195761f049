#include "base/thread_pool.h"

#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/pace.h"

namespace quern {
namespace {

using Clock = std::chrono::steady_clock;

// Runs one job and says whether each part ran exactly once, on threads that exist.
bool runs_each_part_once(ThreadPool& pool, int n_parts) {
  std::vector<std::atomic<int>> ran(static_cast<std::size_t>(n_parts));
  std::atomic<bool> threads_known{true};
  pool.parallel_for(n_parts, [&](int part, int thread) {
    ran[static_cast<std::size_t>(part)].fetch_add(1);
    if (thread < 0 || thread >= pool.n_threads()) threads_known = false;
  });
  for (const std::atomic<int>& n : ran) {
    if (n.load() != 1) return false;
  }
  return threads_known.load();
}

}  // namespace

TEST(thread_pool, runs_each_part_exactly_once) {
  std::mt19937 random(1);
  for (int n_threads = 1; n_threads <= 5; ++n_threads) {
    ThreadPool pool(n_threads);
    EXPECT_EQ(pool.n_threads(), n_threads);
    for (int i = 0; i < 200; ++i) {
      const int n_parts = static_cast<int>(random() % 40);
      ASSERT_TRUE(runs_each_part_once(pool, n_parts)) << n_threads << " " << n_parts;
    }
  }
}

TEST(thread_pool, no_parts_is_no_work) {
  ThreadPool pool(2);
  pool.parallel_for(0, [](int, int) { FAIL(); });
  pool.parallel_for(-3, [](int, int) { FAIL(); });
}

TEST(thread_pool, a_pool_of_one_works_on_the_caller) {
  ThreadPool pool(1);
  const std::thread::id caller = std::this_thread::get_id();
  pool.parallel_for(10, [&](int, int thread) {
    EXPECT_EQ(thread, 0);
    EXPECT_EQ(std::this_thread::get_id(), caller);
  });
}

TEST(thread_pool, no_two_parts_share_a_thread_at_once) {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> inside(4);
  std::atomic<int> n_clashes{0};
  pool.parallel_for(2000, [&](int, int thread) {
    std::atomic<int>& mine = inside[static_cast<std::size_t>(thread)];
    if (mine.fetch_add(1) != 0) n_clashes.fetch_add(1);
    mine.fetch_sub(1);
  });
  EXPECT_EQ(n_clashes.load(), 0);
}

TEST(thread_pool, what_parts_wrote_is_seen_by_the_caller) {
  ThreadPool pool(3);
  std::vector<int> plain(97);  // Not atomic: the pool orders the writes before its return.
  for (int round = 1; round <= 2000; ++round) {
    pool.parallel_for(97, [&](int part, int) { plain[static_cast<std::size_t>(part)] = round; });
    for (const int value : plain) ASSERT_EQ(value, round);
  }
}

TEST(thread_pool, callers_on_many_threads_take_turns) {
  ThreadPool pool(3);
  std::vector<std::thread> callers;
  std::atomic<int> n_bad{0};
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        if (!runs_each_part_once(pool, 1 + i % 17)) n_bad.fetch_add(1);
      }
    });
  }
  for (std::thread& t : callers) t.join();
  EXPECT_EQ(n_bad.load(), 0);
}

TEST(thread_pool, workers_that_slept_join_again) {
  ThreadPool pool(4);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // Past the spin: all asleep.
    ASSERT_TRUE(runs_each_part_once(pool, 50));
  }
  // With parts long enough, more than the caller's thread takes part.
  std::atomic<int> n_others{0};
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  pool.parallel_for(8, [&](int, int thread) {
    if (thread != 0) n_others.fetch_add(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  EXPECT_GT(n_others.load(), 0);
}

TEST(thread_pool, sleeping_workers_do_not_hold_up_a_short_job) {
  ThreadPool pool(2);
  auto best = Clock::duration::max();
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto start = Clock::now();
    pool.parallel_for(2, [](int, int) {});
    best = std::min(best, Clock::now() - start);
  }
  // A bound far above any wake-up: the job itself takes under a microsecond.
  EXPECT_LT(best, std::chrono::milliseconds(5));
}

TEST(thread_pool, pools_come_and_go) {
  for (int i = 0; i < 100; ++i) {
    ThreadPool pool(1 + i % 4);
    if (i % 2 == 0) {
      ASSERT_TRUE(runs_each_part_once(pool, i % 7));
    }
  }
}

// A pace that yields whenever it is asked, and runs a job on the same pool then.
class Interrupting : public Pace {
 public:
  explicit Interrupting(ThreadPool& pool) : pool_(pool) {}
  bool yield_asked() const override { return true; }
  void let_others() override {
    Pace steady;
    const Scope scope(steady);
    inner_running = true;
    all_right = runs_each_part_once(pool_, 1 + n_yields % 7) && all_right;
    ++n_yields;
    inner_running = false;
  }

  int n_yields = 0;
  bool all_right = true;
  std::atomic<bool> inner_running{false};

 private:
  ThreadPool& pool_;
};

TEST(thread_pool, a_job_rests_while_another_runs_in_its_midst) {
  for (int n_threads = 1; n_threads <= 4; ++n_threads) {
    ThreadPool pool(n_threads);
    Interrupting pace(pool);
    const Pace::Scope scope(pace);
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(runs_each_part_once(pool, i % 20));
    EXPECT_GT(pace.n_yields, 300);
    EXPECT_TRUE(pace.all_right);
  }
}

TEST(thread_pool, long_parts_rest_in_their_midst_on_every_thread) {
  ThreadPool pool(3);
  Interrupting pace(pool);
  const Pace::Scope scope(pace);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> n_at_once{0};
    pool.parallel_for(6, [&](int, int thread) {
      ThreadPool::serial().parallel_for(5, [&](int, int) {
        if (thread == 0 && pace.inner_running) ++n_at_once;  // Its own thread rests, surely.
      });
    });
    EXPECT_EQ(n_at_once, 0);
  }
  EXPECT_TRUE(pace.all_right);
}

TEST(thread_pool, without_an_inner_job_a_yield_is_a_pause) {
  class Once : public Pace {
   public:
    bool yield_asked() const override { return n == 0; }
    void let_others() override { ++n; }
    int n = 0;
  };
  ThreadPool pool(2);
  Once pace;
  const Pace::Scope scope(pace);
  EXPECT_TRUE(runs_each_part_once(pool, 100));
  EXPECT_EQ(pace.n, 1);
  EXPECT_TRUE(pace.go_on());
}

}  // namespace quern
