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

TEST(choose_lead, the_nearest_deadline_goes_first_but_not_for_ever) {
  const Clock::time_point now = Clock::now();
  JobQueue queue{.model = {}, .jobs = {}};
  const auto patient = job_of(false, 9), other = job_of(false, 9);
  const auto soon = job_of(false, 9), sooner = job_of(false, 9);
  patient->deadline = now + std::chrono::minutes(5);
  soon->deadline = now + std::chrono::milliseconds(500);
  sooner->deadline = now + std::chrono::milliseconds(100);
  queue.jobs = {patient, other, soon, sooner};
  std::vector<const Job*> leads;
  for (int i = 0; i < 8; ++i) {
    choose_lead(queue, now);
    leads.push_back(queue.jobs.front().get());
    queue.jobs.splice(queue.jobs.end(), queue.jobs, queue.jobs.begin());  // As remove_batch does.
  }
  const Job* s = sooner.get();
  EXPECT_EQ(leads, (std::vector<const Job*>{s, s, s, patient.get(), s, s, s, other.get()}));
}

TEST(choose_lead, without_a_near_deadline_it_is_who_came_first) {
  JobQueue queue{.model = {}, .jobs = {}};
  choose_lead(queue, Clock::now());  // Nobody.
  const auto first = job_of(false, 1), second = job_of(false, 1);
  first->deadline = Clock::now() + std::chrono::minutes(5);
  second->deadline = Clock::now() + std::chrono::minutes(4);
  queue.jobs = {first, second};
  choose_lead(queue, Clock::now());
  EXPECT_EQ(queue.jobs.front(), first);
}

TEST(next_batch, holds_so_many_texts_at_most) {
  JobQueue queue{.model = {}, .jobs = {}};
  queue.jobs = {job_of(false, 3), job_of(false, 3)};
  EXPECT_EQ(next_batch(queue, 100, 4).size(), 4u);
  EXPECT_EQ(next_batch(queue, 100, 1).size(), 1u);
}

TEST(next_batch, inputs_of_several_jobs_run_together) {
  JobQueue queue{.model = {}, .jobs = {}};
  queue.jobs = {job_of(false, 3), job_of(false, 3)};
  EXPECT_EQ(next_batch(queue, 100).size(), 6u);
}

}  // namespace
}  // namespace quern::engine
