// The jobs that wait for one model in one class of work: encodes their inputs ahead of the batches,
// and says what the next batch is made of.

#pragma once

#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/thread_pool.h"
#include "engine/job.h"

namespace quern::engine {

/// An encoded input, and whose it is.
struct Candidate {
  Job* job = nullptr;
  Waiting* input = nullptr;
};

struct JobQueue {
  std::shared_ptr<const Servable> model;
  // The front job leads the next batch (its oldest input is in it) and then goes to the back. One
  // whose deadline is near goes first, but not for ever: an input waits for at most four times as
  // many batches as there are jobs and older inputs of its own.
  std::list<std::shared_ptr<Job>> jobs;
};

/// Encodes inputs, on all threads, until about eight batches are ready to choose from: enough for
/// lengths to find their like, little enough to bound memory and the time it takes.
/// Inputs that cannot be encoded get their outcome, and those whose results are kept.
void encode_ahead(JobQueue& queue, int batch_tokens, ThreadPool& pool, OutcomeBook& book);

/// Encodes inputs of a job that is not queued yet, in order, until `is_enough` says so or there is
/// work for some batches. Those whose results are kept get their outcome. Stops at one that cannot
/// be encoded where the job's results are not kept: encode_ahead gives it its outcome.
void encode_until(Job& job, const std::function<bool()>& is_enough, OutcomeBook& book);

/// Inputs that were encoded before the job was queued: results may be kept of them by now, or the
/// job may have a context only since.
void find_waiting(Job& job, OutcomeBook& book);

/// Brings the job to the front that is to lead the next batch.
void choose_lead(JobQueue& queue, Clock::time_point now);

/// The inputs of the next batch, the lead first, all of which want the same form and no two the
/// same result; empty if no input is encoded.
std::vector<Candidate> next_batch(JobQueue& queue, int batch_tokens,
                                  int max_texts = std::numeric_limits<int>::max());

/// Waiting inputs that want the same result as one that ran.
using Twins = std::unordered_multimap<ResultKey, Candidate>;
Twins twins_of(JobQueue& queue, const std::vector<Candidate>& batch);

/// Takes the inputs of a batch that ran out of their jobs, and sends the lead job to the back.
void remove_batch(JobQueue& queue, const std::vector<Candidate>& batch);

}  // namespace quern::engine
