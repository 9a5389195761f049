#include "serve/encoder_run.h"

#include <chrono>
#include <utility>

#include "engine/task_check.h"

namespace quern::serve {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kAccountedFrom = 1 << 20;

/// Sets the exchange's share of the ledger to `n_bytes`; small ones are not worth an entry.
Status account(Backend& backend, Exchange& exchange, std::size_t n_bytes) {
  if (n_bytes < kAccountedFrom) {
    exchange.memory = Reservation();
    return {};
  }
  if (exchange.memory.bytes() > 0) return exchange.memory.resize(n_bytes);
  QUERN_ASSIGN(exchange.memory, backend.engine.ledger().reserve("requests", n_bytes));
  return {};
}

/// What is needed once the engine is done.
struct Pending {
  std::shared_ptr<Backend> backend;
  std::shared_ptr<Exchange> exchange;
  EncoderPlan plan;  // Of its request only what is asked for; the engine has the inputs.
  int n_inputs = 0;
  Clock::time_point submitted = Clock::now();
};

bool has_output(const engine::ModelInfo& info, engine::OutputKind kind) {
  if (kind == engine::OutputKind::kRows) return info.has_rows;
  if (kind == engine::OutputKind::kSparse) return info.has_terms;
  return kind == info.output;
}

/// An error of the request as a whole, with the parameter it is about where that can be known.
HttpError request_error(const Pending& pending, const Status& status) {
  if (status.code() == Code::kNotFound) return model_error(status);
  HttpError error = error_of(status);
  if (status.code() != Code::kBadInput) return error;
  const engine::Request& request = pending.plan.request;
  const auto info = pending.backend->engine.describe(request.model);
  if (!info.ok()) return error;
  if (!engine::check_task(info->name, info->task, info->labels, info->scale, request.task).ok()) {
    error.param = "model";
  } else if (request.output && !has_output(*info, *request.output)) {
    error.param = "output";
  } else if (request.dimensions > info->dims) {
    error.param = "dimensions";
  }
  return error;
}

void answer(const Pending& pending, const engine::Response& made) {
  Exchange& exchange = *pending.exchange;
  if (!made.status.ok()) return exchange.fail(request_error(pending, made.status));
  const std::size_t n_bytes = pending.plan.n_bytes(made);
  if (const Status status = account(*pending.backend, exchange, n_bytes); !status.ok()) {
    return exchange.fail(error_of(status));
  }
  exchange.respond(pending.plan.write(made));
}

/// On a thread of the engine, which has better things to do than to write.
void engine_done(const std::shared_ptr<Pending>& pending, engine::Response made) {
  const std::chrono::duration<double> took = Clock::now() - pending->submitted;
  pending->backend->queue.leave(pending->n_inputs);
  pending->backend->metrics.encoded(pending->plan.request.task, made, took.count());
  auto shared = std::make_shared<engine::Response>(std::move(made));
  pending->exchange->post([pending, shared] {
    const bool is_short = shared->status.ok() && pending->plan.n_bytes(*shared) <= kLongAnswer;
    if (is_short) return answer(*pending, *shared);
    run_task(pending->backend->tasks.answers, pending->exchange,
             [pending, shared](Exchange&) { answer(*pending, *shared); });
  });
}

}  // namespace

void run_encoder(const std::shared_ptr<Backend>& backend, const std::shared_ptr<Exchange>& exchange,
                 EncoderPlan plan) {
  if (exchange->memory.bytes() > 0 && !plan.keeps_texts) {
    // The body is gone by now; the strings made of it are left.
    static_cast<void>(account(*backend, *exchange, exchange->memory.bytes() / 2));
  }
  const auto name = backend->names.engine_name(plan.request.model);
  if (!name.ok()) return exchange->fail(model_error(name.status()));
  plan.request.model = *name;
  plan.request.deadline = exchange->deadline;
  const auto n_inputs = static_cast<int>(plan.request.inputs.size());
  if (const auto full = enter_engine(*backend, n_inputs)) return exchange->fail(*full);
  engine::Request request = std::move(plan.request);
  plan.request = engine::Request();
  plan.request.model = request.model;
  plan.request.task = request.task;
  plan.request.dimensions = request.dimensions;
  plan.request.output = request.output;
  const auto pending = std::make_shared<Pending>(backend, exchange, std::move(plan), n_inputs);
  const std::shared_ptr<engine::Ticket> ticket = backend->engine.submit(
      std::move(request),
      [pending](engine::Response made) { engine_done(pending, std::move(made)); });
  if (ticket) exchange->on_gone([ticket] { ticket->cancel(); });
}

}  // namespace quern::serve
