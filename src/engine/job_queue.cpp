#include "engine/job_queue.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/batch.h"

namespace quern::engine {
namespace {

constexpr int kBatchesAhead = 8;
constexpr std::size_t kMaxAhead = 1024;  // Inputs to choose from: bounds the sorting.
constexpr long kBytesPerToken = 4;       // A guess for texts not encoded yet.
constexpr long kTokensBeforeWeights = 1 << 14;
constexpr std::chrono::seconds kSoon{2};  // Of a deadline: near.
constexpr int kMostOvertaken = 3;
constexpr std::size_t kInputTokens = 4;  // Even an empty input is some work.

struct Claim {
  Job* job = nullptr;
  std::size_t i_input = 0;
  std::optional<Result<text::Encoding>> encoding;
};

long guess_tokens(const Input& input) {
  const std::size_t bytes = input.text.size() + (input.text_pair ? input.text_pair->size() : 0);
  const std::size_t n_ids = input.ids ? input.ids->size() : 0;
  return static_cast<long>(bytes) / kBytesPerToken + static_cast<long>(n_ids + kInputTokens);
}

// Claims inputs of the jobs in turn until enough is encoded or claimed. A job that still has a
// quarter of that ready is left alone, so that encoding comes in portions worth the threads.
std::vector<Claim> claim_inputs(JobQueue& queue, long wanted_tokens) {
  std::vector<Claim> claims;
  long tokens = 0;
  std::size_t n_inputs = 0;
  for (const std::shared_ptr<Job>& job : queue.jobs) {
    if (tokens >= wanted_tokens || n_inputs >= kMaxAhead) break;
    tokens += job->n_waiting_tokens;
    n_inputs += job->waiting.size();
    if (job->n_waiting_tokens > wanted_tokens / 4) continue;
    while (job->next_input < job->inputs.size() && tokens < wanted_tokens && n_inputs < kMaxAhead) {
      tokens += guess_tokens(job->inputs[job->next_input]);
      ++n_inputs;
      claims.push_back({.job = job.get(), .i_input = job->next_input++, .encoding = {}});
    }
  }
  return claims;
}

void add_waiting(Job& job, std::size_t i_input, text::Encoding encoding) {
  job.waiting.push_back({.i_input = i_input, .encoding = std::move(encoding)});
  job.n_waiting_tokens += job.waiting.back().n_tokens();
}

}  // namespace

void encode_ahead(JobQueue& queue, int batch_tokens, ThreadPool& pool, OutcomeBook& book) {
  std::vector<Claim> claims = claim_inputs(queue, static_cast<long>(batch_tokens) * kBatchesAhead);
  pool.parallel_for(static_cast<int>(claims.size()), [&](int i, int) {
    Claim& claim = claims[static_cast<std::size_t>(i)];
    Input& input = claim.job->inputs[claim.i_input];
    claim.encoding = encode_input(*claim.job->card, claim.job->plan, input, claim.i_input);
    input = Input();  // The text is not needed any more.
  });
  for (Claim& claim : claims) {
    Job& job = *claim.job;
    Result<text::Encoding>& encoding = *claim.encoding;
    if (!encoding.ok()) {
      book.enter(job, claim.i_input, failed_outcome(encoding.status()));
      continue;
    }
    add_waiting(job, claim.i_input, std::move(*encoding));
  }
}

void encode_until(Job& job, const std::function<bool()>& is_enough) {
  while (job.next_input < job.inputs.size() && job.n_waiting_tokens < kTokensBeforeWeights &&
         !is_enough()) {
    Input& input = job.inputs[job.next_input];
    Result<text::Encoding> encoding = encode_input(*job.card, job.plan, input, job.next_input);
    if (!encoding.ok()) return;
    input = Input();
    add_waiting(job, job.next_input++, std::move(*encoding));
  }
}

void choose_lead(JobQueue& queue, Clock::time_point now) {
  if (queue.jobs.empty()) return;
  const auto due = [](const std::shared_ptr<Job>& job) {
    return job->deadline.value_or(Clock::time_point::max());
  };
  const auto urgent =
      std::min_element(queue.jobs.begin(), queue.jobs.end(),
                       [&](const auto& a, const auto& b) { return due(a) < due(b); });
  Job& front = *queue.jobs.front();
  if (urgent == queue.jobs.begin() || due(*urgent) > now + kSoon ||
      front.n_overtaken == kMostOvertaken) {
    front.n_overtaken = 0;
    return;
  }
  ++front.n_overtaken;
  queue.jobs.splice(queue.jobs.begin(), queue.jobs, urgent);
}

std::vector<Candidate> next_batch(JobQueue& queue, int batch_tokens, int max_texts) {
  std::vector<Candidate> candidates;
  std::vector<int> lengths;
  long tokens = 0;
  for (const std::shared_ptr<Job>& job : queue.jobs) {
    if (!candidates.empty() && job->plan.form != candidates.front().job->plan.form) continue;
    // Where another job's input leads, only the query of rows that become scores: a batch before it
    // would leave its documents' rows, which nobody booked. Where it leads it comes first.
    const bool query_alone = !candidates.empty() && job->plan.scores_first &&
                             !job->waiting.empty() && job->waiting.front().i_input == 0;
    for (Waiting& input : job->waiting) {
      if (query_alone && input.i_input != 0) break;
      candidates.push_back({.job = job.get(), .input = &input});
      lengths.push_back(input.n_tokens());
      tokens += input.n_tokens();
    }
    if (tokens >= static_cast<long>(batch_tokens) * kBatchesAhead) break;
    if (candidates.size() >= kMaxAhead) break;
  }
  if (candidates.empty()) return candidates;
  std::vector<Candidate> batch;
  for (const int i : choose_batch(lengths, /*lead=*/0, batch_tokens, max_texts)) {
    batch.push_back(candidates[static_cast<std::size_t>(i)]);
  }
  return batch;
}

void remove_batch(JobQueue& queue, const std::vector<Candidate>& batch) {
  std::vector<Job*> jobs;
  for (const Candidate& c : batch) {
    c.input->in_batch = true;
    c.job->n_waiting_tokens -= c.input->n_tokens();
    jobs.push_back(c.job);
  }
  std::sort(jobs.begin(), jobs.end());
  jobs.erase(std::unique(jobs.begin(), jobs.end()), jobs.end());
  for (Job* job : jobs) {
    std::erase_if(job->waiting, [](const Waiting& w) { return w.in_batch; });
  }
  queue.jobs.splice(queue.jobs.end(), queue.jobs, queue.jobs.begin());
}

}  // namespace quern::engine
