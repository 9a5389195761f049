#include "engine/job.h"

#include <utility>

#include "base/check.h"
#include "engine/scoring/late_scores.h"

namespace quern::engine {

void answer(Job& job, Response response) {
  const std::function<void(Response)> done = std::exchange(job.done, nullptr);
  done(std::move(response));
}

Outcome failed_outcome(Status status) {
  Outcome outcome;
  outcome.status = std::move(status);
  return outcome;
}

void open_outcomes(Job& job) {
  if (job.response.outcomes.size() == job.inputs.size()) return;
  job.response.outcomes.resize(job.inputs.size());
  job.n_left = job.inputs.size();
}

void OutcomeBook::enter(Job& job, std::size_t i_input, Outcome outcome, Origin origin) {
  QUERN_CHECK(job.n_left > 0);
  if (outcome.status.ok()) {
    ++counters_.n_texts;
    if (origin == Origin::kModel) counters_.n_tokens += outcome.n_tokens;
    if (outcome.n_dropped > 0) ++counters_.n_truncated;
  } else {
    ++counters_.n_failed;
  }
  --counters_.n_queued;
  job.response.n_tokens += outcome.n_tokens;
  job.response.outcomes[i_input] = std::move(outcome);
  if (job.plan.scores_first) {
    score_late(job.card->as_encoder().folder.head, i_input, job.cancelled, pool_,
               job.response.outcomes);
  }
  if (--job.n_left > 0) return;
  if (job.plan.scores_first) drop_query(job.response.outcomes);
  finished_.push_back(&job);
}

void OutcomeBook::end(Job& job, const Status& status) {
  for (const Waiting& w : job.waiting) enter(job, w.i_input, failed_outcome(status));
  job.waiting.clear();
  job.n_waiting_tokens = 0;
  const std::size_t first = std::exchange(job.next_input, job.inputs.size());
  for (std::size_t i = first; i < job.inputs.size(); ++i) {
    enter(job, i, failed_outcome(status));
  }
}

}  // namespace quern::engine
