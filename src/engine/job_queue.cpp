#include "engine/job_queue.h"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "engine/batch.h"
#include "engine/cache/stored_result.h"

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
  Waiting input = {};                   // Its token ids and key;
  std::optional<Outcome> outcome = {};  // or what is known already.
  bool failed() const { return outcome && !outcome->status.ok(); }
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
      claims.push_back({.job = job.get(), .i_input = job->next_input++});
    }
  }
  return claims;
}

// Of results kept, of any thread.
std::optional<Outcome> find_outcome(const Job& job, Waiting& input) {
  if (!job.context) return {};
  StoredResult stored;
  if (input.key) {
    if (!job.results->find_again(*input.key, stored)) return {};
  } else {
    input.key = result_key(*job.context, input.encoding);
    if (!job.results->find(*input.key, stored)) return {};
  }
  Outcome outcome{.status = {},
                  .values = {},
                  .n_tokens = input.n_tokens(),
                  .n_dropped = input.encoding.n_dropped};
  if (finish_stored(*job.card, job.plan, input.encoding, stored, outcome)) return outcome;
  job.results->remove_unusable(*input.key);
  return {};
}

void encode(Claim& claim) {
  Job& job = *claim.job;
  Input& text = job.inputs[claim.i_input];
  Result<text::Encoding> encoding = encode_input(*job.card, job.plan, text, claim.i_input);
  if (!encoding.ok()) {
    claim.outcome = failed_outcome(encoding.status());
    return;
  }
  claim.input = {.i_input = claim.i_input, .encoding = std::move(*encoding)};
  claim.outcome = find_outcome(job, claim.input);
}

void settle(Claim& claim, OutcomeBook& book) {
  Job& job = *claim.job;
  job.inputs[claim.i_input] = Input();  // The text is not needed any more.
  if (claim.outcome) {
    book.enter(job, claim.i_input, std::move(*claim.outcome), OutcomeBook::Origin::kCache);
    return;
  }
  job.n_waiting_tokens += claim.input.n_tokens();
  job.waiting.push_back(std::move(claim.input));
}

}  // namespace

void encode_ahead(JobQueue& queue, int batch_tokens, ThreadPool& pool, OutcomeBook& book) {
  std::vector<Claim> claims = claim_inputs(queue, static_cast<long>(batch_tokens) * kBatchesAhead);
  pool.parallel_for(static_cast<int>(claims.size()),
                    [&](int i, int) { encode(claims[static_cast<std::size_t>(i)]); });
  for (Claim& claim : claims) settle(claim, book);
}

void encode_until(Job& job, const std::function<bool()>& is_enough, OutcomeBook& book) {
  while (job.next_input < job.inputs.size() && job.n_waiting_tokens < kTokensBeforeWeights &&
         !job.cancelled && !is_enough()) {
    Claim claim{.job = &job, .i_input = job.next_input};
    encode(claim);
    if (claim.failed() && !job.context) return;
    ++job.next_input;
    if (claim.outcome) ++book.counters().n_queued;  // Those of a queue are counted when it is.
    settle(claim, book);
  }
}

void find_waiting(Job& job, OutcomeBook& book) {
  if (!job.context) return;
  std::deque<Waiting> waiting;
  std::swap(waiting, job.waiting);
  job.n_waiting_tokens = 0;
  for (Waiting& input : waiting) {
    Claim claim{.job = &job, .i_input = input.i_input, .input = std::move(input)};
    claim.outcome = find_outcome(job, claim.input);
    settle(claim, book);
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
  std::unordered_set<ResultKey> wanted;
  long tokens = 0;
  for (const std::shared_ptr<Job>& job : queue.jobs) {
    if (!candidates.empty() && job->plan.form != candidates.front().job->plan.form) continue;
    // Where another job's input leads, only the query of rows that become scores: a batch before it
    // would leave its documents' rows, which nobody booked. Where it leads it comes first.
    const bool query_alone = !candidates.empty() && job->plan.scores_first &&
                             !job->waiting.empty() && job->waiting.front().i_input == 0;
    for (Waiting& input : job->waiting) {
      if (query_alone && input.i_input != 0) break;
      if (input.key && !wanted.insert(*input.key).second) continue;
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

Twins twins_of(JobQueue& queue, const std::vector<Candidate>& batch) {
  std::unordered_set<ResultKey> made;
  for (const Candidate& c : batch) {
    c.input->in_batch = true;
    if (c.input->key) made.insert(*c.input->key);
  }
  Twins twins;
  if (made.empty()) return twins;
  for (const std::shared_ptr<Job>& job : queue.jobs) {
    for (Waiting& input : job->waiting) {
      if (!input.key || input.in_batch || !made.contains(*input.key)) continue;
      twins.emplace(*input.key, Candidate{.job = job.get(), .input = &input});
    }
  }
  return twins;
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
