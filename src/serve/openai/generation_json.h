// What the two generating routes answer: whole answers, and the events of a stream.
// Source: OpenAI API reference, "The chat completion object", "... chunk object", "The completion
// object".

#pragma once

#include <ctime>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/generate/generation.h"
#include "serve/api_error.h"

namespace quern::serve {

enum class Dialect { kChat, kCompletions };

/// What all events of an answer repeat.
struct AnswerHead {
  Dialect dialect = Dialect::kChat;
  std::string id{};     // make_answer_id.
  std::string model{};  // As the client named it.
  std::time_t created = 0;
};

struct Usage {
  long n_prompt = 0;
  long n_cached = 0;  // Of the prompt.
  long n_answer = 0;
};

/// A choice of an answer, or what an event adds to it.
struct ChoicePart {
  int index = 0;
  bool is_first = false;  // kChat, in a stream: tells the role.
  std::string_view text{};
  const std::vector<engine::GeneratedToken>* tokens = nullptr;  // Null: no logprobs are wanted.
  long n_chars_before = 0;  // kCompletions: characters of this choice before the tokens.
  std::optional<engine::FinishReason> finish{};
};

/// "chatcmpl-..." or "cmpl-...", never the same twice.
std::string make_answer_id(Dialect dialect);

enum class UsageMember { kAbsent, kNull };  // kNull: a last event will have it.

/// Appends "data: {...}", and the empty line that ends an event.
void append_event(std::string& out, const AnswerHead& head, const ChoicePart& part,
                  UsageMember usage);
void append_usage_event(std::string& out, const AnswerHead& head, const Usage& usage);
void append_error_event(std::string& out, const ApiError& error);
void append_last_event(std::string& out);

std::string answer_json(const AnswerHead& head, std::span<const ChoicePart> choices,
                        const Usage& usage);

/// Characters that the tokens' bytes begin: one character may lie in several tokens.
long count_chars(const std::vector<engine::GeneratedToken>& tokens);

}  // namespace quern::serve
