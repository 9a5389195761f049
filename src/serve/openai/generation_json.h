// What the two generating routes answer: whole answers, and the events of a stream.
// Source: OpenAI API reference, "The chat completion object", "... chunk object", "The completion
// object".

#pragma once

#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/answer_writer.h"

namespace quern::serve {

enum class Dialect { kChat, kCompletions };

/// What all events of an answer repeat.
struct AnswerHead {
  Dialect dialect = Dialect::kChat;
  std::string id{};     // make_answer_id.
  std::string model{};  // As the client named it.
  std::time_t created = 0;
  std::vector<std::string> warnings{};  // A member of the answer, where there are any.
};

/// "chatcmpl-..." or "cmpl-...", never the same twice.
std::string make_answer_id(Dialect dialect);

enum class UsageMember { kAbsent, kNull };  // kNull: a last event will have it.

/// Appends "data: {...}", and the empty line that ends an event.
void append_event(std::string& out, const AnswerHead& head, const AnswerPart& part,
                  UsageMember usage);
void append_usage_event(std::string& out, const AnswerHead& head, const Usage& usage);
void append_error_event(std::string& out, const HttpError& error);
void append_last_event(std::string& out);

std::string answer_json(const AnswerHead& head, std::span<const AnswerPart> choices,
                        const Usage& usage);

}  // namespace quern::serve
