// A model's chat template: messages to the prompt it was trained on.

#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "text/jinja_ast.h"
#include "text/jinja_eval.h"

namespace quern::text {

/// What a template sees. Build messages, tools and extra variables with jinja::make_list and
/// jinja::make_dict, as the JSON of a request has them.
struct ChatInput {
  jinja::Value messages;  // List of dicts with "role" and "content".
  jinja::Value tools;     // List of dicts; undefined means None, as transformers passes it.
  bool add_generation_prompt = true;
  jinja::Variables extra;  // For example {"enable_thinking", false}.
  std::time_t now = 0;     // For strftime_now; 0 means the present.
};

/// Threads: immutable; render from any thread.
class ChatTemplate {
 public:
  /// Errors: kBadInput or kUnsupported, with the line.
  static Result<ChatTemplate> make(std::string_view source, std::string bos_token,
                                   std::string eos_token);

  /// Errors: kBadInput (raise_exception's message, or a mistake in the template), kUnsupported,
  ///   kExhausted when the limits are reached.
  Result<std::string> render(const ChatInput& input, const jinja::Limits& limits = {}) const;

 private:
  jinja::Block block_;
  std::string bos_token_;
  std::string eos_token_;
};

}  // namespace quern::text
