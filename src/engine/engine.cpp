#include "engine/engine.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "base/machine.h"
#include "base/thread_pool.h"
#include "engine/arena.h"
#include "engine/engine_parts.h"
#include "engine/loader.h"
#include "engine/model_pool.h"
#include "engine/open_requests.h"
#include "engine/scheduler.h"

namespace quern::engine {
namespace {

constexpr double kShareOfMachine = 0.8;
constexpr int kMaxThreads = 1024;
constexpr int kMaxBatchTokens = 1 << 20;
// What the process takes over the time beyond its first resident set: the allocator's slack, and
// the touched part of each thread's stack.
constexpr std::size_t kSlackBytes = 4 << 20;
constexpr std::size_t kStackBytes = 128 << 10;

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

Response failed(Status status) {
  Response response;
  response.status = std::move(status);
  return response;
}

// What a request holds until it is answered: its texts, and the results.
std::size_t request_bytes(const std::vector<Input>& inputs, int n_values) {
  std::size_t bytes = inputs.size() * (sizeof(Input) + sizeof(Outcome) +
                                       static_cast<std::size_t>(n_values) * sizeof(float));
  for (const Input& input : inputs) {
    bytes += input.text.size();
    if (input.text_pair) bytes += input.text_pair->size();
    if (input.ids) bytes += input.ids->size() * sizeof(text::TokenId);
  }
  return bytes;
}

class EngineImpl : public Engine {
 public:
  EngineImpl(std::shared_ptr<ByteLedger> ledger, Reservation process, int n_threads,
             int batch_tokens, std::unique_ptr<const ModelSource> source)
      : ledger_(std::move(ledger)),
        process_(std::move(process)),
        pool_(n_threads),
        arena_(*ledger_),
        models_(ledger_, pool_, std::move(source)),
        scheduler_(pool_, arena_,
                   {.batch_tokens = batch_tokens,
                    .make_room = [this](std::size_t n) { return models_.make_room(n); }}) {
    models_.on_pressure([this] { arena_.release_if_idle(); });
  }

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
    LoadedModel model = models_.find_loaded(request.model);
    if (model.servable != nullptr) {
      start(job, std::move(request), model);
      return ticket;
    }
    auto waiting = std::make_shared<Request>(std::move(request));
    loader_.add([this, job, waiting] { load_and_start(job, std::move(*waiting)); });
    return ticket;
  }

  Response run(Request request) override {
    if (!requests_.enter()) return failed({Code::kUnavailable, "shutting down"});
    Response answer;
    auto job = std::make_shared<Job>();
    job->done = [&](Response response) { answer = std::move(response); };
    Result<LoadedModel> model = models_.acquire(request.model);
    if (!model.ok()) {
      answer = failed(model.status());
    } else if (admit(*job, std::move(request), *model)) {
      *model = {};  // The job holds it; afterwards it is idle.
      scheduler_.run(job);
    }
    requests_.leave();
    return answer;
  }

  Result<ModelInfo> describe(const std::string& model) override {
    QUERN_ASSIGN(const std::shared_ptr<const ModelCard> card, models_.card(model));
    return models_.info(*card);
  }

  std::vector<ModelInfo> list() override { return models_.list(); }

  Status warm(const std::string& model) override { return models_.acquire(model).status(); }

  Result<std::shared_ptr<const text::TextEncoder>> text_encoder(const std::string& model) override {
    return models_.encoder(model);
  }

  Stats stats() const override {
    const Counters& c = scheduler_.counters();
    Stats stats;
    stats.n_texts = c.n_texts;
    stats.n_tokens = c.n_tokens;
    stats.n_batches = c.n_batches;
    stats.n_failed = c.n_failed;
    stats.n_truncated = c.n_truncated;
    stats.busy_seconds = static_cast<double>(c.busy_ns.load()) * 1e-9;
    stats.n_queued = c.n_queued;
    stats.tenants = ledger_->tenants();
    stats.memory_limit_bytes = ledger_->limit_bytes();
    stats.memory_used_bytes = ledger_->used_bytes();
    return stats;
  }

  ByteLedger& ledger() override { return *ledger_; }
  int n_threads() const override { return pool_.n_threads(); }
  bool drain(std::chrono::milliseconds patience) override { return requests_.drain(patience); }

 private:
  // Ready for the scheduler, or answered already: then false.
  bool admit(Job& job, Request request, const LoadedModel& model) {
    Result<Plan> plan = plan_request(*model.card, request);
    if (!plan.ok() || request.inputs.empty()) {
      answer(job, failed(plan.status()));
      return false;
    }
    Result<Reservation> bytes = reserve(request_bytes(request.inputs, model.servable->n_values()));
    if (!bytes.ok()) {
      answer(job, failed(bytes.status()));
      return false;
    }
    job.bytes = std::move(*bytes);
    job.inputs = std::move(request.inputs);
    job.plan = std::move(*plan);
    job.priority = request.priority;
    job.deadline = request.deadline;
    job.model = model.servable;
    return true;
  }

  Result<Reservation> reserve(std::size_t bytes) {
    Result<Reservation> first = ledger_->reserve("requests", bytes);
    if (first.ok() || !models_.make_room(bytes)) return first;
    return ledger_->reserve("requests", bytes);
  }

  void start(const std::shared_ptr<Job>& job, Request request, const LoadedModel& model) {
    if (admit(*job, std::move(request), model)) scheduler_.submit(job);
  }

  void load_and_start(const std::shared_ptr<Job>& job, Request request) {
    if (stopping_ || job->cancelled) {
      const Status status(Code::kCancelled, "cancelled");
      Response response;
      response.outcomes.assign(request.inputs.size(), failed_outcome(status));
      answer(*job, std::move(response));
      return;
    }
    Result<LoadedModel> model = models_.acquire(request.model);
    if (!model.ok()) {
      answer(*job, failed(model.status()));
      return;
    }
    start(job, std::move(request), *model);
  }

  // In the order of their lives: the scheduler stops first, the loader before it, the ledger last.
  const std::shared_ptr<ByteLedger> ledger_;
  const Reservation process_;
  ThreadPool pool_;
  Arena arena_;
  ModelPool models_;
  OpenRequests requests_;
  Scheduler scheduler_;
  std::atomic<bool> stopping_{false};
  Loader loader_;
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
  return {};
}

}  // namespace

Result<std::unique_ptr<Engine>> make_engine(const EngineOptions& options,
                                            std::unique_ptr<const ModelSource> source) {
  QUERN_TRY(check_options(options));
  const int n_threads = options.n_threads > 0 ? options.n_threads : usable_cpus();
  const std::size_t limit =
      options.memory_bytes > 0
          ? options.memory_bytes
          : static_cast<std::size_t>(static_cast<double>(memory_limit_bytes()) * kShareOfMachine);
  auto ledger = std::make_shared<ByteLedger>(limit);
  const std::size_t process =
      resident_bytes() + kSlackBytes + kStackBytes * static_cast<std::size_t>(n_threads);
  Result<Reservation> taken = ledger->reserve("process", process);
  if (!taken.ok()) {
    return {Code::kExhausted, fmt::format("a memory budget of {} is too small, the program alone "
                                          "takes {}",
                                          human_bytes(limit), human_bytes(process))};
  }
  return std::unique_ptr<Engine>(std::make_unique<EngineImpl>(
      std::move(ledger), std::move(*taken), n_threads, options.batch_tokens, std::move(source)));
}

Result<std::unique_ptr<Engine>> Engine::make(const EngineOptions& options) {
  QUERN_ASSIGN(std::unique_ptr<ModelSource> source,
               make_folder_source(options.home, options.precision));
  return make_engine(options, std::move(source));
}

}  // namespace quern::engine
