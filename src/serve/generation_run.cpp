#include "serve/generation_run.h"

#include <chrono>
#include <utility>

namespace quern::serve {
namespace {

using Clock = std::chrono::steady_clock;
using engine::GeneratedToken;

// A reader this slow has given up; what it does not take is memory that nobody accounts.
constexpr std::size_t kMaxUnsentBytes = 8u << 20;
// Answers are accounted in such steps, of a text's bytes and what JSON makes of them, and of each
// token that is told and its alternatives with theirs.
constexpr std::size_t kCoveredStep = 128 << 10;
constexpr std::size_t kJsonOfText = 4;
constexpr std::size_t kTokenBytes = 192;

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

HttpError run_error(const engine::GenerateResult& result, const RunPlan& plan) {
  if (result.status.code() == Code::kNotFound) return model_error(result.status);
  HttpError error = error_of(result.status);
  if (result.status.code() != Code::kBadInput) return error;
  const bool is_bias = error.message.starts_with("logit_bias");
  error.param = is_bias ? "logit_bias" : plan.writer->prompt_field();
  if (result.n_prompt_tokens > plan.n_positions) error.code = "context_length_exceeded";
  return error;
}

void cancel(const std::vector<std::shared_ptr<engine::Ticket>>& tickets) {
  for (const auto& ticket : tickets) ticket->cancel();
}

}  // namespace

GenerationRun::GenerationRun(std::shared_ptr<Backend> backend, std::shared_ptr<Exchange> exchange,
                             int n_inputs)
    : backend_(std::move(backend)), exchange_(std::move(exchange)), n_inputs_(n_inputs) {}

GenerationRun::~GenerationRun() { close(); }

bool GenerationRun::close() {
  if (std::exchange(is_closed_, true)) return false;
  backend_->queue.leave(n_inputs_);
  if (is_streaming_) exchange_->answer_memory = std::move(held_);  // Its reader may be far behind.
  return true;
}

std::vector<GenerationRun::TicketPtr> GenerationRun::take_tickets() {
  std::vector<TicketPtr> tickets;
  for (Choice& choice : choices_) {
    if (choice.ticket != nullptr) tickets.push_back(std::move(choice.ticket));
  }
  return tickets;
}

std::vector<GenerationRun::TicketPtr> GenerationRun::end_with(const HttpError& error) {
  if (!close()) return {};
  if (is_streaming_) {
    std::string event;
    plan_.writer->append_error(event, error);
    exchange_->end(std::move(event));
  } else {
    exchange_->fail(error);
  }
  return take_tickets();
}

void GenerationRun::fail(const HttpError& error) {
  std::vector<TicketPtr> tickets;
  {
    const std::lock_guard lock(mutex_);
    tickets = end_with(error);
  }
  cancel(tickets);
}

void GenerationRun::on_gone() {
  std::vector<TicketPtr> tickets;
  {
    const std::lock_guard lock(mutex_);
    close();
    tickets = take_tickets();
  }
  cancel(tickets);
}

void GenerationRun::begin(RunPlan plan) {
  const int n_choices = static_cast<int>(plan.prompts.size()) * plan.n;
  {
    const std::lock_guard lock(mutex_);
    plan_ = std::move(plan);
    choices_.resize(static_cast<std::size_t>(n_choices));
    for (int i = 0; i < n_choices; ++i) {
      choices_[static_cast<std::size_t>(i)].n_chars = prompt_of(i).n_chars;
    }
  }
  exchange_->on_gone([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_gone();
  });
  for (int i = 0; i < n_choices; i += plan_.n) start(i);
}

/// Hands a choice to the engine. Without the lock: the engine may answer at once.
void GenerationRun::start(int i) {
  const int n = plan_.n;
  const RunPlan::Prompt& prompt = prompt_of(i);
  engine::GenerateRequest request = plan_.wanted;
  request.prompt = prompt.text;
  request.plain = prompt.plain;
  request.ids = prompt.ids;
  request.sampling.seed += static_cast<std::uint64_t>(i % n);
  request.deadline = exchange_->deadline;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
  }
  TicketPtr ticket = backend_->engine.generate(
      std::move(request),
      [self = shared_from_this(), i](const engine::GenerateDelta& delta) {
        self->on_delta(i, delta);
      },
      [self = shared_from_this(), i](engine::GenerateResult result) {
        self->on_done(i, std::move(result));
      });
  {
    const std::lock_guard lock(mutex_);
    Choice& choice = choices_[static_cast<std::size_t>(i)];
    if (!is_closed_ && !choice.is_over) choice.ticket = ticket;
    if (!is_closed_) return;
  }
  ticket->cancel();
}

/// Of the same prompt: what the engine keeps of the first one's prompt serves them all. Neither
/// from the engine's thread, which has steps to make, nor from the connection's: each is tokenised.
void GenerationRun::start_others(int i) {
  if (plan_.n == 1) return;
  exchange_->post([self = shared_from_this(), i] {
    run_task(self->backend_->tasks.prompts, self->exchange_, [self, i](Exchange&) {
      for (int k = 1; k < self->plan_.n; ++k) self->start(i + k);
    });
  });
}

/// Before an answer is kept, there is memory for it and for the JSON that it becomes; or, streamed,
/// for what its reader has not taken. Errors: kExhausted, kTooLarge.
Status GenerationRun::cover(const engine::GenerateDelta& delta) {
  std::size_t n = delta.text.size() * kJsonOfText;
  const bool is_told = plan_.wanted.n_logprobs >= 0 || delta.is_prompt;
  for (const GeneratedToken& token : delta.tokens) {
    if (is_told) n += (token.top.size() + 1) * kTokenBytes;
  }
  if (plan_.is_stream) {
    n += 2 * exchange_->unsent_bytes();  // A string grows by as much again.
  } else {
    n = n_kept_bytes_ += n;
  }
  if (n <= held_.bytes() || n < kCoveredStep) return {};
  const std::size_t wanted = (n / kCoveredStep + 1) * kCoveredStep;
  if (held_.bytes() > 0) return held_.resize(wanted);
  QUERN_ASSIGN(held_, backend_->engine.ledger().reserve("requests", wanted));
  return {};
}

void GenerationRun::on_delta(int i, const engine::GenerateDelta& delta) {
  bool frees_others = false;
  bool is_too_slow = false;
  std::vector<TicketPtr> lost;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    const Status covered = cover(delta);
    if (!covered.ok()) {
      lost = end_with(error_of(covered));
    } else if (delta.is_prompt) {
      // Told as one: where they begin is known when their last one is.
      Choice& choice = choices_[static_cast<std::size_t>(i)];
      choice.prompt_tokens.insert(choice.prompt_tokens.end(), delta.tokens.begin(),
                                  delta.tokens.end());
      return;
    } else {
      frees_others = tell_step(i, delta);
      is_too_slow = is_streaming_ && exchange_->unsent_bytes() > kMaxUnsentBytes;
    }
  }
  cancel(lost);
  if (frees_others) start_others(i);
  if (is_too_slow) fail(http_error(500, "the reader of this stream is too slow"));
}

/// True where the other choices of the prompt may begin now.
bool GenerationRun::tell_step(int i, const engine::GenerateDelta& delta) {
  Choice& choice = choices_[static_cast<std::size_t>(i)];
  if (choice.first_token_s == 0) choice.first_token_s = seconds_since(exchange_->started);
  tell_first(i);
  std::vector<GeneratedToken> tokens;
  if (plan_.wanted.n_logprobs >= 0) choice.window.add(delta, tokens);
  const bool has_news = !delta.text.empty() || !tokens.empty();
  if (has_news && !plan_.drops_answer) tell(i, delta.text, std::move(tokens));
  return is_leader(i) && !std::exchange(choice.has_freed_others, true);
}

void GenerationRun::on_done(int i, engine::GenerateResult result) {
  bool frees_others = false;
  {
    std::unique_lock lock(mutex_);
    if (is_closed_) return;
    Choice& choice = choices_[static_cast<std::size_t>(i)];
    choice.ticket.reset();
    choice.is_over = true;
    choice.result = std::move(result);
    if (!choice.result.status.ok()) {
      const std::vector<TicketPtr> tickets = end_with(run_error(choice.result, plan_));
      lock.unlock();
      return cancel(tickets);
    }
    backend_->metrics.generated(choice.result, choice.first_token_s);
    if (plan_.drops_answer) {
      choice.result.n_tokens = 0;
      choice.result.finish = engine::FinishReason::kLength;
    }
    tell_first(i);
    tell_end(i);
    if (++n_over_ == static_cast<int>(choices_.size())) return finish();
    frees_others = is_leader(i) && !std::exchange(choice.has_freed_others, true);
  }
  if (frees_others) start_others(i);
}

void GenerationRun::write(std::string events) {
  if (events.empty()) return;
  if (!std::exchange(is_streaming_, true)) {
    Response head = plan_.writer->stream_head();
    head.body += events;
    return exchange_->begin_stream(std::move(head));
  }
  exchange_->write(std::move(events));
}

/// What stands before the first token: the prompt that is echoed, or nothing.
void GenerationRun::tell_first(int i) {
  Choice& choice = choices_[static_cast<std::size_t>(i)];
  if (std::exchange(choice.has_begun, true)) return;
  const std::string& echo = prompt_of(i).echo;
  // Tokens of a prompt may spell more than it, such as a space in front: they end where it does.
  const long n_chars_before = choice.n_chars - count_begun_chars(choice.prompt_tokens);
  if (!plan_.is_stream) {
    choice.text = echo;
    choice.tokens = std::move(choice.prompt_tokens);
    choice.n_chars = n_chars_before;
    return;
  }
  std::string event;
  plan_.writer->append_part(
      event, {.index = i,
              .is_first = true,
              .text = echo,
              .tokens = choice.prompt_tokens.empty() ? nullptr : &choice.prompt_tokens,
              .n_chars_before = n_chars_before});
  write(std::move(event));
}

void GenerationRun::tell(int i, std::string_view text, std::vector<GeneratedToken> tokens) {
  Choice& choice = choices_[static_cast<std::size_t>(i)];
  if (!plan_.is_stream) {
    choice.text += text;
    choice.tokens.insert(choice.tokens.end(), std::make_move_iterator(tokens.begin()),
                         std::make_move_iterator(tokens.end()));
    return;
  }
  std::string event;
  plan_.writer->append_part(event, {.index = i,
                                    .text = text,
                                    .tokens = tokens.empty() ? nullptr : &tokens,
                                    .n_chars_before = choice.n_chars});
  choice.n_chars += count_begun_chars(tokens);
  write(std::move(event));
}

void GenerationRun::tell_end(int i) {
  Choice& choice = choices_[static_cast<std::size_t>(i)];
  std::vector<GeneratedToken> rest;
  if (plan_.wanted.stop.empty() && !plan_.drops_answer) choice.window.finish(rest);
  if (!rest.empty()) tell(i, "", std::move(rest));
  if (!plan_.is_stream) return;
  std::string event;
  plan_.writer->append_part(event, {.index = i, .finish = choice.result.finish});
  write(std::move(event));
}

/// The prompt counts once, however many choices it has.
Usage GenerationRun::usage() const {
  Usage usage;
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const engine::GenerateResult& result = choices_[i].result;
    usage.n_answer += result.n_tokens;
    if (!is_leader(static_cast<int>(i))) continue;
    usage.n_prompt += result.n_prompt_tokens;
    usage.n_cached += result.n_cached_tokens;
  }
  return usage;
}

void GenerationRun::finish() {
  if (!close()) return;
  if (plan_.is_stream) {
    std::string events;
    plan_.writer->append_end(events, usage());
    return exchange_->end(std::move(events));
  }
  exchange_->post([self = shared_from_this()] {
    if (!self->is_long()) return self->respond_whole();
    run_task(self->backend_->tasks.answers, self->exchange_,
             [self](Exchange&) { self->respond_whole(); });
  });
}

/// About: texts, and some hundred bytes for each token that comes with its logprobs.
bool GenerationRun::is_long() const {
  constexpr std::size_t kJsonOfToken = 64;
  std::size_t n_bytes = 0;
  for (const Choice& choice : choices_) {
    n_bytes += choice.text.size();
    for (const GeneratedToken& token : choice.tokens) {
      n_bytes += (token.top.size() + 1) * kJsonOfToken;
    }
  }
  return n_bytes > kLongAnswer;
}

void GenerationRun::respond_whole() {
  const std::lock_guard lock(mutex_);
  std::vector<AnswerPart> parts;
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const Choice& choice = choices_[i];
    parts.push_back({.index = static_cast<int>(i),
                     .text = choice.text,
                     .tokens = plan_.wanted.n_logprobs >= 0 ? &choice.tokens : nullptr,
                     .n_chars_before = choice.n_chars,
                     .finish = choice.result.finish});
  }
  Response response = plan_.writer->whole(parts, usage());
  exchange_->answer_memory = std::move(held_);
  exchange_->respond(std::move(response));
}

}  // namespace quern::serve
