// A model's chat template: messages to the prompt it was trained on.

#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "base/status.h"
#include "jinja/ast.h"
#include "jinja/eval.h"

namespace quern::text {

/// What a template sees. Messages and tools are what a request's JSON holds: jinja_json.h makes
/// them of it.
struct ChatInput {
  jinja::Value messages;  // List of dicts with "role" and "content".
  jinja::Value tools;     // List of dicts; undefined means None, as transformers passes it.
  bool add_generation_prompt = true;
  std::string bos_token;
  std::string eos_token;
  jinja::Variables extra;  // More variables, which win: {"enable_thinking", false}, ...
  std::time_t now = 0;     // For strftime_now; 0 means the present.
};

/// Threads: immutable; render from any thread.
class ChatTemplate {
 public:
  /// Errors: kBadInput or kUnsupported, with the line.
  static Result<ChatTemplate> parse(std::string_view source);

  /// The prompt. Foreign in it is what the input holds, but for the names of roles (a template may
  /// make a token of one) and the tokens of the model.
  /// Errors: kBadInput (raise_exception's message, or a mistake in the template), kUnsupported,
  ///   kExhausted when the limits are reached; each with the line.
  Result<jinja::Text> render(const ChatInput& input, const jinja::Limits& limits = {}) const;

 private:
  jinja::Block block_;
};

}  // namespace quern::text
