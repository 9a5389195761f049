// The JSON of the two generating routes: any bytes give a request whose every value is in range, or
// an error that is valid JSON itself. What is accepted must be JSON to another parser too.

#include "serve/openai/generation_request.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "engine/generate/sampling.h"
#include "serve/openai/openai_error.h"

namespace {

using namespace quern::serve;

constexpr int kMaxChoices = 8;
constexpr int kAnyVocabulary = 2'147'483'647;

void check_problem(const HttpError& problem) {
  const Response response = to_response(problem, openai_error);
  QUERN_CHECK(response.status == 400 && nlohmann::json::accept(response.body));
}

void check_generation_request(const GenerationRequest& request, const std::string& body) {
  const quern::engine::GenerateRequest& wanted = request.wanted;
  QUERN_CHECK(!wanted.model.empty());
  QUERN_CHECK(request.n >= 1 && request.n <= 128);
  QUERN_CHECK(wanted.max_tokens >= 0 && wanted.n_logprobs >= -1 && wanted.n_logprobs <= 20);
  quern::engine::Sampling sampling = wanted.sampling;
  std::erase_if(sampling.logit_bias, [](const auto& bias) { return bias.first == kAnyVocabulary; });
  QUERN_CHECK(quern::engine::check_sampling(sampling, kAnyVocabulary).ok());
  QUERN_CHECK(nlohmann::json::accept(body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  std::string body(reinterpret_cast<const char*>(data), n);
  ChatRequest chat;
  if (const Problem problem = parse_chat_request(body, chat)) {
    check_problem(*problem);
  } else {
    check_generation_request(chat.generation, body);
    const auto* messages = chat.chat.messages.as_list();
    QUERN_CHECK(messages != nullptr && !messages->items.empty());
    for (const auto& message : messages->items) {
      const auto* content = message.as_dict()->find(std::string_view("content"));
      QUERN_CHECK(content != nullptr && content->as_text() != nullptr);
    }
  }
  CompletionsRequest completions;
  if (const Problem problem = parse_completions_request(body, kMaxChoices, completions)) {
    check_problem(*problem);
  } else {
    check_generation_request(completions.generation, body);
    const auto n_prompts = completions.prompts.size();
    QUERN_CHECK(n_prompts >= 1 &&
                n_prompts * static_cast<std::size_t>(completions.generation.n) <= kMaxChoices);
  }
  return 0;
}
