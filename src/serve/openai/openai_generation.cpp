#include "serve/openai/openai_generation.h"

#include <exception>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"
#include "serve/generation_run.h"
#include "serve/openai/generation_request.h"
#include "serve/openai/openai_answer.h"

namespace quern::serve {
namespace {

std::uint64_t random_seed() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

/// All but the prompts. The model named as the engine does.
Problem plan_run(Backend& backend, Dialect dialect, GenerationRequest&& asked, RunPlan& plan) {
  const std::string model = asked.wanted.model;
  const Result<std::string> name = backend.names.engine_name(model);
  if (!name.ok()) return model_error(name.status());
  const Result<engine::ModelInfo> info = backend.engine.describe(*name);
  if (!info.ok()) return model_error(info.status());
  if (info->task != engine::Task::kGenerate) {
    return bad_request(fmt::format("model '{}' does not generate text", model), "model");
  }
  plan.wanted = std::move(asked.wanted);
  plan.wanted.model = *name;
  if (!asked.has_seed) plan.wanted.sampling.seed = random_seed();
  plan.n = asked.n;
  plan.is_stream = asked.is_stream;
  plan.n_positions = info->max_tokens;
  AnswerHead head = {.dialect = dialect,
                     .id = make_answer_id(dialect),
                     .model = model,
                     .created = std::time(nullptr),
                     .warnings = std::move(asked.warnings)};
  using StreamUsage = OpenAiAnswer::StreamUsage;
  plan.writer = std::make_shared<OpenAiAnswer>(
      std::move(head), asked.include_usage ? StreamUsage::kLastEvent : StreamUsage::kNone);
  return {};
}

Problem make_prompts(Backend& backend, ChatRequest&& request, RunPlan& plan) {
  if (Problem problem = plan_run(backend, Dialect::kChat, std::move(request.generation), plan)) {
    return problem;
  }
  const auto decoder = backend.engine.decoder(plan.wanted.model);
  if (!decoder.ok()) return model_error(decoder.status());
  const bool keeps_plain = !request.parse_special_tokens;
  Result<jinja::Text> prompt = backend.chat_prompts.render(**decoder, std::move(request.chat));
  if (!prompt.ok()) {
    HttpError error = error_of(prompt.status());
    error.param = (*decoder)->chat_template.empty() ? "model" : "messages";
    return error;
  }
  if (!request.continued.empty()) {
    const auto length = engine::length_to_continue(prompt->bytes, request.continued);
    if (!length.ok()) return bad_request(length.status().message(), "messages");
    prompt->bytes.resize(*length);
    prompt->foreign = spans_within(prompt->foreign, 0, *length);
  }
  plan.prompts.push_back({.text = std::move(prompt->bytes),
                          .plain = keeps_plain ? std::move(prompt->foreign) : ByteSpans()});
  return {};
}

/// What token ids spell.
Problem spell(const text::TextEncoder& encoder, const std::vector<text::TokenId>& ids,
              std::string& out) {
  std::string bytes, storage;
  for (const text::TokenId id : ids) {
    if (id >= encoder.tokenizer().n_vocab()) {
      return bad_request(fmt::format("prompt: token id {} is outside the vocabulary of {}", id,
                                     encoder.tokenizer().n_vocab()),
                         "prompt");
    }
    encoder.tokenizer().decode(id, bytes);
  }
  out = repair_utf8(bytes, storage);
  return {};
}

Problem make_prompts(Backend& backend, CompletionsRequest&& request, RunPlan& plan) {
  if (Problem problem =
          plan_run(backend, Dialect::kCompletions, std::move(request.generation), plan)) {
    return problem;
  }
  const bool tells_offsets = plan.wanted.n_logprobs >= 0;
  plan.wanted.tells_prompt = request.echo && tells_offsets;
  plan.drops_answer = !request.wants_answer;
  for (CompletionsRequest::Prompt& prompt : request.prompts) {
    RunPlan::Prompt& made = plan.prompts.emplace_back();
    made.text = std::move(prompt.text);
    made.ids = std::move(prompt.ids);
    if (!request.echo && !tells_offsets) continue;
    std::string spelled = made.text;
    if (made.ids) {
      const auto encoder = backend.engine.text_encoder(plan.wanted.model);
      if (!encoder.ok()) return model_error(encoder.status());
      if (Problem problem = spell(**encoder, *made.ids, spelled)) return problem;
    }
    made.n_chars = count_begun_chars(spelled);
    if (request.echo) made.echo = std::move(spelled);
  }
  return {};
}

int n_answers(const ChatRequest& request) { return request.generation.n; }

int n_answers(const CompletionsRequest& request) {
  return request.generation.n * static_cast<int>(request.prompts.size());
}

template <typename ParsedRequest>
void prepare_and_begin(Backend& backend, GenerationRun& run, ParsedRequest&& request) {
  try {
    RunPlan plan;
    if (const Problem problem = make_prompts(backend, std::move(request), plan)) {
      return run.fail(*problem);
    }
    run.begin(std::move(plan));
  } catch (const std::exception& e) {
    run.fail(http_error(500, fmt::format("internal error: {}", e.what())));
  }
}

template <typename ParsedRequest>
void prepare(const std::shared_ptr<Backend>& backend, const std::shared_ptr<Exchange>& exchange,
             ParsedRequest&& request) {
  const int n_inputs = n_answers(request);
  if (const auto full = enter_engine(*backend, n_inputs)) return exchange->fail(*full);
  const auto run = std::make_shared<GenerationRun>(backend, exchange, n_inputs);
  // Shared, for a std::function has to be copyable.
  auto parsed = std::make_shared<ParsedRequest>(std::move(request));
  backend->tasks.prompts.add(
      [backend, run, parsed] { prepare_and_begin(*backend, *run, std::move(*parsed)); });
}

}  // namespace

void handle_chat(const std::shared_ptr<Backend>& backend,
                 const std::shared_ptr<Exchange>& exchange) {
  ChatRequest request;
  std::string body = std::move(exchange->request.body);
  if (const Problem problem = parse_chat_request(body, request)) return exchange->fail(*problem);
  prepare(backend, exchange, std::move(request));
}

void handle_completions(const std::shared_ptr<Backend>& backend,
                        const std::shared_ptr<Exchange>& exchange) {
  CompletionsRequest request;
  std::string body = std::move(exchange->request.body);
  if (const Problem problem = parse_completions_request(body, backend->max_inputs, request)) {
    return exchange->fail(*problem);
  }
  prepare(backend, exchange, std::move(request));
}

}  // namespace quern::serve
