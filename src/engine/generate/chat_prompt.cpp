#include "engine/generate/chat_prompt.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace quern::engine {
namespace {

using jinja::Value;

constexpr std::string_view kDeveloper = "developer";

/// The same messages, of the role "system" where it was "developer".
Value developers_as_system(const Value& messages) {
  const jinja::List* list = messages.as_list();
  if (list == nullptr) return messages;
  std::vector<Value> changed = list->items;
  for (Value& message : changed) {
    const jinja::Dict* dict = message.as_dict();
    const Value* role = dict == nullptr ? nullptr : dict->find(std::string_view("role"));
    if (role == nullptr || role->as_text() == nullptr || *role->as_text() != kDeveloper) continue;
    std::vector<std::pair<Value, Value>> items = dict->items;
    for (auto& [key, value] : items) {
      if (key.as_text() != nullptr && *key.as_text() == "role") value = Value("system");
    }
    message = jinja::make_dict(std::move(items));
  }
  return jinja::make_list(std::move(changed));
}

}  // namespace

Value chat_message(std::string_view role, std::string_view content) {
  return jinja::make_dict({{"role", role}, {"content", content}});
}

Result<std::size_t> length_to_continue(std::string_view prompt, std::string_view content) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  content.remove_prefix(std::min(content.find_first_not_of(kSpace), content.size()));
  const std::string_view bare = content.substr(0, content.find_last_not_of(kSpace) + 1);
  const std::size_t at = prompt.rfind(bare);
  if (at == prompt.npos) {
    return Status(Code::kBadInput,
                  "the last message cannot be continued: the chat template does not keep its text");
  }
  const bool keeps_end = prompt.substr(at).starts_with(content);
  return at + (keeps_end ? content : bare).size();
}

Result<ChatPrompts::Template> ChatPrompts::parsed(const std::string& source) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = by_source_.find(source);
    if (found != by_source_.end()) return found->second;
  }
  QUERN_ASSIGN(text::ChatTemplate made, text::ChatTemplate::parse(source));
  auto shared = std::make_shared<const text::ChatTemplate>(std::move(made));
  const std::lock_guard<std::mutex> lock(mutex_);
  return by_source_.emplace(source, std::move(shared)).first->second;
}

Result<jinja::Text> ChatPrompts::render(const formats::DecoderModel& model, text::ChatInput chat) {
  const std::string where = fmt::format("model '{}'", model.name);
  if (model.chat_template.empty()) {
    return {Code::kBadInput,
            fmt::format("{}: has no chat template, so it cannot tell messages apart; it can "
                        "continue a plain text (quern generate, /v1/completions)",
                        where)};
  }
  QUERN_ASSIGN(const Template made, parsed(model.chat_template).in(where));
  if (model.chat_template.find(kDeveloper) == std::string::npos) {
    chat.messages = developers_as_system(chat.messages);
  }
  chat.bos_token = model.bos_token;
  chat.eos_token = model.eos_token;
  return made->render(chat).in(where);
}

}  // namespace quern::engine
