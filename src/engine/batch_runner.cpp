#include "engine/batch_runner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/pace.h"
#include "engine/finish_outcome.h"
#include "engine/room_beside.h"

namespace quern::engine {
namespace {

// The arena holds the results first, then the model's scratch.
struct Need {
  std::size_t out_bytes = 0;
  std::size_t scratch_bytes = 0;
  std::size_t total() const { return out_bytes + scratch_bytes; }
};

/// All inputs of a batch want the same.
const OutputForm& form_of(const std::vector<Candidate>& batch) {
  return batch.front().job->plan.form;
}

Need need_of(const Servable& model, const std::vector<Candidate>& batch, int n_threads) {
  int n_tokens = 0;
  int longest = 0;
  for (const Candidate& c : batch) {
    n_tokens += c.input->n_tokens();
    longest = std::max(longest, c.input->n_tokens());
  }
  const formats::OutputShape shape = model.shape_of(form_of(batch));
  const std::size_t n_rows = shape.per_token ? static_cast<std::size_t>(n_tokens) : batch.size();
  const std::size_t out_bytes = n_rows * static_cast<std::size_t>(shape.n_values) * sizeof(float);
  constexpr std::size_t kAlign = Buffer::kAlignment;
  return {.out_bytes = (out_bytes + kAlign - 1) / kAlign * kAlign,
          .scratch_bytes = model.scratch_bytes(n_tokens, longest, n_threads)};
}

Outcome outcome_of(const Candidate& c, Matrix<const float> made) {
  Outcome outcome{.status = {},
                  .values = {},
                  .n_tokens = c.input->n_tokens(),
                  .n_dropped = c.input->encoding.n_dropped};
  finish_outcome(*c.job->card, c.job->plan, c.input->encoding, made, outcome);
  if (!std::all_of(outcome.values.begin(), outcome.values.end(),
                   [](float v) { return std::isfinite(v); })) {
    outcome.status = {Code::kBadInput, "the model's result is not finite: its weights are damaged"};
    outcome.values.clear();
    outcome.ids.clear();
  }
  return outcome;
}

std::string text_of(const Waiting& input) {
  return fmt::format("a text of {} tokens", input.n_tokens());
}

double ms(Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

}  // namespace

Result<Arena::Lease> BatchRunner::fit(const Servable& model, std::vector<Candidate>& batch,
                                      Shortage shortage) {
  for (;;) {
    const Need need = need_of(model, batch, pool_.n_threads());
    const bool is_last_try = shortage == Shortage::kWait || batch.size() == 1;
    const bool takes_idle = shortage == Shortage::kMakeRoom && batch.size() == 1;
    Result<Arena::Lease> lease =
        arena_.take(need.total(), takes_idle ? Reclaim::kAllowed : Reclaim::kNever);
    if (lease.ok() || is_last_try) return lease;
    // Layers that a streamed model keeps are worth less than a batch that it is read for.
    if (model.stream() != nullptr && model.stream()->spare_bytes() > 0) {
      model.stream()->give_back(need.total());
      continue;
    }
    batch.resize(batch.size() / 2);
  }
}

void BatchRunner::lay_out(const std::vector<Candidate>& batch) {
  ids_.clear();
  type_ids_.clear();
  seq_starts_.assign(1, 0);
  n_unpooled_.clear();
  n_seen_.clear();
  bool sees_all = true;
  for (const Candidate& c : batch) {
    const text::Encoding& e = c.input->encoding;
    ids_.insert(ids_.end(), e.ids.begin(), e.ids.end());
    type_ids_.insert(type_ids_.end(), e.type_ids.begin(), e.type_ids.end());
    seq_starts_.push_back(static_cast<std::int32_t>(ids_.size()));
    n_unpooled_.push_back(e.n_unpooled);
    n_seen_.push_back(static_cast<std::int32_t>(e.ids.size()) - e.n_unseen);
    sees_all = sees_all && e.n_unseen == 0;
  }
  if (sees_all) n_seen_.clear();
}

Clock::duration BatchRunner::forward(const Servable& model, const OutputForm& form,
                                     Matrix<float> out, std::span<std::byte> scratch) {
  const Pace& pace = Pace::current();
  const auto yielded = pace.yielded();
  const Clock::time_point start = Clock::now();
  model.forward(form,
                {.ids = ids_,
                 .type_ids = type_ids_,
                 .seq_starts = seq_starts_,
                 .n_unpooled = n_unpooled_,
                 .n_seen = n_seen_},
                scratch, pool_, out);
  return Clock::now() - start - (pace.yielded() - yielded);
}

std::optional<BatchRunner::Pass> BatchRunner::run(JobQueue& queue, std::vector<Candidate>& batch,
                                                  Shortage shortage, OutcomeBook& book) {
  const Servable& model = *queue.model;
  const Result<Arena::Lease> lease = fit(model, batch, shortage);
  if (!lease.ok()) {
    if (shortage == Shortage::kWait) return std::nullopt;
    const Need alone = need_of(model, batch, pool_.n_threads());
    book.enter(*batch[0].job, batch[0].input->i_input,
               failed_outcome(refusal_of(arena_.ledger(), batch[0].job->card->name, model.stream(),
                                         alone.total(), text_of(*batch[0].input), lease.status())));
    return Pass{};
  }
  lay_out(batch);
  const Need need = need_of(model, batch, pool_.n_threads());
  const OutputForm form = form_of(batch);
  const formats::OutputShape shape = model.shape_of(form);
  const auto n_rows = static_cast<int>(shape.per_token ? ids_.size() : batch.size());
  const Matrix<float> out(reinterpret_cast<float*>(lease->bytes().data()), n_rows, shape.n_values);
  const auto made_of = [&](std::size_t i) {
    if (!shape.per_token) return out.block(static_cast<int>(i), 1);
    return out.block(seq_starts_[i], seq_starts_[i + 1] - seq_starts_[i]);
  };
  start_ = Clock::now();
  const Pass pass{.took = forward(model, form, out, lease->bytes().subspan(need.out_bytes)),
                  .n_tokens = static_cast<int>(ids_.size())};
  const bool left = Pace::current().left();

  ++book.counters().n_batches;
  book.counters().busy_ns += std::chrono::nanoseconds(pass.took).count();
  const Twins twins = left ? Twins() : twins_of(queue, batch);
  const std::size_t n_ran = batch.size();
  for (std::size_t i = 0; i < n_ran; ++i) {
    if (left) {
      enter(batch[i], failed_outcome({Code::kCancelled, "cancelled"}), pass, book);
    } else {
      enter_made(batch[i], made_of(i), pass, book);
      share(twins, batch[i], made_of(i), pass, batch, book);
    }
  }
  return pass;
}

void BatchRunner::enter(const Candidate& c, Outcome outcome, const Pass& pass, OutcomeBook& book,
                        OutcomeBook::Origin origin) {
  Job& job = *c.job;
  const long i_batch = book.counters().n_batches;
  if (!std::exchange(job.started, true)) job.response.queue_ms = ms(start_ - job.submitted);
  if (job.last_batch != i_batch) job.response.compute_ms += ms(pass.took);  // Once per request.
  job.last_batch = i_batch;
  book.enter(job, c.input->i_input, std::move(outcome), origin);
}

void BatchRunner::enter_made(const Candidate& c, Matrix<const float> made, const Pass& pass,
                             OutcomeBook& book) {
  Outcome outcome = outcome_of(c, made);
  if (outcome.status.ok() && c.input->key) {
    const Job& job = *c.job;
    job.results->put(*c.input->key, stored_result(*job.card, job.plan, c.input->encoding, made));
  }
  enter(c, std::move(outcome), pass, book);
}

// What failed is not shared: each fails, or not, by itself.
void BatchRunner::share(const Twins& twins, const Candidate& made_for, Matrix<const float> made,
                        const Pass& pass, std::vector<Candidate>& batch, OutcomeBook& book) {
  if (!made_for.input->key) return;
  const auto [first, last] = twins.equal_range(*made_for.input->key);
  for (auto twin = first; twin != last; ++twin) {
    Outcome outcome = outcome_of(twin->second, made);
    if (!outcome.status.ok()) return;
    twin->second.job->results->add_coalesced();
    enter(twin->second, std::move(outcome), pass, book, OutcomeBook::Origin::kCache);
    batch.push_back(twin->second);
  }
}

}  // namespace quern::engine
