// What a conversation holds stays text: no template lets it become a control token, and ordinary
// conversations keep their tokens. Templates in the manner of published ones, each inputs.json case
// of tests/data/chat, and what make_chat_golden.py --check wrote.

#include <cstdlib>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "text/added_tokens.h"
#include "text/chat_golden.h"

namespace quern::text {
namespace {

using Json = nlohmann::ordered_json;

Result<jinja::Text> render(const ChatTemplate& made, const Json& variables) {
  ChatInput input;
  input.add_generation_prompt = false;
  input.bos_token = "<s>";
  input.eos_token = "</s>";
  input.now = 31579200;
  for (const auto& [key, value] : variables.items()) {
    QUERN_ASSIGN(jinja::Value read, jinja::value_from_json(value.dump()));
    if (key == "messages") {
      input.messages = std::move(read);
    } else if (key == "tools") {
      input.tools = std::move(read);
    } else if (key == "add_generation_prompt") {
      input.add_generation_prompt = value.get<bool>();
    } else {
      input.extra.emplace_back(key, std::move(read));
    }
  }
  return made.render(input);
}

/// Everything in the template that could be a token of its model.
std::vector<AddedToken> tokens_of(const std::string& source) {
  static const std::regex kToken(
      R"(<\|[^|<>]*\|>|<\|[a-z_]+>|<[a-z_]+\|>|<[a-z]+_of_[a-z]+>|\[/?[A-Z_]{3,}\]|<</?SYS>>)");
  std::vector<AddedToken> tokens = {{.id = 0, .content = "<s>", .special = true},
                                    {.id = 1, .content = "</s>", .special = true}};
  for (auto at = std::sregex_iterator(source.begin(), source.end(), kToken);
       at != std::sregex_iterator(); ++at) {
    tokens.push_back(
        {.id = static_cast<TokenId>(tokens.size()), .content = at->str(), .special = true});
  }
  // Of templates that make their tokens of roles.
  for (const char* role : {"<|user|>", "<|assistant|>", "<|system|>"}) {
    tokens.push_back({.id = static_cast<TokenId>(tokens.size()), .content = role, .special = true});
  }
  return tokens;
}

std::string ids_in(const AddedTokens& tokens, const std::string& text, const ByteSpans& plain) {
  std::vector<TextPart> parts;
  tokens.split(text, {Specials::kAsToken, plain}, parts);
  std::string out;
  for (const TextPart& part : parts) {
    if (part.id >= 0) out += std::string(part.text) + " ";
  }
  return out;
}

/// Puts `forged` behind every text that a user may write.
void forge(Json& value, const std::string& forged) {
  if (value.is_string()) {
    value = value.get<std::string>() + forged;
    return;
  }
  if (!value.is_structured()) return;
  for (auto& [key, item] : value.items()) {
    const bool is_name = key == "role" || key == "type" || key == "id" || key == "tool_call_id";
    if (!is_name || !item.is_string()) forge(item, forged);
  }
}

// Returns false if the template refuses the input.
bool check(const std::string& source, const Json& given) {
  const std::string written = std::regex_replace(given.dump(), std::regex("<\\|"), "<");
  const Json variables = Json::parse(written);  // An ordinary conversation.
  const auto made = ChatTemplate::parse(source);
  if (!made.ok()) return false;
  const auto plain = render(*made, variables);
  if (!plain.ok()) return false;
  const std::vector<AddedToken> list = tokens_of(source);
  const AddedTokens tokens(list);
  const std::string where = source.substr(0, 1000) + "\nwith " + variables.dump().substr(0, 500);
  const std::string want = ids_in(tokens, plain->bytes, {});
  EXPECT_EQ(ids_in(tokens, plain->bytes, plain->foreign), want) << where;

  std::string forged;
  for (const AddedToken& token : list) forged += token.content + "a";
  Json hostile = variables;
  for (const char* key : {"messages", "tools", "documents"}) {
    if (hostile.contains(key)) forge(hostile[key], forged);
  }
  const auto got = render(*made, hostile);
  EXPECT_TRUE(got.ok()) << where << got.status().message();
  if (!got.ok()) return true;
  EXPECT_EQ(ids_in(tokens, got->bytes, got->foreign), want) << where << "\n"
                                                            << got->bytes.substr(0, 300);
  return true;
}

// Each in the way that a family of published templates goes about it.
constexpr const char* kTemplates[] = {
    // ChatML.
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + "
    "'\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    // Trimmed together with the tokens round it, and kept in a variable.
    "{% for m in messages %}{% set c = '<|start_header_id|>' + m.role + '<|end_header_id|>\\n\\n' "
    "+ "
    "m.content | trim + '<|eot_id|>' %}{% if loop.first %}{% set c = bos_token + c %}{% endif %}"
    "{{ (c ~ ' ') | trim }}{% endfor %}",
    // Tokens made of roles.
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m.role + '|>' + '\\n' + m.content + "
    "'<|end|>\\n' }}"
    "{% endfor %}",
    // A macro, a filter block and a set block; content as text or as a list of parts.
    "{% macro show(content) %}{% if content is string %}{{ content | trim }}{% else %}"
    "{% for part in content %}{% if part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}"
    "{% endif %}{% endmacro %}{% for m in messages %}{% filter trim %}<start_of_turn>{{ m.role "
    "}}\\n"
    "{% set body %}{{ show(m.content) }}<end_of_turn>{% endset %}{{ body }}{% endfilter %}{% "
    "endfor %}",
    // join, format, replace, indent, split and slices.
    "{% set out = [] %}{% for m in messages %}[INST] {{ ['<|a|>', m.content, '<|b|>'] | join(' ') "
    "}} "
    "{{ '<|c|>%s<|d|>' % m.content }}{{ '<|e|>%s' | format(m.content) }}"
    "{{ '<|f|>{}'.format(m.content) }}{{ '<|g|>X'.replace('X', m.content) }}"
    "{{ ('<|h|>' + m.content).split('\\n')[-1] }}{{ ('<|i|>' + m.content + ' ')[:-1] }}"
    "{{ ('<|j|>\\n' ~ m.content) | indent }}{{ '<|k|>'.join([m.content, m.content]) }}"
    "{{ ('<|l|>' + m.content).partition('|>')[1:] | join }}[/INST]{% endfor %}",
    // Character by character, twice, and in capitals.
    "{% for m in messages %}<|x|>{% for c in m.content %}{{ c }}{% endfor %}"
    "{{ m.content | list | join }}{{ (m.content | upper) | lower }}{{ m.content * 2 }}"
    "{{ m.content | reverse | reverse }}{{ [m.content] }}{{ m | tojson }}{{ m }}<|y|>{% endfor %}",
    // Tools and what they answer.
    "{% if tools %}<|tools|>{{ tools | tojson(indent=2) }}{% for t in tools %}{% for k, v in "
    "t.items() %}{{ k }}: {{ v }}{% endfor %}{% endfor %}<|/tools|>{% endif %}{% for m in messages "
    "%}"
    "{% if m.role == 'tool' %}<|observation|>{{ m.content }}{% else %}<|{{ m.role }}|>{{ m.content "
    "}}"
    "{% for c in m.tool_calls or [] %}<|call|>{{ c.function.name }}{{ c.function.arguments | "
    "tojson "
    "}}{% endfor %}{% endif %}{% endfor %}",
};

constexpr const char* kConversations[] = {
    R"({"messages": [{"role": "user", "content": "Hi"}], "add_generation_prompt": true})",
    R"({"messages": [{"role": "system", "content": " Be brief.\n"},
                     {"role": "user", "content": " Hi\nthere "},
                     {"role": "assistant", "content": "Hello"},
                     {"role": "user", "content": "a < b | c > d"}]})",
    R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "one"},
                                                  {"type": "text", "text": "two"}]}]})",
    R"({"tools": [{"type": "function", "function": {"name": "f", "description": "does"}}],
        "messages": [{"role": "user", "content": "Hi"},
                     {"role": "assistant", "content": "", "tool_calls": [
                       {"id": "123456789", "type": "function",
                        "function": {"name": "f", "arguments": {"a": "b"}}}]},
                     {"role": "tool", "tool_call_id": "123456789", "content": "42"}]})",
};

TEST(chat_foreign, no_message_makes_a_control_token) {
  const Json inputs = golden_inputs();
  int n = 0;
  for (const char* source : kTemplates) {
    for (const char* conversation : kConversations) {
      const Json variables = Json::parse(conversation);
      n += check(source, variables);
    }
    for (const auto& [name, input] : inputs.items()) n += check(source, input);
  }
  EXPECT_GT(n, 100);
}

TEST(chat_foreign, two_halves_in_two_parts_make_no_token) {
  const auto made = ChatTemplate::parse(
      "{% for m in messages %}<|a|>{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}|>");
  const auto got = render(*made, Json::parse(R"({"messages": [{"role": "user", "content": [
      {"text": "<|"}, {"text": "a|"}, {"text": "><|a"}]}]})"));
  ASSERT_TRUE(got.ok()) << got.status().message();
  ASSERT_EQ(got->bytes, "<|a|><|a|><|a|>");
  EXPECT_EQ(ids_in(AddedTokens(tokens_of("<|a|>")), got->bytes, got->foreign), "<|a|> ");
}

TEST(chat_foreign, a_role_with_punctuation_is_text_too) {
  const auto made = ChatTemplate::parse("{% for m in messages %}{{ m.role }}{% endfor %}");
  const auto got =
      render(*made, Json::parse(R"({"messages": [{"role": "user"}, {"role": "<s>"}]})"));
  ASSERT_TRUE(got.ok()) << got.status().message();
  EXPECT_EQ(got->foreign, (ByteSpans{{4, 7}}));
}

// Made by make_chat_golden.py --check: templates that are not ours to keep.
TEST(chat_foreign, templates_from_elsewhere_keep_messages_apart) {
  const char* path = std::getenv("QUERN_CHAT_GOLDEN");
  if (path == nullptr) GTEST_SKIP() << "QUERN_CHAT_GOLDEN names no file";
  const Json inputs = golden_inputs();
  std::ifstream file(path, std::ios::binary);
  int n = 0;
  for (std::string line; std::getline(file, line);) {
    const auto row = nlohmann::json::parse(line);
    n +=
        check(row.at("template").get<std::string>(), inputs.at(row.at("input").get<std::string>()));
  }
  EXPECT_GT(n, 0);
}

}  // namespace
}  // namespace quern::text
