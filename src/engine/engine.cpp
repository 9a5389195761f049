#include "engine/engine.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/machine.h"
#include "base/thread_pool.h"
#include "engine/arena.h"
#include "engine/embedding_facts.h"
#include "engine/engine_parts.h"
#include "engine/generate/generation_admission.h"
#include "engine/generate/generator.h"
#include "engine/idle_timer.h"
#include "engine/job_admission.h"
#include "engine/load/model_tasks.h"
#include "engine/model_pool.h"
#include "engine/open_requests.h"
#include "engine/resident_watch.h"
#include "engine/scheduler.h"

namespace quern::engine {
namespace {

using namespace std::chrono_literals;

constexpr double kShareOfMachine = 0.8;
constexpr int kMaxThreads = 1024;
constexpr int kMaxBatchTokens = 1 << 20;
constexpr int kMaxBatchTexts = 1 << 20;
constexpr int kMaxSequences = 1024;
constexpr std::size_t kShortPromptBytes = 32 << 10;
// Of a request whose results are looked for on the thread that brings it: it takes some 50 us.
constexpr std::size_t kShortRequestBytes = 4 << 10;
constexpr std::size_t kMostResultBytes = 64 << 20;
constexpr std::size_t kResultShare = 16;  // Of the budget.

// A load waits so long for memory that others use before the model is streamed.
constexpr std::chrono::milliseconds kStreamPatience{250};
// ... and holds back requests for other models.
constexpr std::chrono::milliseconds kHold{1'000};
constexpr std::chrono::milliseconds kNone{0};

class JobTicket : public Ticket {
 public:
  JobTicket(std::shared_ptr<Job> job, std::shared_ptr<std::atomic<bool>> sweep)
      : job_(std::move(job)), sweep_(std::move(sweep)) {}

  void cancel() override {
    job_->cancelled = true;
    sweep_->store(true);
  }

 private:
  const std::shared_ptr<Job> job_;
  const std::shared_ptr<std::atomic<bool>> sweep_;
};

bool is_short(const Request& request) {
  std::size_t bytes = request.query.size() * request.inputs.size();
  for (const Input& input : request.inputs) {
    bytes += 1 + input.text.size() + (input.text_pair ? input.text_pair->size() : 0);
    if (input.ids) bytes += input.ids->size() * sizeof(text::TokenId);
  }
  return bytes <= kShortRequestBytes;
}

class EngineImpl : public Engine {
 public:
  EngineImpl(std::shared_ptr<ByteLedger> ledger, Reservation process, int n_threads,
             const EngineOptions& options, kernels::KvType kv_type,
             std::unique_ptr<const ModelSource> source)
      : patience_(options.patience),
        ledger_(std::move(ledger)),
        pool_(n_threads),
        arena_(*ledger_),
        models_(ledger_, pool_, std::move(source),
                {.keep_alive = options.keep_alive,
                 .streaming = options.stream ? Streaming::kAlways : Streaming::kAsNeeded,
                 .stream_patience = kStreamPatience,
                 .patience = options.patience,
                 .hold = kHold,
                 .on_expiry = [this](auto when) { idle_timer_.look_by(when); },
                 .let_go = [this](const LoadedWeights& weights) { generator_.let_go(weights); }}),
        results_(make_results(options)),
        generator_(pool_, arena_, *ledger_,
                   {.max_sequences = options.max_sequences, .kv = kv_type}),
        scheduler_(pool_, arena_,
                   {.batch_tokens = options.batch_tokens,
                    .min_batch = options.min_batch,
                    .max_batch = options.max_batch > 0 ? options.max_batch : kMaxBatchTexts,
                    .generator = &generator_}),
        watch_(*ledger_, std::move(process), n_threads) {}

  ~EngineImpl() override {
    requests_.close();
    stopping_ = true;
  }

  std::shared_ptr<Ticket> submit(Request request, std::function<void(Response)> done) override {
    auto job = std::make_shared<Job>();
    auto ticket = std::make_shared<JobTicket>(job, scheduler_.sweep_flag());
    if (!requests_.enter()) {
      done(failed({Code::kUnavailable, "shutting down"}));
      return ticket;
    }
    job->done = [this, done = std::move(done)](Response response) {
      done(std::move(response));
      requests_.leave();
    };
    const std::string name = request.model;
    const std::optional<KeepAlive> keep_alive = request.keep_alive;
    if (results_ != nullptr && is_short(request)) {
      const std::shared_ptr<const ModelCard> card = models_.find_card(name);
      const Admission admission =
          card == nullptr ? Admission::kLater : jobs_.admit(*job, request, card, kNone);
      if (admission == Admission::kAnswered) return ticket;
      const bool is_admitted = admission == Admission::kDone;
      if (is_admitted && jobs_.answer_found(*job, keep_alive, [] { return false; })) return ticket;
    }
    const LoadedModel model = models_.find_loaded(name, keep_alive);
    if (model.weights != nullptr && start(job, request, model, kNone)) return ticket;
    auto waiting =
        std::make_shared<PendingJob>(PendingJob{job, std::move(request), name, keep_alive});
    loads_.add(name, [this, waiting] { load_and_start(*waiting); });
    return ticket;
  }

  Response run(Request request) override {
    if (!requests_.enter()) return failed({Code::kUnavailable, "shutting down"});
    Response answer;
    auto job = std::make_shared<Job>();
    job->done = [&](Response response) { answer = std::move(response); };
    run_job(job, std::move(request));
    requests_.leave();
    return answer;
  }

  std::shared_ptr<Ticket> generate(GenerateRequest request, OnDelta on_delta,
                                   OnGenerated done) override {
    auto ticket = std::make_shared<GenerationTicket>(scheduler_.sweep_flag());
    if (!requests_.enter()) {
      done(not_generated({Code::kUnavailable, "shutting down"}));
      return ticket;
    }
    auto waiting = std::make_shared<PendingGeneration>();
    waiting->request = std::move(request);
    waiting->on_delta = std::move(on_delta);
    waiting->done = [this, done = std::move(done)](GenerateResult result) {
      done(std::move(result));
      requests_.leave();
    };
    waiting->ticket = ticket;
    const GenerateRequest& wanted = waiting->request;
    // A long prompt takes its time to become tokens.
    const bool is_short = wanted.prompt.size() < kShortPromptBytes;
    const LoadedModel model =
        is_short ? models_.find_loaded(wanted.model, wanted.keep_alive) : LoadedModel();
    if (model.weights == nullptr || !generations_.start(*waiting, model, kNone)) {
      loads_.add(waiting->request.model, [this, waiting] { load_and_generate(*waiting); });
    }
    return ticket;
  }

  Result<std::shared_ptr<const formats::DecoderModel>> decoder(const std::string& model) override {
    QUERN_ASSIGN(const std::shared_ptr<const ModelCard> card, models_.card(model));
    if (!card->generates()) return not_generative(*card);
    return std::shared_ptr<const formats::DecoderModel>(card, &card->as_decoder().model);
  }

  Result<std::string> listed_name(const std::string& model) override {
    return models_.listed_name(model);
  }

  Result<ModelInfo> describe(const std::string& model) override {
    QUERN_ASSIGN(const std::shared_ptr<const ModelCard> card, models_.card(model));
    return models_.info(*card);
  }

  Result<std::string> model_digest(const std::string& model) override {
    QUERN_ASSIGN(const std::shared_ptr<const ModelCard> card, models_.card(model));
    return models_.digest(*card);
  }

  Result<EmbeddingFacts> embedding_facts(const Request& request) override {
    QUERN_ASSIGN(const std::shared_ptr<const ModelCard> card, models_.card(request.model));
    QUERN_ASSIGN(const Plan plan, plan_request(*card, request));
    std::string arithmetic = models_.result_identity(*card);
    if (arithmetic.empty()) {  // The first load finds out digest and precision.
      QUERN_TRY(models_.acquire(request.model).status());
      arithmetic = models_.result_identity(*card);
    }
    if (arithmetic.empty()) return Engine::embedding_facts(request);
    return engine::embedding_facts(*card, plan, models_.weights_identity(*card), arithmetic);
  }

  std::vector<ModelInfo> list() override { return models_.list(); }

  std::vector<ModelStatus> statuses() override { return models_.statuses(); }

  Status keep(const std::string& model, KeepAlive keep_alive) override {
    return models_.keep(model, keep_alive);
  }

  Status warm(const std::string& model) override { return models_.acquire(model).status(); }

  Result<std::shared_ptr<const text::TextEncoder>> text_encoder(const std::string& model) override {
    return models_.encoder(model);
  }

  std::size_t clear_results() override { return results_ == nullptr ? 0 : results_->clear(); }

  Stats stats() const override {
    const Counters& c = scheduler_.counters();
    Stats stats;
    if (results_ != nullptr) stats.results = results_->stats();
    stats.n_texts = c.n_texts;
    stats.n_tokens = c.n_tokens;
    stats.n_batches = c.n_batches;
    stats.n_failed = c.n_failed;
    stats.n_truncated = c.n_truncated;
    stats.busy_seconds = static_cast<double>(c.busy_ns.load()) * 1e-9;
    stats.n_queued = c.n_queued;
    const GenerationCounters& g = generator_.counters();
    stats.n_generations = g.n_requests;
    stats.n_prompt_tokens = g.n_prompt_tokens;
    stats.n_cached_tokens = g.n_cached_tokens;
    stats.n_generated_tokens = g.n_tokens;
    stats.n_set_back = g.n_set_back;
    stats.generate_seconds = static_cast<double>(g.busy_ns.load()) * 1e-9;
    stats.n_generating = g.n_running;
    stats.n_generations_waiting = g.n_waiting;
    stats.tenants = ledger_->tenants();
    stats.memory_limit_bytes = ledger_->limit_bytes();
    stats.memory_used_bytes = ledger_->used_bytes();
    return stats;
  }

  ByteLedger& ledger() override { return *ledger_; }
  int n_threads() const override { return pool_.n_threads(); }
  bool drain(std::chrono::milliseconds patience) override { return requests_.drain(patience); }

 private:
  std::unique_ptr<ResultCache> make_results(const EngineOptions& options) {
    if (!options.results) return nullptr;
    const ResultCacheOptions& wish = *options.results;
    const std::size_t n_bytes =
        wish.n_bytes > 0 ? wish.n_bytes
                         : std::min(kMostResultBytes, ledger_->limit_bytes() / kResultShare);
    return std::make_unique<ResultCache>(
        *ledger_, ResultLimits{.n_bytes = n_bytes, .n_items = wish.n_items}, open_disk(wish),
        [this](const ModelCard& card) { return models_.result_identity(card); });
  }

  // A disk that cannot be used costs time and nothing else.
  std::unique_ptr<ResultDisk> open_disk(const ResultCacheOptions& wish) {
    if (wish.disk_bytes == 0) return nullptr;
    Result<std::unique_ptr<ResultDisk>> disk =
        ResultDisk::open(*ledger_, wish.disk_folder, wish.disk_bytes);
    if (disk.ok()) return std::move(*disk);
    log_warn("results are not kept on disk: {}", disk.status().message());
    return nullptr;
  }

  struct PendingJob {
    std::shared_ptr<Job> job;
    Request request;  // Until it is admitted.
    std::string model;
    std::optional<KeepAlive> keep_alive;
  };

  void load_and_generate(PendingGeneration& pending) {
    if (stopping_ || pending.ticket->is_cancelled()) {
      return pending.done(not_generated({Code::kCancelled, "cancelled"}));
    }
    Result<LoadedModel> model =
        models_.acquire(pending.request.model, pending.request.keep_alive, pending.submitted);
    if (!model.ok()) return pending.done(not_generated(model.status()));
    generations_.start(pending, *model, patience_since(pending.submitted));
  }

  void run_job(const std::shared_ptr<Job>& job, Request request) {
    const std::string name = request.model;
    const std::optional<KeepAlive> keep_alive = request.keep_alive;
    if (results_ != nullptr) {
      const bool looks_at_all = is_short(request);
      const Result<std::shared_ptr<const ModelCard>> card = models_.card(name);
      if (!card.ok()) return answer(*job, failed(card.status()));
      if (jobs_.admit(*job, request, *card, patience_) != Admission::kDone) return;
      // Of a long one, in order until one has to be computed: the rest is encoded on all threads.
      const auto is_enough = [&] { return !looks_at_all && !job->waiting.empty(); };
      if (jobs_.answer_found(*job, keep_alive, is_enough)) return;
    }
    Result<LoadedModel> model = models_.acquire(name, keep_alive);
    if (!model.ok()) return answer(*job, failed(model.status()));
    if (job->card == nullptr &&
        jobs_.admit(*job, request, model->card, patience_) != Admission::kDone) {
      return;
    }
    if (!jobs_.take_weights(*job, *model)) return;
    *model = {};  // The job holds it; afterwards it is idle.
    scheduler_.run(job);
  }

  // Of a request, wherever it spent its time: at least a moment, or it would be put off again.
  std::chrono::milliseconds patience_since(Clock::time_point submitted) const {
    const auto spent =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - submitted);
    return std::max(patience_ - spent, std::chrono::milliseconds(1));
  }

  // False where it is to be tried again by somebody who may wait: Admission::kLater.
  bool start(const std::shared_ptr<Job>& job, Request& request, const LoadedModel& model,
             std::chrono::milliseconds patience) {
    if (job->card == nullptr) {
      const Admission admission = jobs_.admit(*job, request, model.card, patience);
      if (admission != Admission::kDone) return admission == Admission::kAnswered;
    }
    if (jobs_.take_weights(*job, model)) scheduler_.submit(job);
    return true;
  }

  void cancel_before_load(Job& job, std::size_t n_inputs) {
    Response response;
    response.outcomes.assign(n_inputs, failed_outcome({Code::kCancelled, "cancelled"}));
    answer(job, std::move(response));
  }

  void load_and_start(PendingJob& pending) {
    const std::shared_ptr<Job>& job = pending.job;
    const std::string& name = pending.model;
    const bool is_admitted = job->card != nullptr;
    if (stopping_ || job->cancelled) {
      // Of an admitted one the query may stand in front.
      const std::size_t n_added = is_admitted && job->plan.scores_first ? 1 : 0;
      return cancel_before_load(
          *job, is_admitted ? job->inputs.size() - n_added : pending.request.inputs.size());
    }
    if (!is_admitted) {
      const Result<std::shared_ptr<const ModelCard>> card = models_.card(name);
      if (!card.ok()) return answer(*job, failed(card.status()));
      const auto patience = patience_since(job->submitted);
      if (jobs_.admit(*job, pending.request, *card, patience) != Admission::kDone) return;
    }
    const auto is_enough = [&] { return !job->waiting.empty(); };
    if (jobs_.answer_found(*job, pending.keep_alive, is_enough)) return;
    // Ids need no weights: they are made while those come.
    std::future<Result<LoadedModel>> loading = std::async(std::launch::async, [&] {
      return models_.acquire(name, pending.keep_alive, job->submitted);
    });
    OutcomeBook book(scheduler_.counters(), pool_);
    encode_until(*job, [&] { return loading.wait_for(0s) == std::future_status::ready; }, book);
    const Result<LoadedModel> model = loading.get();
    if (jobs_.answer_if_done(*job)) return;
    if (!model.ok()) return answer(*job, failed(model.status()));
    if (jobs_.take_weights(*job, *model)) scheduler_.submit(job);
  }

  const std::chrono::milliseconds patience_;

  // In the order of their lives: the scheduler stops first, the loads before it, the ledger last.
  const std::shared_ptr<ByteLedger> ledger_;
  ThreadPool pool_;
  Arena arena_;
  ModelPool models_;
  const std::unique_ptr<ResultCache> results_;
  OpenRequests requests_;
  Generator generator_;
  IdleTimer idle_timer_{[this] { return models_.evict_expired(); }};
  Scheduler scheduler_;
  JobAdmission jobs_{*ledger_, pool_, models_, results_.get(), scheduler_.counters()};
  GenerationAdmission generations_{*ledger_, generator_, scheduler_};
  std::atomic<bool> stopping_{false};
  ModelTasks loads_;
  ResidentWatch watch_;
};

Status check_options(const EngineOptions& o) {
  if (o.n_threads < 0 || o.n_threads > kMaxThreads) {
    return {Code::kBadInput, fmt::format("{} threads are asked for, want 1 to {} or 0 for all",
                                         o.n_threads, kMaxThreads)};
  }
  if (o.batch_tokens < 0 || o.batch_tokens > kMaxBatchTokens) {
    return {Code::kBadInput,
            fmt::format("batch_tokens is {}, want 1 to {} or 0 for the engine's choice",
                        o.batch_tokens, kMaxBatchTokens)};
  }
  if (o.min_batch < 0 || o.max_batch < 0 || (o.max_batch > 0 && o.min_batch > o.max_batch)) {
    return {
        Code::kBadInput,
        fmt::format("batches of {} to {} texts are asked for, want 1 or more, the larger number "
                    "last, or 0 for no bound",
                    o.min_batch, o.max_batch)};
  }
  if (o.max_sequences < 1 || o.max_sequences > kMaxSequences) {
    return {Code::kBadInput,
            fmt::format("max_sequences is {}, want 1 to {}", o.max_sequences, kMaxSequences)};
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Engine>> make_engine(const EngineOptions& options,
                                            std::unique_ptr<const ModelSource> source) {
  QUERN_TRY(check_options(options));
  QUERN_ASSIGN(const kernels::KvType kv_type, kernels::parse_kv_type(options.kv_type));
  const int n_threads = options.n_threads > 0 ? options.n_threads : usable_cpus();
  const std::size_t limit =
      options.memory_bytes > 0
          ? options.memory_bytes
          : static_cast<std::size_t>(static_cast<double>(memory_limit_bytes()) * kShareOfMachine);
  auto ledger = std::make_shared<ByteLedger>(limit);
  bound_allocator(n_threads);
  const std::size_t process = process_bytes(n_threads, 0);
  Result<Reservation> taken = ledger->reserve(ByteLedger::kProcess, process);
  if (!taken.ok()) {
    return {Code::kExhausted, fmt::format("a memory budget of {} is too small, the program alone "
                                          "takes {}",
                                          human_bytes(limit), human_bytes(process))};
  }
  return std::unique_ptr<Engine>(std::make_unique<EngineImpl>(
      std::move(ledger), std::move(*taken), n_threads, options, kv_type, std::move(source)));
}

Result<std::unique_ptr<Engine>> Engine::make(const EngineOptions& options) {
  QUERN_ASSIGN(std::unique_ptr<ModelSource> source,
               make_folder_source(options.home, options.precision, options.pooling));
  return make_engine(options, std::move(source));
}

GenerateResult generate_and_wait(Engine& engine, GenerateRequest request, const OnDelta& on_delta) {
  std::promise<GenerateResult> promise;
  std::future<GenerateResult> result = promise.get_future();
  engine.generate(std::move(request), on_delta,
                  [&promise](GenerateResult r) { promise.set_value(std::move(r)); });
  return result.get();
}

}  // namespace quern::engine
