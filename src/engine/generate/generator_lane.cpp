#include "engine/generate/generator_lane.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/pace.h"
#include "engine/room_beside.h"

namespace quern::engine {
namespace {

using Clock = GenerationJob::Clock;

constexpr int kSmallestChunk = 2;
constexpr int kToldChunk = 16;  // Of a prompt that is told: each token's logits take memory.
constexpr int kFirstChunk = 7;  // With one answer, what the products for few rows take at once.
// A step that carries a piece of a prompt may take this much longer than one that does not.
constexpr double kStretch = 1.6;

// Prefixes of one model hold at most this part of all memory, wanted by others or not.
constexpr std::size_t kPrefixShare = 8;

double ms_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

int n_positions(const GenerationJob& job) { return job.model->decoder.config.n_positions; }

/// Positions that the whole answer may need.
int longest(const GenerationJob& job) {
  const long wanted = job.request.max_tokens > 0
                          ? static_cast<long>(job.result.n_prompt_tokens) + job.request.max_tokens
                          : n_positions(job);
  return static_cast<int>(std::min<long>(wanted, n_positions(job)));
}

bool is_bulk(const GenerationJob& job) { return job.request.work_class == WorkClass::kBulk; }

/// Where the logits lie, in front of the scratch.
std::size_t logits_bytes(const models::Decoder& decoder, int n_logits) {
  const auto n = static_cast<std::size_t>(n_logits) *
                 static_cast<std::size_t>(decoder.config.n_vocab) * sizeof(float);
  return (n + 63) / 64 * 64;
}

}  // namespace

void CallLock::lock() {
  while (!try_lock()) held_.wait(true);
}

void CallLock::unlock() {
  held_ = false;
  held_.notify_one();
}

int GeneratorLane::Batch::n_rows() const {
  std::size_t n = 0;
  for (const models::DecoderStep& s : steps) n += s.ids.size();
  return static_cast<int>(n);
}

int GeneratorLane::Batch::n_logits() const {
  int n = 0;
  for (const models::DecoderStep& s : steps) n += s.n_logits;
  return n;
}

int GeneratorLane::Batch::n_prompt_rows() const {
  int n = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (is_prompt[i]) n += static_cast<int>(steps[i].ids.size());
  }
  return n;
}

void GeneratorLane::Batch::drop_last() {
  steps.pop_back();
  jobs.pop_back();
  is_prompt.pop_back();
}

GeneratorLane::GeneratorLane(std::shared_ptr<const GenerativeModel> model, GeneratorParts& parts)
    : model_(std::move(model)),
      parts_(parts),
      kv_(model_->decoder.config, parts.options.kv, parts.ledger, "kv/" + model_->card->name),
      prefixes_(parts.options.max_prefixes, parts.ledger.limit_bytes() / kPrefixShare),
      pages_(kv_, prefixes_, parts.ledger),
      chunk_(kFirstChunk) {}

void GeneratorLane::add(const JobPtr& job) {
  // Before bulk ones, behind those that were set back.
  const auto at = is_bulk(*job) ? waiting_.end()
                                : std::find_if(waiting_.begin(), waiting_.end(), [](const auto& j) {
                                    return is_bulk(*j) && !j->started;
                                  });
  waiting_.insert(at, job);
  ++n_open_;
  if (!is_bulk(*job)) ++n_interactive_;
}

Turn GeneratorLane::step(Shortage shortage) {
  const std::lock_guard<CallLock> call(in_call_);
  admit(shortage);
  compose(shortage);
  Turn turn = ended_.empty() ? Turn::kNoRoom : Turn::kDone;
  if (!batch_.steps.empty()) turn = forward(shortage);
  batch_ = {};
  retire();
  return turn;
}

// A prompt whose client has gone: the step is not worth its end, and computed again without it.
bool GeneratorLane::is_unwanted() const {
  for (std::size_t i = 0; i < batch_.jobs.size(); ++i) {
    if (batch_.is_prompt[i] && batch_.jobs[i]->cancelled) return true;
  }
  return false;
}

// Ends what was cancelled or is late, before it takes part in another step.
Clock::time_point GeneratorLane::sweep(Sweep which) {
  const std::lock_guard<CallLock> call(in_call_);
  const Clock::time_point now = Clock::now();
  Clock::time_point next = Clock::time_point::max();
  const auto ends = [&](const JobPtr& job) {
    if (job->cancelled || which == Sweep::kAll) {
      finish(*job, {Code::kCancelled, "cancelled"}, FinishReason::kStop);
    } else if (job->request.deadline && *job->request.deadline <= now) {
      finish(*job,
             {Code::kDeadline, fmt::format("the deadline passed after {:.0f} ms and {} tokens",
                                           ms_between(job->submitted, now), job->result.n_tokens)},
             FinishReason::kStop);
    } else {
      if (job->request.deadline) next = std::min(next, *job->request.deadline);
      return false;
    }
    return true;
  };
  std::erase_if(waiting_, [&](const JobPtr& job) {
    if (!ends(job)) return false;
    --parts_.counters.n_waiting;
    ended_.push_back(job);
    return true;
  });
  for (const JobPtr& job : running_) ends(job);
  retire();
  return next;
}

// Beside others that run, pages do not take the place of the scratch that the next step will need:
// one of them will leave, or is set back.
Status GeneratorLane::take_pages(GenerationJob& job, int n_positions) {
  const bool is_beside_others = std::any_of(
      running_.begin(), running_.end(), [&](const JobPtr& other) { return other.get() != &job; });
  std::optional<Arena::Lease> scratch;
  if (is_beside_others) {
    QUERN_ASSIGN(scratch, parts_.arena.take(0));
  }
  return pages_.reserve(*job.kv, n_positions);
}

// Errors: kTooLarge where the context would find no room even alone.
Status GeneratorLane::check_fits(int n_context) {
  return refusal_of(parts_.ledger, model_->card->name, model_->stream(),
                    models::KvSequence(kv_).missing_bytes(n_context, 0),
                    fmt::format("a context of {} tokens (its keys and values)", n_context), {});
}

void GeneratorLane::admit(Shortage shortage) {
  while (!waiting_.empty() && static_cast<int>(running_.size()) < parts_.options.max_sequences) {
    const JobPtr job = waiting_.front();
    const Refusal now{job.get(), n_left_, parts_.ledger.free_bytes()};
    if (refusal_ == now) return;
    if (!start(job, shortage)) {
      refusal_ = {job.get(), n_left_, parts_.ledger.free_bytes()};
      return;
    }
    refusal_.reset();
    waiting_.pop_front();
    --parts_.counters.n_waiting;
  }
}

// True when the job needs to wait no more: it runs, or it has failed.
bool GeneratorLane::start(const JobPtr& job, Shortage shortage) {
  const bool again = job->started;
  if (!again) {
    job->first_step = Clock::now();
    job->result.queue_ms = ms_between(job->submitted, job->first_step);
  }
  job->rope = job->wanted_rope();
  std::optional<models::KvSequence> known;
  if (!job->tells_prompt()) known = prefixes_.find(job->context, job->rope);
  const int n_known = known ? known->length() : 0;
  job->kv.emplace(known ? std::move(*known) : models::KvSequence(kv_));
  const auto n_context = static_cast<int>(job->context.size());
  const int wanted =
      std::min(n_context + parts_.options.reserved_ahead, std::max(longest(*job), n_context));
  if (const Status status = check_fits(n_context); !status.ok()) {
    finish(*job, status, FinishReason::kLength);
    ended_.push_back(job);
    return true;
  }
  if (const Status status = take_pages(*job, wanted); !status.ok()) {
    // Somebody will leave: of us, or the pass in whose midst this is.
    if (!running_.empty() || shortage == Shortage::kWait) {
      job->kv.reset();
      return false;
    }
    finish(*job, status.in("the prompt's keys and values"), FinishReason::kLength);
    ended_.push_back(job);
    return true;
  }
  job->started = true;
  if (!again) {
    job->result.n_cached_tokens = n_known;
    parts_.counters.n_cached_tokens += n_known;
  }
  running_.push_back(job);
  return true;
}

// Out of pages: the youngest bulk sequence, else the youngest, gives its own back and is computed
// again later. False when nobody runs but those that take part in this step.
bool GeneratorLane::set_back_one(const GenerationJob& needy) {
  auto victim = running_.rend();
  for (auto job = running_.rbegin(); job != running_.rend(); ++job) {
    const bool takes_part =
        std::find(batch_.jobs.begin(), batch_.jobs.end(), *job) != batch_.jobs.end();
    if (job->get() == &needy || takes_part || (*job)->ended) continue;
    if (victim == running_.rend()) victim = job;
    if (is_bulk(**job)) {
      victim = job;
      break;
    }
  }
  if (victim == running_.rend()) return false;
  const JobPtr job = *victim;
  running_.erase(std::next(victim).base());
  ++n_left_;
  job->kv.reset();
  waiting_.push_front(job);
  ++parts_.counters.n_waiting;
  ++parts_.counters.n_set_back;
  return true;
}

void GeneratorLane::compose(Shortage shortage) {
  const bool any_answer =
      std::any_of(running_.begin(), running_.end(), [](const auto& j) { return !j->is_prompt(); });
  const int whole = parts_.options.prompt_chunk;
  int prompt_left = any_answer ? std::min(chunk_, whole) : whole;
  const std::vector<JobPtr> order = running_;
  for (const JobPtr& job : order) {
    // An earlier one of this batch may have set it back.
    if (std::find(running_.begin(), running_.end(), job) == running_.end()) continue;
    const int chunk = job->tells_prompt() ? std::min(prompt_left, kToldChunk) : prompt_left;
    const int n = job->is_prompt() ? std::min(job->n_pending(), chunk) : 1;
    if (n == 0) continue;
    const int wanted = job->kv->length() + n;
    Status has_room = take_pages(*job, wanted);
    while (!has_room.ok() && set_back_one(*job)) has_room = take_pages(*job, wanted);
    if (!has_room.ok()) {
      // It tries again when this step has run, or the pass in whose midst this is.
      if (batch_.jobs.empty() && shortage == Shortage::kMakeRoom) fail(job, std::move(has_room));
      continue;
    }
    if (job->is_prompt()) prompt_left -= n;
    const auto first = static_cast<std::size_t>(job->kv->length());
    const bool is_last = n == job->n_pending();
    batch_.is_prompt.push_back(job->is_prompt());
    batch_.steps.push_back(
        {.ids = std::span(job->context).subspan(first, static_cast<std::size_t>(n)),
         .kv = &*job->kv,
         .n_logits = job->tells_prompt() ? n
                     : is_last           ? 1
                                         : 0,
         .longest = static_cast<int>(job->context.size())});
    batch_.jobs.push_back(job);
  }
}

// Memory for the pass; where there is too little of it, for a smaller one: fewer sequences, a
// shorter piece of the prompt, and in the end at the cost of what others hold.
Result<Arena::Lease> GeneratorLane::fit(Shortage shortage) {
  const models::Decoder& decoder = model_->decoder;
  for (;;) {
    const std::size_t wanted =
        logits_bytes(decoder, batch_.n_logits()) +
        models::decoder_scratch_bytes(decoder, parts_.options.kv, batch_.n_rows(),
                                      batch_.n_logits(), parts_.pool.n_threads());
    Result<Arena::Lease> lease = parts_.arena.take(
        wanted, shortage == Shortage::kMakeRoom ? Reclaim::kAllowed : Reclaim::kNever);
    if (lease.ok() || shortage == Shortage::kWait) return lease;
    models::DecoderStep& last = batch_.steps.back();
    if (batch_.steps.size() > 1) {
      batch_.drop_last();
    } else if (last.ids.size() > 1) {
      last.ids = last.ids.first(last.ids.size() / 2);
      const bool tells = batch_.jobs.back()->tells_prompt();
      last.n_logits = tells ? static_cast<int>(last.ids.size()) : 0;
    } else if (prefixes_.drop_one() || set_back_one(*batch_.jobs.back())) {
      kv_.drop_spare();
    } else {
      return lease;
    }
  }
}

Turn GeneratorLane::forward(Shortage shortage) {
  const models::Decoder& decoder = model_->decoder;
  const Result<Arena::Lease> lease = fit(shortage);
  if (!lease.ok()) {
    if (shortage == Shortage::kWait) return Turn::kNoRoom;
    fail(batch_.jobs.back(), lease.status());
    return Turn::kDone;
  }
  const int n_logits = batch_.n_logits();
  const Matrix<float> logits(reinterpret_cast<float*>(lease->bytes().data()), n_logits,
                             decoder.config.n_vocab);
  const Pace& pace = Pace::current();
  const auto yielded = pace.yielded();
  const Clock::time_point start = Clock::now();
  models::decoder_forward(decoder, batch_.steps,
                          lease->bytes().subspan(logits_bytes(decoder, n_logits)), parts_.pool,
                          logits);
  const auto spent = Clock::now() - start - (pace.yielded() - yielded);
  parts_.counters.busy_ns += std::chrono::nanoseconds(spent).count();
  if (pace.left()) return Turn::kDone;
  ++parts_.counters.n_steps;
  parts_.counters.n_prompt_tokens += batch_.n_prompt_rows();
  int row = 0;
  for (std::size_t i = 0; i < batch_.jobs.size(); ++i) {
    const models::DecoderStep& done = batch_.steps[i];
    if (done.n_logits == 0) continue;
    GenerationJob& job = *batch_.jobs[i];
    const auto first = static_cast<int>(done.ids.data() - job.context.data());
    const bool is_last = job.context.size() == static_cast<std::size_t>(first) + done.ids.size();
    if (job.tells_prompt()) delivery_.prompt(job, first, logits.block(row, done.n_logits));
    row += done.n_logits;
    if (is_last) deliver(job, logits.row(row - 1));
  }
  adapt_chunk(std::chrono::duration<double>(spent).count());
  return Turn::kDone;
}

// Running answers must not stutter when a prompt joins: its chunks shrink until a step takes about
// kStretch times what it takes without them.
void GeneratorLane::adapt_chunk(double seconds) {
  const int n_prompt_rows = batch_.n_prompt_rows();
  const bool any_answer = batch_.n_rows() > n_prompt_rows;
  if (!any_answer) return;
  if (n_prompt_rows == 0) {
    decode_seconds_ = decode_seconds_ == 0 ? seconds : 0.8 * decode_seconds_ + 0.2 * seconds;
    return;
  }
  if (decode_seconds_ == 0) return;
  const double room = decode_seconds_ * (kStretch - 1);
  const double taken = std::max(seconds - decode_seconds_, 1e-6);
  const double fitting = n_prompt_rows * std::clamp(room / taken, 0.5, 1.2) + 0.5;
  chunk_ = std::clamp(static_cast<int>(fitting), kSmallestChunk, parts_.options.prompt_chunk);
}

// The next token of a sequence; then the context may be full, or turn by another rope.
void GeneratorLane::deliver(GenerationJob& job, std::span<float> logits) {
  if (job.result.n_tokens == 0) {
    job.first_token = Clock::now();
    job.result.prompt_ms = ms_between(job.first_step, job.first_token);
    prefixes_.keep(job.context, *job.kv, job.rope);
  }
  const int n_before = job.result.n_tokens;
  std::optional<AnswerEnd> end = delivery_.next_token(job, logits);
  parts_.counters.n_tokens += job.result.n_tokens - n_before;
  if (end) return finish(job, std::move(end->status), end->reason);
  if (static_cast<int>(job.context.size()) > n_positions(job)) {
    if (job.request.context == ContextPolicy::kRefuse) {
      return finish(job, {}, FinishReason::kLength);
    }
    slide(job);
  }
  // The context has outgrown its rope (or slid back under it): all of it is computed again.
  if (job.rope == job.wanted_rope()) return;
  job.rope = job.wanted_rope();
  job.kv.emplace(kv_);
}

// Half of what lies behind the kept head goes; positions change, so the rest is computed again.
void GeneratorLane::slide(GenerationJob& job) {
  const auto head = static_cast<std::ptrdiff_t>(
      std::min(static_cast<std::size_t>(std::max(job.request.n_kept, 0)), job.context.size() / 2));
  const auto n_dropped = (static_cast<std::ptrdiff_t>(job.context.size()) - head) / 2;
  job.context.erase(job.context.begin() + head, job.context.begin() + head + n_dropped);
  job.kv.emplace(kv_);
}

// What is held back is noted; the answer itself follows in retire(), when nothing refers to the
// job.
void GeneratorLane::finish(GenerationJob& job, Status status, FinishReason reason) {
  if (status.ok() || status.code() == Code::kCancelled || status.code() == Code::kDeadline) {
    if (job.kv) prefixes_.keep(job.context, *job.kv, job.rope);
  }
  if (status.ok()) {
    delivery_.rest(job);
  } else {
    ++parts_.counters.n_failed;
  }
  if (job.result.n_tokens > 0) job.result.decode_ms = ms_between(job.first_token, Clock::now());
  job.result.status = std::move(status);
  job.result.finish = reason;
  job.kv.reset();
  job.ended = true;
}

void GeneratorLane::fail(const JobPtr& job, Status status) {
  finish(*job, std::move(status), FinishReason::kLength);
}

// No lease is held here, and nothing refers to the jobs any more: callbacks may do as they like.
void GeneratorLane::retire() {
  std::erase_if(running_, [&](const JobPtr& job) {
    if (!job->ended) return false;
    ended_.push_back(job);
    ++n_left_;
    return true;
  });
  const int n_running = static_cast<int>(running_.size());
  parts_.counters.n_running += n_running - std::exchange(n_shown_running_, n_running);
  const std::vector<JobPtr> ended = std::exchange(ended_, {});
  delivery_.tell();
  for (const JobPtr& job : ended) {
    if (!is_bulk(*job)) --n_interactive_;
    job->model.reset();
    const OnGenerated done = std::exchange(job->done, nullptr);
    job->on_delta = nullptr;
    job->bytes = Reservation();
    done(std::move(job->result));
  }
  n_open_ -= static_cast<int>(ended.size());
}

std::size_t GeneratorLane::reclaimable_bytes() {
  const std::unique_lock<CallLock> call(in_call_, std::try_to_lock);
  if (!call.owns_lock()) return 0;
  const std::size_t kept = kv_.freeable_bytes(prefixes_.own_pages());
  constexpr long kHolders = 2;  // This lane, and whoever keeps the model for later requests.
  const bool holds_weights = n_open_ == 0 && model_.use_count() == kHolders;
  if (!holds_weights) return kept;
  const models::SectionStream* stream = model_->stream();
  const std::size_t weights = model_->card->as_decoder().weights.bytes;
  // What it has to spare is counted where all models are.
  return kept + (stream == nullptr ? weights : stream->held_bytes() - stream->spare_bytes());
}

// Spare pages first: they are nobody's.
bool GeneratorLane::reclaim_some() {
  const std::unique_lock<CallLock> call(in_call_, std::try_to_lock);
  if (!call.owns_lock()) return false;
  const bool any = kv_.n_spare() > 0 || prefixes_.drop_one();
  kv_.drop_spare();
  return any;
}

}  // namespace quern::engine
