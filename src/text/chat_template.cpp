#include "text/chat_template.h"

#include <utility>

#include "base/utf8.h"
#include "jinja/parser.h"

namespace quern::text {

Result<ChatTemplate> ChatTemplate::parse(std::string_view source) {
  std::string storage;
  ChatTemplate made;
  QUERN_ASSIGN(made.block_,
               jinja::parse_template(repair_utf8(source, storage)).in("chat template"));
  return made;
}

Result<std::string> ChatTemplate::render(const ChatInput& input,
                                         const jinja::Limits& limits) const {
  jinja::Variables variables = {
      {"messages", input.messages},
      {"tools", input.tools.is_undefined() ? jinja::Value(jinja::None{}) : input.tools},
      {"documents", jinja::None{}},
      {"add_generation_prompt", input.add_generation_prompt},
      {"bos_token", input.bos_token},
      {"eos_token", input.eos_token}};
  for (const auto& [name, value] : input.extra) {
    std::erase_if(variables, [&](const auto& known) { return known.first == name; });
    variables.emplace_back(name, value);
  }
  const std::time_t now = input.now != 0 ? input.now : std::time(nullptr);
  return jinja::render_template(block_, variables, limits, now).in("chat template");
}

}  // namespace quern::text
