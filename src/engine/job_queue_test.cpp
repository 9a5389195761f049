#include "engine/job_queue.h"

#include <memory>
#include <utility>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

std::shared_ptr<Job> job_of(bool scores_first, std::size_t n_waiting) {
  auto job = std::make_shared<Job>();
  job->plan.scores_first = scores_first;
  for (std::size_t i = 0; i < n_waiting; ++i) {
    Waiting input{.i_input = i, .encoding = {}};
    input.encoding.ids = {1, 2};
    job->waiting.push_back(std::move(input));
  }
  return job;
}

TEST(next_batch, documents_do_not_run_before_their_query) {
  JobQueue queue{.model = {}, .jobs = {}};
  const auto first = job_of(true, 3);
  const auto second = job_of(true, 3);
  queue.jobs = {first, second};
  const auto batch = next_batch(queue, 100);
  ASSERT_EQ(batch.size(), 4u);  // The first job, led by its query, and the other's query.
  EXPECT_EQ(batch[0].job, first.get());
  EXPECT_EQ(batch[0].input->i_input, 0u);
  EXPECT_EQ(batch[3].job, second.get());
  EXPECT_EQ(batch[3].input->i_input, 0u);

  second->waiting.pop_front();  // It has been.
  EXPECT_EQ(next_batch(queue, 100).size(), 5u);
}

TEST(next_batch, inputs_of_several_jobs_run_together) {
  JobQueue queue{.model = {}, .jobs = {}};
  queue.jobs = {job_of(false, 3), job_of(false, 3)};
  EXPECT_EQ(next_batch(queue, 100).size(), 6u);
}

}  // namespace
}  // namespace quern::engine
