#include "text/chat_template.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "jinja/parser.h"

namespace quern::text {
namespace {

using jinja::Value;

/// "user", "tool-call": no punctuation of which a token could be made.
bool is_plain_name(const Value& value) {
  return value.as_text() != nullptr &&
         std::all_of(value.as_text()->begin(), value.as_text()->end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

Value foreign_message(const Value& message) {
  const jinja::Dict* dict = message.as_dict();
  if (dict == nullptr) return jinja::foreign_copy(message);
  std::vector<std::pair<Value, Value>> items;
  for (const auto& [key, value] : dict->items) {
    const bool is_role = key.as_text() != nullptr && *key.as_text() == "role";
    const bool stays = is_role && is_plain_name(value);
    items.emplace_back(jinja::foreign_copy(key), stays ? value : jinja::foreign_copy(value));
  }
  return jinja::make_dict(std::move(items));
}

Value foreign_messages(const Value& messages) {
  const jinja::List* list = messages.as_list();
  if (list == nullptr) return jinja::foreign_copy(messages);
  std::vector<Value> items;
  for (const Value& message : list->items) items.push_back(foreign_message(message));
  return jinja::make_list(std::move(items));
}

std::string repaired(std::string_view utf8) {
  std::string storage;
  return std::string(repair_utf8(utf8, storage));
}

}  // namespace

Result<ChatTemplate> ChatTemplate::parse(std::string_view source) {
  std::string storage;
  ChatTemplate made;
  QUERN_ASSIGN(made.block_,
               jinja::parse_template(repair_utf8(source, storage)).in("chat template"));
  return made;
}

Result<jinja::Text> ChatTemplate::render(const ChatInput& input,
                                         const jinja::Limits& limits) const {
  jinja::Variables variables = {
      {"messages", foreign_messages(input.messages)},
      {"tools", input.tools.is_undefined() ? Value(jinja::None{}) : foreign_copy(input.tools)},
      {"documents", jinja::None{}},
      {"add_generation_prompt", input.add_generation_prompt},
      {"bos_token", repaired(input.bos_token)},
      {"eos_token", repaired(input.eos_token)}};
  for (const auto& [name, value] : input.extra) {
    std::erase_if(variables, [&](const auto& known) { return known.first == name; });
    variables.emplace_back(name, foreign_copy(value));
  }
  const std::time_t now = input.now != 0 ? input.now : std::time(nullptr);
  return jinja::render_template(block_, variables, limits, now).in("chat template");
}

}  // namespace quern::text
