#include "serve/openai/generation_run.h"

#include <chrono>
#include <utility>

#include "serve/http/in_flight.h"

namespace quern::serve {
namespace {

using Clock = std::chrono::steady_clock;
using engine::GeneratedToken;

// A reader this slow has given up; what it does not take is memory that nobody accounts.
constexpr std::size_t kMaxUnsentBytes = 8u << 20;

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

ApiError run_error(const engine::GenerateResult& result, const RunPlan& plan) {
  ApiError error = api_error(result.status);
  const bool is_chat = plan.head.dialect == Dialect::kChat;
  if (result.status.code() == Code::kNotFound) {
    error.param = "model";
    error.code = "model_not_found";
  } else if (result.status.code() == Code::kBadInput && result.n_prompt_tokens > plan.n_positions) {
    error.param = is_chat ? "messages" : "prompt";
    error.code = "context_length_exceeded";
  } else if (result.status.code() == Code::kBadInput) {
    const bool is_bias = error.message.starts_with("logit_bias");
    error.param = is_bias ? "logit_bias" : is_chat ? "messages" : "prompt";
  }
  return error;
}

void cancel(const std::vector<std::shared_ptr<engine::Ticket>>& tickets) {
  for (const auto& ticket : tickets) ticket->cancel();
}

}  // namespace

GenerationRun::GenerationRun(std::shared_ptr<OpenAiApi> api, std::shared_ptr<Exchange> exchange)
    : api_(std::move(api)), exchange_(std::move(exchange)) {}

GenerationRun::~GenerationRun() { close(); }

bool GenerationRun::close() {
  if (std::exchange(is_closed_, true)) return false;
  leave_engine(*api_);
  return true;
}

std::vector<GenerationRun::TicketPtr> GenerationRun::take_tickets() {
  std::vector<TicketPtr> tickets;
  for (Choice& choice : choices_) {
    if (choice.ticket != nullptr) tickets.push_back(std::move(choice.ticket));
  }
  return tickets;
}

std::vector<GenerationRun::TicketPtr> GenerationRun::end_with(const ApiError& error) {
  if (!close()) return {};
  if (is_streaming_) {
    std::string event;
    append_error_event(event, error);
    exchange_->end(std::move(event));
  } else {
    exchange_->respond(to_response(error));
  }
  return take_tickets();
}

void GenerationRun::fail(const ApiError& error) {
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
  const int n_choices = static_cast<int>(plan.prompts.size()) * plan.generation.n;
  {
    const std::lock_guard lock(mutex_);
    plan_ = std::move(plan);
    usage_member_ = plan_.generation.include_usage ? UsageMember::kNull : UsageMember::kAbsent;
    choices_.resize(static_cast<std::size_t>(n_choices));
  }
  exchange_->on_gone([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_gone();
  });
  for (int i = 0; i < n_choices; i += plan_.generation.n) start(i);
}

/// Hands a choice to the engine. Without the lock: the engine may answer at once.
void GenerationRun::start(int i) {
  const int n = plan_.generation.n;
  const RunPlan::Prompt& prompt = plan_.prompts[static_cast<std::size_t>(i / n)];
  engine::GenerateRequest request = plan_.generation.wanted;
  request.prompt = prompt.text;
  request.plain = prompt.plain;
  request.ids = prompt.ids;
  request.sampling.seed += static_cast<std::uint64_t>(i % n);
  request.deadline = exchange_->deadline;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
  }
  TicketPtr ticket = api_->engine.generate(
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

/// Of the same prompt: what the engine keeps of the first one's prompt serves them all. Not from
/// the engine's thread, which has steps to make.
void GenerationRun::start_others(int i) {
  if (plan_.generation.n == 1) return;
  exchange_->post([self = shared_from_this(), i] {
    for (int k = 1; k < self->plan_.generation.n; ++k) self->start(i + k);
  });
}

void GenerationRun::on_delta(int i, const engine::GenerateDelta& delta) {
  bool frees_others = false;
  bool is_too_slow = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    Choice& choice = choices_[static_cast<std::size_t>(i)];
    if (choice.first_token_s == 0) choice.first_token_s = seconds_since(exchange_->started);
    tell_first(i);
    std::vector<GeneratedToken> tokens;
    if (plan_.generation.wanted.n_logprobs >= 0) choice.window.add(delta, tokens);
    if (!delta.text.empty() || !tokens.empty()) tell(i, delta.text, std::move(tokens));
    frees_others = is_leader(i) && !std::exchange(choice.has_freed_others, true);
    is_too_slow = is_streaming_ && exchange_->unsent_bytes() > kMaxUnsentBytes;
  }
  if (frees_others) start_others(i);
  if (is_too_slow) fail(http_error(500, "the reader of this stream is too slow"));
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
    api_->metrics.generated(choice.result, choice.first_token_s);
    tell_first(i);
    tell_end(i);
    if (++n_over_ == static_cast<int>(choices_.size())) return finish();
    frees_others = is_leader(i) && !std::exchange(choice.has_freed_others, true);
  }
  if (frees_others) start_others(i);
}

void GenerationRun::write(std::string events) {
  if (!std::exchange(is_streaming_, true)) {
    Response head{.content_type = "text/event-stream; charset=utf-8"};
    head.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
    head.body = std::move(events);
    return exchange_->begin_stream(std::move(head));
  }
  exchange_->write(std::move(events));
}

/// The role, or the prompt that is echoed.
void GenerationRun::tell_first(int i) {
  Choice& choice = choices_[static_cast<std::size_t>(i)];
  if (std::exchange(choice.has_begun, true)) return;
  const std::string& echo = plan_.prompts[static_cast<std::size_t>(i / plan_.generation.n)].echo;
  if (!plan_.generation.is_stream) {
    choice.text = echo;
    return;
  }
  if (plan_.head.dialect == Dialect::kCompletions && echo.empty()) return;
  std::string event;
  append_event(event, plan_.head, {.index = i, .is_first = true, .text = echo}, usage_member_);
  write(std::move(event));
}

void GenerationRun::tell(int i, std::string_view text, std::vector<GeneratedToken> tokens) {
  Choice& choice = choices_[static_cast<std::size_t>(i)];
  if (!plan_.generation.is_stream) {
    choice.text += text;
    choice.tokens.insert(choice.tokens.end(), std::make_move_iterator(tokens.begin()),
                         std::make_move_iterator(tokens.end()));
    return;
  }
  std::string event;
  append_event(event, plan_.head,
               {.index = i,
                .text = text,
                .tokens = tokens.empty() ? nullptr : &tokens,
                .n_chars_before = choice.n_chars},
               usage_member_);
  choice.n_chars += count_chars(tokens);
  write(std::move(event));
}

void GenerationRun::tell_end(int i) {
  Choice& choice = choices_[static_cast<std::size_t>(i)];
  std::vector<GeneratedToken> rest;
  if (plan_.generation.wanted.stop.empty()) choice.window.finish(rest);
  if (!rest.empty()) tell(i, "", std::move(rest));
  if (!plan_.generation.is_stream) return;
  std::string event;
  append_event(event, plan_.head, {.index = i, .finish = choice.result.finish}, usage_member_);
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
  if (!plan_.generation.is_stream) {
    return exchange_->post([self = shared_from_this()] { self->respond_whole(); });
  }
  std::string events;
  if (plan_.generation.include_usage) append_usage_event(events, plan_.head, usage());
  append_last_event(events);
  exchange_->end(std::move(events));
}

/// On the connection's thread: long answers with logprobs take their time.
void GenerationRun::respond_whole() {
  const std::lock_guard lock(mutex_);
  std::vector<ChoicePart> parts;
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const Choice& choice = choices_[i];
    parts.push_back({.index = static_cast<int>(i),
                     .text = choice.text,
                     .tokens = plan_.generation.wanted.n_logprobs >= 0 ? &choice.tokens : nullptr,
                     .finish = choice.result.finish});
  }
  Response response;
  response.body = answer_json(plan_.head, parts, usage());
  exchange_->respond(std::move(response));
}

}  // namespace quern::serve
