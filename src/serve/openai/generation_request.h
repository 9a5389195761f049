// The JSON of POST /v1/chat/completions and /v1/completions -> what the engine is asked for.
// docs/api.md says what is accepted; fuzz/generation_request.cpp feeds them anything.
// Source: OpenAI API reference, "Create chat completion", "Create completion".

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/generate/generation.h"
#include "serve/json/json_reader.h"
#include "text/chat_template.h"

namespace quern::serve {

/// What both routes have.
struct GenerationRequest {
  engine::GenerateRequest wanted;  // All but the prompt; the seed is that of the first choice.
  int n = 1;                       // Choices of each prompt.
  bool has_seed = false;
  bool is_stream = false;
  bool include_usage = false;         // In a stream: a last chunk with the usage.
  std::vector<std::string> warnings;  // Of fields that are ignored, but would change the answer.
};

struct ChatRequest {
  GenerationRequest generation;
  text::ChatInput chat;
  bool parse_special_tokens = false;  // Also in what the messages hold.
  std::string continued;  // The text of the last message, if the answer is to go on from there.
};

struct CompletionsRequest {
  struct Prompt {
    std::string text;
    std::optional<std::vector<text::TokenId>> ids;  // Instead of `text`.
  };
  GenerationRequest generation;
  std::vector<Prompt> prompts;
  bool echo = false;  // The prompt stands before each answer.
};

/// Fills `out` from `body` (which may be grown) or says what is wrong with it.
Problem parse_chat_request(std::string& body, ChatRequest& out);
/// At most `max_choices` of all prompts together.
Problem parse_completions_request(std::string& body, int max_choices, CompletionsRequest& out);

/// Reads a field that both routes have; nullopt if `key` is none. `value` is not null.
std::optional<Problem> read_generation_field(std::string_view key, JsonValue value,
                                             GenerationRequest& out);
/// How long an answer may be: from 1 on, or -1, which is another spelling of "no limit".
Problem read_answer_limit(JsonValue value, const JsonPlace& place, int& out);
/// What can be said only when all fields are known.
Problem check_generation(const GenerationRequest& request, bool has_stream_options);

}  // namespace quern::serve
