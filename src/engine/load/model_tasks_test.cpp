#include "engine/load/model_tasks.h"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::engine {

TEST(model_tasks, tasks_of_one_model_run_in_order) {
  std::vector<int> ran;
  {
    ModelTasks tasks;
    for (int i = 0; i < 20; ++i) tasks.add("a", [&ran, i] { ran.push_back(i); });
  }
  ASSERT_EQ(ran.size(), 20u);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

TEST(model_tasks, models_do_not_wait_for_each_other) {
  ModelTasks tasks;
  std::promise<void> open;
  std::promise<void> other_ran;
  tasks.add("slow", [&] { open.get_future().wait(); });
  tasks.add("slow", [] {});
  tasks.add("other", [&] { other_ran.set_value(); });
  other_ran.get_future().wait();  // While "slow" is at its first.
  open.set_value();
}

TEST(model_tasks, more_models_than_threads_all_get_their_turn) {
  std::atomic<int> n_ran{0};
  {
    ModelTasks tasks;
    for (int round = 0; round < 50; ++round) {
      for (const char* model : {"a", "b", "c", "d", "e", "f", "g"}) {
        tasks.add(model, [&] { n_ran.fetch_add(1); });
      }
    }
  }
  EXPECT_EQ(n_ran.load(), 350);
}

}  // namespace quern::engine
