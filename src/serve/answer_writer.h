// How a dialect writes the texts that a GenerationRun makes: whole, or as a stream of events.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/generate/generation.h"
#include "serve/http/http_error.h"

namespace quern::serve {

struct Usage {
  long n_prompt = 0;
  long n_cached = 0;  // Of the prompt.
  long n_answer = 0;
};

/// A choice of an answer, or what an event adds to it.
struct AnswerPart {
  int index = 0;
  bool is_first = false;  // In a stream: the first of this choice, before any token.
  std::string_view text{};
  const std::vector<engine::GeneratedToken>* tokens = nullptr;  // Null: no logprobs are wanted.
  long n_chars_before = 0;  // Characters of prompt and answer before the tokens.
  std::optional<engine::FinishReason> finish{};
};

/// Threads: const, so any.
class AnswerWriter {
 public:
  virtual ~AnswerWriter() = default;

  /// The answer to a request that wants it whole.
  virtual Response whole(std::span<const AnswerPart> choices, const Usage& usage) const = 0;

  /// The stream's head; its body, the first event, is added to it.
  virtual Response stream_head() const = 0;
  /// Appends the event that tells `part`; may append nothing for the first of a choice.
  virtual void append_part(std::string& out, const AnswerPart& part) const = 0;
  /// Appends what ends a stream: in peace, or in the middle with an error.
  virtual void append_end(std::string& out, const Usage& usage) const = 0;
  virtual void append_error(std::string& out, const HttpError& error) const = 0;

  /// The field of the request that the prompt is made of, for errors.
  virtual std::string_view prompt_field() const = 0;
};

/// Characters that the bytes begin: one character may lie in several tokens.
long count_begun_chars(std::string_view bytes);
long count_begun_chars(const std::vector<engine::GeneratedToken>& tokens);

}  // namespace quern::serve
