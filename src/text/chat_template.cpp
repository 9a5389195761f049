#include "text/chat_template.h"

#include "text/jinja_parser.h"

namespace quern::text {

Result<ChatTemplate> ChatTemplate::make(std::string_view source, std::string bos_token,
                                        std::string eos_token) {
  ChatTemplate made;
  auto block = jinja::parse_template(source);
  if (!block.ok()) return block.status().in("chat template");
  made.block_ = std::move(*block);
  made.bos_token_ = std::move(bos_token);
  made.eos_token_ = std::move(eos_token);
  return made;
}

Result<std::string> ChatTemplate::render(const ChatInput& input,
                                         const jinja::Limits& limits) const {
  jinja::Variables variables = {
      {"messages", input.messages},
      {"tools", input.tools.is_undefined() ? jinja::Value(jinja::None{}) : input.tools},
      {"documents", jinja::None{}},
      {"add_generation_prompt", input.add_generation_prompt},
      {"bos_token", bos_token_},
      {"eos_token", eos_token_}};
  for (const auto& [name, value] : input.extra) {
    std::erase_if(variables, [&](const auto& known) { return known.first == name; });
    variables.emplace_back(name, value);
  }
  const std::time_t now = input.now != 0 ? input.now : std::time(nullptr);
  auto text = jinja::render_template(block_, variables, limits, now);
  if (!text.ok()) return text.status().in("chat template");
  return text;
}

}  // namespace quern::text
