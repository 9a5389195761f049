#include "engine/generate/generator.h"

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "models/decoder.h"

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

/// Keeps release_idle() out while a step runs, and the other way round.
class Driving {
 public:
  explicit Driving(std::atomic_flag& flag) : flag_(flag) {
    while (flag_.test_and_set()) std::this_thread::yield();  // release_idle() is short.
  }
  ~Driving() { flag_.clear(); }
  Driving(const Driving&) = delete;

 private:
  std::atomic_flag& flag_;
};

int n_positions(const GenerationJob& job) { return job.model->decoder.config.n_positions; }

/// Positions that the whole answer may need.
int longest(const GenerationJob& job) {
  const long wanted = job.request.max_tokens > 0
                          ? static_cast<long>(job.result.n_prompt_tokens) + job.request.max_tokens
                          : n_positions(job);
  return static_cast<int>(std::min<long>(wanted, n_positions(job)));
}

}  // namespace

/// Where the logits lie, in front of the scratch.
namespace {
std::size_t logits_bytes(const models::Decoder& decoder, int n_logits) {
  const auto n = static_cast<std::size_t>(n_logits) *
                 static_cast<std::size_t>(decoder.config.n_vocab) * sizeof(float);
  return (n + 63) / 64 * 64;
}
}  // namespace

/// The sequences of one model.
struct Generator::Lane {
  Lane(std::shared_ptr<const GenerativeModel> m, const GeneratorOptions& options,
       ByteLedger& ledger)
      : model(std::move(m)),
        kv(model->decoder.config, options.kv, ledger, "kv/" + model->card->name),
        prefixes(options.max_prefixes, ledger.limit_bytes() / kPrefixShare),
        chunk(kFirstChunk) {}

  std::shared_ptr<const GenerativeModel> model;
  models::KvPool kv;
  PrefixCache prefixes;
  std::deque<JobPtr> waiting;   // Those that were set back are at the front.
  std::vector<JobPtr> running;  // In the order of their admission.
  std::vector<JobPtr> ended;    // Their callbacks are due.
  int chunk = 0;                // Prompt tokens beside running answers.
  double decode_seconds = 0;    // Of a step without prompts, smoothed.

  bool has_work() const { return !waiting.empty() || !running.empty() || !ended.empty(); }
};

struct Generator::Batch {
  std::vector<models::DecoderStep> steps;
  std::vector<JobPtr> jobs;

  int n_rows() const {
    std::size_t n = 0;
    for (const models::DecoderStep& s : steps) n += s.ids.size();
    return static_cast<int>(n);
  }
  int n_logits() const {
    int n = 0;
    for (const models::DecoderStep& s : steps) n += s.n_logits;
    return n;
  }
  /// Those of steps that carry more than a running answer's last token.
  int n_prompt_rows() const {
    int n = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (is_prompt[i]) n += static_cast<int>(steps[i].ids.size());
    }
    return n;
  }

  std::vector<bool> is_prompt;  // Of each step.
};

Generator::Generator(ThreadPool& pool, Arena& arena, ByteLedger& ledger, GeneratorOptions options)
    : pool_(pool), arena_(arena), ledger_(ledger), options_(std::move(options)) {}

Generator::~Generator() = default;

Status Generator::check(const GenerativeModel& model) const {
  constexpr int kScaled = 32;  // Numbers that share a scale in q8_0.
  const int d_head = model.decoder.config.d_head;
  if (options_.kv != kernels::KvType::kQ8_0 || d_head % kScaled == 0) return {};
  return {Code::kUnsupported,
          fmt::format("a q8_0 KV cache needs heads of a multiple of {} numbers, those of '{}' have "
                      "{}: use f16",
                      kScaled, model.card->name, d_head)};
}

void Generator::submit(JobPtr job) {
  ++counters_.n_requests;
  ++counters_.n_waiting;
  const std::lock_guard<std::mutex> lock(mutex_);
  incoming_.push_back(std::move(job));
}

Generator::Lane& Generator::lane_of(const JobPtr& job) {
  for (const auto& lane : lanes_) {
    if (lane->model == job->model) return *lane;
  }
  lanes_.push_back(std::make_unique<Lane>(job->model, options_, ledger_));
  return *lanes_.back();
}

void Generator::accept() {
  std::vector<JobPtr> fresh;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    fresh = std::exchange(incoming_, {});
  }
  for (const JobPtr& job : fresh) {
    std::deque<JobPtr>& waiting = lane_of(job).waiting;
    // Before bulk ones, behind those that were set back.
    const auto at = job->request.is_bulk
                        ? waiting.end()
                        : std::find_if(waiting.begin(), waiting.end(), [](const JobPtr& j) {
                            return j->request.is_bulk && !j->started;
                          });
    waiting.insert(at, job);
  }
}

int Generator::step() {
  const Driving driving(driving_);
  accept();
  int n_ended = sweep();
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    lanes_.splice(lanes_.end(), lanes_, lanes_.begin());  // The next model is next.
    Lane& lane = *lanes_.back();
    if (!lane.has_work()) continue;
    return n_ended + run_lane(lane);
  }
  return n_ended;
}

// Ends what was cancelled or is late, before it takes part in another step.
int Generator::sweep() {
  const Clock::time_point now = Clock::now();
  int n_ended = 0;
  for (const auto& lane : lanes_) {
    const auto look_at = [&](const JobPtr& job) {
      if (job->cancelled || cancel_all_) {
        finish(*lane, *job, {Code::kCancelled, "cancelled"}, FinishReason::kStop);
        return true;
      }
      if (!job->request.deadline || *job->request.deadline > now) return false;
      finish(*lane, *job,
             {Code::kDeadline, fmt::format("the deadline passed after {:.0f} ms and {} tokens",
                                           ms_between(job->submitted, now), job->result.n_tokens)},
             FinishReason::kStop);
      return true;
    };
    std::erase_if(lane->waiting, [&](const JobPtr& job) {
      if (!look_at(job)) return false;
      --counters_.n_waiting;
      lane->ended.push_back(job);
      return true;
    });
    std::erase_if(lane->running, [&](const JobPtr& job) {
      if (!look_at(job)) return false;
      lane->ended.push_back(job);
      return true;
    });
    n_ended += retire(*lane);
  }
  return n_ended;
}

int Generator::run_lane(Lane& lane) {
  admit(lane);
  Batch batch = compose(lane);
  if (!batch.steps.empty()) {
    const Clock::time_point start = Clock::now();
    if (forward(lane, batch)) {
      const auto spent = Clock::now() - start;
      counters_.busy_ns += std::chrono::nanoseconds(spent).count();
      ++counters_.n_steps;
      adapt_chunk(lane, batch, std::chrono::duration<double>(spent).count());
    }
  }
  return retire(lane);
}

void Generator::admit(Lane& lane) {
  while (!lane.waiting.empty() && static_cast<int>(lane.running.size()) < options_.max_sequences) {
    const JobPtr job = lane.waiting.front();
    if (!start(lane, job)) return;
    lane.waiting.pop_front();
    --counters_.n_waiting;
  }
}

// True when the job needs to wait no more: it runs, or it has failed.
bool Generator::start(Lane& lane, const JobPtr& job) {
  const bool again = job->started;
  if (!again) {
    job->first_step = Clock::now();
    job->result.queue_ms = ms_between(job->submitted, job->first_step);
  }
  job->rope = job->wanted_rope();
  std::optional<models::KvSequence> known;
  if (!job->tells_prompt()) known = lane.prefixes.find(job->context, job->rope);
  const int n_known = known ? known->length() : 0;
  job->kv.emplace(known ? std::move(*known) : models::KvSequence(lane.kv));
  const int wanted = std::min(static_cast<int>(job->context.size()) + options_.reserved_ahead,
                              std::max(longest(*job), static_cast<int>(job->context.size())));
  if (!reserve(lane, *job, wanted)) {
    if (!lane.running.empty()) {  // Somebody will leave.
      job->kv.reset();
      return false;
    }
    const Status status = job->kv->reserve(wanted);
    if (!status.ok()) {
      finish(lane, *job, status.in("the prompt's keys and values"), FinishReason::kLength);
      lane.ended.push_back(job);
      return true;
    }
  }
  job->started = true;
  if (!again) {
    job->result.n_cached_tokens = n_known;
    counters_.n_cached_tokens += n_known;
  }
  lane.running.push_back(job);
  return true;
}

// Takes pages for positions up to n_positions, from prefixes and idle models if need be.
bool Generator::reserve(Lane& lane, GenerationJob& job, int n_positions) {
  for (;;) {
    if (job.kv->reserve(n_positions).ok()) return true;
    if (lane.prefixes.drop_one()) continue;  // Its pages become spare ones.
    // Lanes without work hold pages, and their models' weights, which can go after that.
    const std::size_t n_idle = lanes_.remove_if(
        [&](const std::unique_ptr<Lane>& l) { return l.get() != &lane && !l->has_work(); });
    bool dropped = n_idle > 0;
    for (const auto& other : lanes_) {
      if (other.get() == &lane) continue;
      dropped = other->prefixes.drop_one() || dropped;
      other->kv.drop_spare();
    }
    if (dropped) continue;
    const std::size_t page =
        lane.kv.shape().page_bytes() * static_cast<std::size_t>(lane.kv.n_layers());
    if (!options_.make_room || !options_.make_room(page)) return false;
    if (!job.kv->reserve(std::min(n_positions, job.kv->length() + kernels::kKvPageTokens)).ok()) {
      return false;
    }
  }
}

// Out of pages: the youngest bulk sequence, else the youngest, gives its own back and is computed
// again later. False when nobody runs but those that take part in this step.
bool Generator::set_back_one(Lane& lane, const GenerationJob& needy, const Batch& batch) {
  auto victim = lane.running.rend();
  for (auto job = lane.running.rbegin(); job != lane.running.rend(); ++job) {
    const bool takes_part =
        std::find(batch.jobs.begin(), batch.jobs.end(), *job) != batch.jobs.end();
    if (job->get() == &needy || takes_part) continue;
    if (victim == lane.running.rend()) victim = job;
    if ((*job)->request.is_bulk) {
      victim = job;
      break;
    }
  }
  if (victim == lane.running.rend()) return false;
  const JobPtr job = *victim;
  lane.running.erase(std::next(victim).base());
  job->kv.reset();
  lane.waiting.push_front(job);
  ++counters_.n_waiting;
  ++counters_.n_set_back;
  return true;
}

Generator::Batch Generator::compose(Lane& lane) {
  Batch batch;
  const bool any_answer = std::any_of(lane.running.begin(), lane.running.end(),
                                      [](const JobPtr& j) { return !j->is_prompt(); });
  int prompt_left =
      any_answer ? std::min(lane.chunk, options_.prompt_chunk) : options_.prompt_chunk;
  const std::vector<JobPtr> order = lane.running;
  for (const JobPtr& job : order) {
    // An earlier one of this batch may have set it back.
    if (std::find(lane.running.begin(), lane.running.end(), job) == lane.running.end()) continue;
    const int chunk = job->tells_prompt() ? std::min(prompt_left, kToldChunk) : prompt_left;
    const int n = job->is_prompt() ? std::min(job->n_pending(), chunk) : 1;
    if (n == 0) continue;
    bool has_room = reserve(lane, *job, job->kv->length() + n);
    while (!has_room && set_back_one(lane, *job, batch)) {
      has_room = reserve(lane, *job, job->kv->length() + n);
    }
    if (!has_room) {
      if (!batch.jobs.empty()) continue;  // It tries again when this step has run.
      finish(lane, *job, job->kv->reserve(job->kv->length() + n), FinishReason::kLength);
      std::erase(lane.running, job);
      lane.ended.push_back(job);
      continue;
    }
    if (job->is_prompt()) prompt_left -= n;
    batch.is_prompt.push_back(job->is_prompt());
    const auto first = static_cast<std::size_t>(job->kv->length());
    const bool is_last = n == job->n_pending();
    batch.steps.push_back(
        {.ids = std::span(job->context).subspan(first, static_cast<std::size_t>(n)),
         .kv = &*job->kv,
         .n_logits = job->tells_prompt() ? n
                     : is_last           ? 1
                                         : 0,
         .longest = static_cast<int>(job->context.size())});
    batch.jobs.push_back(job);
  }
  return batch;
}

// Memory for the pass; where there is too little of it, for a smaller one: fewer sequences, a
// shorter piece of the prompt, and in the end at the cost of what others hold.
Result<Arena::Lease> Generator::fit(Lane& lane, Batch& batch) {
  const models::Decoder& decoder = lane.model->decoder;
  for (;;) {
    const std::size_t wanted = logits_bytes(decoder, batch.n_logits()) +
                               models::decoder_scratch_bytes(decoder, options_.kv, batch.n_rows(),
                                                             batch.n_logits(), pool_.n_threads());
    Result<Arena::Lease> lease = arena_.take(wanted);
    if (lease.ok()) return lease;
    if (options_.make_room && options_.make_room(wanted)) lease = arena_.take(wanted);
    if (lease.ok()) return lease;
    models::DecoderStep& last = batch.steps.back();
    if (batch.steps.size() > 1) {
      batch.steps.pop_back();
      batch.jobs.pop_back();
    } else if (last.ids.size() > 1) {
      last.ids = last.ids.first(last.ids.size() / 2);
      const bool tells = batch.jobs.back()->tells_prompt();
      last.n_logits = tells ? static_cast<int>(last.ids.size()) : 0;
    } else if (lane.prefixes.drop_one() || set_back_one(lane, *batch.jobs.back(), batch)) {
      lane.kv.drop_spare();
    } else {
      return lease;
    }
  }
}

bool Generator::forward(Lane& lane, Batch& batch) {
  const models::Decoder& decoder = lane.model->decoder;
  Result<Arena::Lease> lease = fit(lane, batch);
  if (!lease.ok()) {
    const JobPtr last = batch.jobs.back();
    finish(lane, *last, lease.status(), FinishReason::kLength);
    std::erase(lane.running, last);
    lane.ended.push_back(last);
    return false;
  }
  const int n_logits = batch.n_logits();
  const Matrix<float> logits(reinterpret_cast<float*>(lease->bytes().data()), n_logits,
                             decoder.config.n_vocab);
  models::decoder_forward(decoder, batch.steps,
                          lease->bytes().subspan(logits_bytes(decoder, n_logits)), pool_, logits);
  counters_.n_prompt_tokens += batch.n_prompt_rows();
  int row = 0;
  for (std::size_t i = 0; i < batch.jobs.size(); ++i) {
    const models::DecoderStep& done = batch.steps[i];
    if (done.n_logits == 0) continue;
    GenerationJob& job = *batch.jobs[i];
    const auto first = static_cast<int>(done.ids.data() - job.context.data());
    const bool is_last = job.context.size() == static_cast<std::size_t>(first) + done.ids.size();
    if (job.tells_prompt()) tell_prompt(job, first, logits.block(row, done.n_logits));
    row += done.n_logits;
    if (is_last) deliver(lane, job, logits.row(row - 1));
  }
  return true;
}

// Running answers must not stutter when a prompt joins: its chunks shrink until a step takes about
// kStretch times what it takes without them.
void Generator::adapt_chunk(Lane& lane, const Batch& batch, double seconds) {
  const int n_prompt_rows = batch.n_prompt_rows();
  const bool any_answer = batch.n_rows() > n_prompt_rows;
  if (!any_answer) return;
  if (n_prompt_rows == 0) {
    lane.decode_seconds =
        lane.decode_seconds == 0 ? seconds : 0.8 * lane.decode_seconds + 0.2 * seconds;
    return;
  }
  if (lane.decode_seconds == 0) return;
  const double room = lane.decode_seconds * (kStretch - 1);
  const double taken = std::max(seconds - lane.decode_seconds, 1e-6);
  const double fitting = n_prompt_rows * std::clamp(room / taken, 0.5, 1.2) + 0.5;
  lane.chunk = std::clamp(static_cast<int>(fitting), kSmallestChunk, options_.prompt_chunk);
}

namespace {

std::string bytes_of(const GenerativeModel& model, text::TokenId id) {
  std::string out;
  model.append_bytes(id, out);
  return out;
}

void rule_out(std::span<const text::TokenId> ids, std::span<float> logits) {
  for (const text::TokenId id : ids) {
    if (static_cast<std::size_t>(id) < logits.size()) logits[static_cast<std::size_t>(id)] = -1e30f;
  }
}

void add_logprobs(const GenerationJob& job, std::span<const float> logits, GeneratedToken& token) {
  if (job.request.n_logprobs < 0) return;
  token.top = top_logprobs(logits, token.id, job.request.n_logprobs, token.logprob);
  for (const TokenProbability& t : token.top) token.top_bytes.push_back(bytes_of(*job.model, t.id));
}

}  // namespace

/// `logits` are those of the tokens from position `first` on, each of which predicts the next.
void Generator::tell_prompt(GenerationJob& job, int first, Matrix<const float> logits) {
  GenerateDelta delta;
  delta.is_prompt = true;
  const auto add = [&](int position) -> GeneratedToken& {
    GeneratedToken& token = delta.tokens.emplace_back();
    token.id = job.context[static_cast<std::size_t>(position)];
    token.bytes = bytes_of(*job.model, token.id);
    job.n_prompt_told = position + 1;
    return token;
  };
  if (job.n_prompt_told == 0) add(0).logprob = std::numeric_limits<float>::quiet_NaN();
  for (int i = 0; i < logits.rows; ++i) {
    const int position = first + i + 1;
    // A sequence that was set back comes by what it has told.
    if (position < job.n_prompt_told || position >= job.result.n_prompt_tokens) continue;
    add_logprobs(job, logits.row(i), add(position));
  }
  if (job.on_delta && !delta.tokens.empty()) job.on_delta(delta);
}

// The next token of a sequence, out of its logits: sampled, told, and put behind the context.
void Generator::deliver(Lane& lane, GenerationJob& job, std::span<float> logits) {
  const Clock::time_point now = Clock::now();
  if (job.result.n_tokens == 0) {
    job.first_token = now;
    job.result.prompt_ms = ms_between(job.first_step, now);
    lane.prefixes.keep(job.context, *job.kv, job.rope);
  }
  std::vector<float> raw;
  if (job.request.n_logprobs >= 0) raw.assign(logits.begin(), logits.end());
  if (job.request.ignore_end) rule_out(job.model->card->decoder->end_ids, logits);
  const Result<text::TokenId> picked = job.sampler.pick(logits, job.result.n_tokens);
  if (!picked.ok()) return finish(lane, job, picked.status(), FinishReason::kStop);
  if (!job.request.ignore_end && job.model->ends(*picked)) {
    return finish(lane, job, {}, FinishReason::kStop);
  }
  GenerateDelta delta;
  GeneratedToken& token = delta.tokens.emplace_back();
  token.id = *picked;
  token.bytes = bytes_of(*job.model, token.id);
  add_logprobs(job, raw, token);
  std::string text;
  job.assembler.add(token.bytes, text);
  const bool stops = job.stops.add(text, delta.text);
  job.sampler.see(token.id);
  job.context.push_back(token.id);
  ++job.result.n_tokens;
  ++counters_.n_tokens;
  if (job.on_delta) job.on_delta(delta);
  if (stops) return finish(lane, job, {}, FinishReason::kStop);
  if (job.request.max_tokens > 0 && job.result.n_tokens >= job.request.max_tokens) {
    return finish(lane, job, {}, FinishReason::kLength);
  }
  if (static_cast<int>(job.context.size()) > n_positions(job)) {
    if (job.request.context == ContextPolicy::kRefuse) {
      return finish(lane, job, {}, FinishReason::kLength);
    }
    slide(lane, job);
  }
  // The context has outgrown its rope (or slid back under it): all of it is computed again.
  if (job.rope == job.wanted_rope()) return;
  job.rope = job.wanted_rope();
  job.kv.emplace(lane.kv);
}

// Half of what lies behind the kept head goes; positions change, so the rest is computed again.
void Generator::slide(Lane& lane, GenerationJob& job) {
  const auto head = static_cast<std::ptrdiff_t>(
      std::min(static_cast<std::size_t>(std::max(job.request.n_kept, 0)), job.context.size() / 2));
  const auto n_dropped = (static_cast<std::ptrdiff_t>(job.context.size()) - head) / 2;
  job.context.erase(job.context.begin() + head, job.context.begin() + head + n_dropped);
  job.kv.emplace(lane.kv);
}

// What is held back is told; the answer itself follows in retire(), when nothing refers to the job.
void Generator::finish(Lane& lane, GenerationJob& job, Status status, FinishReason reason) {
  if (status.ok() || status.code() == Code::kCancelled || status.code() == Code::kDeadline) {
    if (job.kv) lane.prefixes.keep(job.context, *job.kv, job.rope);
  }
  if (status.ok()) {
    GenerateDelta rest;
    std::string text;
    job.assembler.finish(text);
    if (!job.stops.add(text, rest.text)) job.stops.finish(rest.text);
    if (!rest.text.empty() && job.on_delta) job.on_delta(rest);
  } else {
    ++counters_.n_failed;
  }
  const Clock::time_point now = Clock::now();
  if (job.result.n_tokens > 0) job.result.decode_ms = ms_between(job.first_token, now);
  job.result.status = std::move(status);
  job.result.finish = reason;
  job.kv.reset();
  job.ended = true;
}

int Generator::retire(Lane& lane) {
  std::erase_if(lane.running, [&](const JobPtr& job) {
    if (!job->ended) return false;
    lane.ended.push_back(job);
    return true;
  });
  int n_running = 0;
  for (const auto& l : lanes_) n_running += static_cast<int>(l->running.size());
  counters_.n_running = n_running;
  const std::vector<JobPtr> ended = std::exchange(lane.ended, {});
  for (const JobPtr& job : ended) {
    job->model.reset();
    const OnGenerated done = std::exchange(job->done, nullptr);
    job->on_delta = nullptr;
    job->bytes = Reservation();
    done(std::move(job->result));
  }
  return static_cast<int>(ended.size());
}

void Generator::release_idle() {
  if (driving_.test_and_set()) return;
  lanes_.remove_if([](const std::unique_ptr<Lane>& lane) { return !lane->has_work(); });
  driving_.clear();
}

}  // namespace quern::engine
