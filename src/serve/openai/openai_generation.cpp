#include "serve/openai/openai_generation.h"

#include <exception>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"
#include "serve/http/in_flight.h"
#include "serve/openai/generation_run.h"

namespace quern::serve {
namespace {

ApiError model_error(const Status& status) {
  ApiError error = api_error(status);
  error.param = "model";
  if (status.code() == Code::kNotFound) error.code = "model_not_found";
  return error;
}

std::uint64_t random_seed() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

/// All but the prompts. The model named as the engine does.
Problem plan_run(OpenAiApi& api, Dialect dialect, GenerationRequest&& generation, RunPlan& plan) {
  const std::string asked = generation.wanted.model;
  const Result<std::string> name = api.names.engine_name(asked);
  if (!name.ok()) return model_error(name.status());
  const Result<engine::ModelInfo> info = api.engine.describe(*name);
  if (!info.ok()) return model_error(info.status());
  if (info->task != engine::Task::kGenerate) {
    return bad_request(fmt::format("model '{}' does not generate text", asked), "model");
  }
  generation.wanted.model = *name;
  if (!generation.has_seed) generation.wanted.sampling.seed = random_seed();
  plan.n_positions = info->max_tokens;
  plan.head = {.dialect = dialect,
               .id = make_answer_id(dialect),
               .model = asked,
               .created = std::time(nullptr)};
  plan.generation = std::move(generation);
  return {};
}

Problem make_prompts(OpenAiApi& api, ChatRequest&& request, RunPlan& plan) {
  if (Problem problem = plan_run(api, Dialect::kChat, std::move(request.generation), plan)) {
    return problem;
  }
  const auto decoder = api.engine.decoder(plan.generation.wanted.model);
  if (!decoder.ok()) return model_error(decoder.status());
  const bool keeps_plain = !request.parse_special_tokens;
  Result<jinja::Text> prompt = api.chat_prompts.render(**decoder, std::move(request.chat));
  if (!prompt.ok()) {
    ApiError error = api_error(prompt.status());
    error.param = (*decoder)->chat_template.empty() ? "model" : "messages";
    return error;
  }
  plan.prompts.push_back({.text = std::move(prompt->bytes),
                          .ids = {},
                          .echo = {},
                          .plain = keeps_plain ? std::move(prompt->foreign) : ByteSpans()});
  return {};
}

Problem echo_ids(const text::TextEncoder& encoder, const std::vector<text::TokenId>& ids,
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

Problem make_prompts(OpenAiApi& api, CompletionsRequest&& request, RunPlan& plan) {
  if (Problem problem = plan_run(api, Dialect::kCompletions, std::move(request.generation), plan)) {
    return problem;
  }
  for (CompletionsRequest::Prompt& prompt : request.prompts) {
    RunPlan::Prompt& made =
        plan.prompts.emplace_back(std::move(prompt.text), std::move(prompt.ids), "");
    if (!request.echo) continue;
    if (!made.ids) {
      made.echo = made.text;
      continue;
    }
    const auto encoder = api.engine.text_encoder(plan.generation.wanted.model);
    if (!encoder.ok()) return model_error(encoder.status());
    if (Problem problem = echo_ids(**encoder, *made.ids, made.echo)) return problem;
  }
  return {};
}

template <typename ParsedRequest>
void prepare_and_begin(OpenAiApi& api, GenerationRun& run, ParsedRequest&& request) {
  try {
    RunPlan plan;
    if (const Problem problem = make_prompts(api, std::move(request), plan)) {
      return run.fail(*problem);
    }
    run.begin(std::move(plan));
  } catch (const std::exception& e) {
    run.fail(http_error(500, fmt::format("internal error: {}", e.what())));
  }
}

template <typename ParsedRequest>
void prepare(const std::shared_ptr<OpenAiApi>& api, TaskThread& preparer,
             const std::shared_ptr<Exchange>& exchange, ParsedRequest&& request) {
  if (const auto full = enter_engine(*api)) return exchange->respond(to_response(*full));
  const auto run = std::make_shared<GenerationRun>(api, exchange);
  // Shared, for a std::function has to be copyable.
  auto parsed = std::make_shared<ParsedRequest>(std::move(request));
  preparer.add([api, run, parsed] { prepare_and_begin(*api, *run, std::move(*parsed)); });
}

}  // namespace

void handle_chat(const std::shared_ptr<OpenAiApi>& api, TaskThread& preparer,
                 const std::shared_ptr<Exchange>& exchange) {
  ChatRequest request;
  std::string body = std::move(exchange->request.body);
  if (const Problem problem = parse_chat_request(body, request)) {
    return exchange->respond(to_response(*problem));
  }
  prepare(api, preparer, exchange, std::move(request));
}

void handle_completions(const std::shared_ptr<OpenAiApi>& api, TaskThread& preparer,
                        const std::shared_ptr<Exchange>& exchange) {
  CompletionsRequest request;
  std::string body = std::move(exchange->request.body);
  if (const Problem problem = parse_completions_request(body, api->max_inputs, request)) {
    return exchange->respond(to_response(*problem));
  }
  prepare(api, preparer, exchange, std::move(request));
}

}  // namespace quern::serve
