// OpenAI's chats and completions as a GenerationRun has them written.

#pragma once

#include <utility>

#include "serve/answer_writer.h"
#include "serve/openai/generation_json.h"

namespace quern::serve {

class OpenAiAnswer final : public AnswerWriter {
 public:
  enum class StreamUsage { kNone, kLastEvent };

  OpenAiAnswer(AnswerHead head, StreamUsage usage) : head_(std::move(head)), usage_(usage) {}

  Response whole(std::span<const AnswerPart> choices, const Usage& usage) const override;
  Response stream_head() const override;
  void append_part(std::string& out, const AnswerPart& part) const override;
  void append_end(std::string& out, const Usage& usage) const override;
  void append_error(std::string& out, const HttpError& error) const override;
  std::string_view prompt_field() const override;

 private:
  AnswerHead head_;
  StreamUsage usage_;
};

}  // namespace quern::serve
