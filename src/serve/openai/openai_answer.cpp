#include "serve/openai/openai_answer.h"

namespace quern::serve {

Response OpenAiAnswer::whole(std::span<const AnswerPart> choices, const Usage& usage) const {
  Response response;
  response.body = answer_json(head_, choices, usage);
  return response;
}

Response OpenAiAnswer::stream_head() const {
  Response head{.content_type = "text/event-stream; charset=utf-8"};
  head.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
  return head;
}

void OpenAiAnswer::append_part(std::string& out, const AnswerPart& part) const {
  // A chat begins with its role; a completion has nothing to say before its text, unless it has to
  // warn.
  const bool warns = part.is_first && part.index == 0 && !head_.warnings.empty();
  if (head_.dialect == Dialect::kCompletions && part.is_first && part.text.empty() && !warns)
    return;
  append_event(out, head_, part,
               usage_ == StreamUsage::kLastEvent ? UsageMember::kNull : UsageMember::kAbsent);
}

void OpenAiAnswer::append_end(std::string& out, const Usage& usage) const {
  if (usage_ == StreamUsage::kLastEvent) append_usage_event(out, head_, usage);
  append_last_event(out);
}

void OpenAiAnswer::append_error(std::string& out, const HttpError& error) const {
  append_error_event(out, error);
}

std::string_view OpenAiAnswer::prompt_field() const {
  return head_.dialect == Dialect::kChat ? "messages" : "prompt";
}

}  // namespace quern::serve
