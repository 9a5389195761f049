#include "base/task_thread.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace quern {
namespace {

TEST(task_thread, runs_all_tasks_in_order_on_one_other_thread) {
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  {
    TaskThread tasks;
    for (int i = 0; i < 100; ++i) {
      tasks.add([&, i] {
        order.push_back(i);
        threads.push_back(std::this_thread::get_id());
      });
    }
  }  // Waits for them.
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
    EXPECT_EQ(threads[static_cast<std::size_t>(i)], threads[0]);
  }
  EXPECT_NE(threads[0], std::this_thread::get_id());
}

TEST(task_thread, what_is_for_idle_times_comes_once_after_work_and_not_at_the_end) {
  std::atomic<int> n_idle{0}, n_done{0};
  const auto wait_for = [&](int n) {
    for (int i = 0; i < 1000 && n_idle < n; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_EQ(n_idle, n);
  };
  {
    TaskThread tasks({.after = std::chrono::milliseconds(1), .fn = [&] { ++n_idle; }});
    tasks.add([&] { ++n_done; });
    wait_for(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(n_idle, 1);
    tasks.add([&] { ++n_done; });
    wait_for(2);
  }
  {
    TaskThread tasks({.after = std::chrono::hours(1), .fn = [&] { ++n_idle; }});
    tasks.add([&] { ++n_done; });
  }
  EXPECT_EQ(n_idle, 2);
  EXPECT_EQ(n_done, 3);
}

TEST(task_thread, tasks_may_add_tasks) {
  std::atomic<int> n{0};
  {
    TaskThread tasks;
    tasks.add([&] {
      ++n;
      tasks.add([&] { ++n; });
    });
  }
  EXPECT_EQ(n.load(), 2);
}

TEST(task_thread, without_tasks_there_is_no_thread_to_wait_for) { const TaskThread tasks; }

}  // namespace
}  // namespace quern
