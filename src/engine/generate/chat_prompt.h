// From the messages of a conversation to the prompt that a model was trained on.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/status.h"
#include "formats/decoder_model.h"
#include "text/chat_template.h"

namespace quern::engine {

/// {"role": role, "content": content}, an element of ChatInput::messages.
jinja::Value chat_message(std::string_view role, std::string_view content);

/// How many bytes of `prompt`, rendered of messages of which `content` is the last, are left when
/// it is to be continued: what the template puts behind it ends a turn. Templates may have cut the
/// white space round it.
/// Errors: kBadInput where `content` is not to be found. Source: transformers,
///   apply_chat_template, continue_final_message.
Result<std::size_t> length_to_continue(std::string_view prompt, std::string_view content);

/// Threads: any.
class ChatPrompts {
 public:
  /// What the model's own template makes of the messages, and which of it is theirs. Its bos_token
  /// and eos_token are the model's, whatever `chat` has there; a "developer" speaks as "system" to
  /// a template that does not know the name. Each template is parsed once. Errors: kBadInput for a
  /// model without a template, and as ChatTemplate::parse and ::render; all
  ///   name the model.
  Result<jinja::Text> render(const formats::DecoderModel& model, text::ChatInput chat);

 private:
  using Template = std::shared_ptr<const text::ChatTemplate>;
  Result<Template> parsed(const std::string& source);

  std::mutex mutex_;
  std::map<std::string, Template, std::less<>> by_source_;  // As many as there are models.
};

}  // namespace quern::engine
