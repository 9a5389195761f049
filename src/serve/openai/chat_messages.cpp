#include "serve/openai/chat_messages.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace quern::serve {
namespace {

using jinja::Dict;
using jinja::List;
using jinja::Value;
using Items = std::vector<std::pair<Value, Value>>;

constexpr std::array<std::string_view, 6> kRoles = {"system",    "developer", "user",
                                                    "assistant", "tool",      "function"};

/// The value of a key, nullptr where there is none or it is null.
const Value* find(const Dict& dict, std::string_view key) {
  const Value* value = dict.find(key);
  return value == nullptr || value->is_none() ? nullptr : value;
}

void put(Items& items, std::string_view key, Value value) {
  for (auto& [name, held] : items) {
    if (*name.as_text() != key) continue;
    held = std::move(value);
    return;
  }
  items.emplace_back(Value(key), std::move(value));
}

Problem wrong(long i, std::string_view member, std::string_view got, std::string_view wanted) {
  return wrong_type({.field = "messages", .i = i, .member = member}, got, wanted);
}

Problem check_role(const Dict& message, long i) {
  const Value* role = find(message, "role");
  const std::string wanted = fmt::format("one of {}", fmt::join(kRoles, ", "));
  if (role == nullptr) return wrong(i, "role", "nothing", wanted);
  if (role->as_text() == nullptr) return wrong(i, "role", role->type_name(), "a string");
  if (std::find(kRoles.begin(), kRoles.end(), *role->as_text()) == kRoles.end()) {
    return wrong(i, "role", fmt::format("'{}'", *role->as_text()), wanted);
  }
  return {};
}

/// "text", and what newer clients call it when they speak of what a model was or has said.
bool is_text_type(std::string_view type) {
  return type == "text" || type == "input_text" || type == "output_text";
}

Problem join_parts(const List& parts, long i, std::string& out) {
  for (std::size_t j = 0; j < parts.items.size(); ++j) {
    const std::string member = fmt::format("content[{}]", j);
    const Dict* part = parts.items[j].as_dict();
    if (part == nullptr) return wrong(i, member, parts.items[j].type_name(), "an object");
    const Value* type = find(*part, "type");
    if (type == nullptr || type->as_text() == nullptr || !is_text_type(*type->as_text())) {
      const bool is_named = type != nullptr && type->as_text() != nullptr;
      return wrong(i, member,
                   is_named ? fmt::format("a part of type '{}'", *type->as_text())
                            : std::string("a part without a type"),
                   "type 'text', all that models here read");
    }
    const Value* text = find(*part, "text");
    if (text == nullptr || text->as_text() == nullptr) {
      return wrong(i, member, "a part without text", "a string as its 'text'");
    }
    if (j > 0) out += '\n';
    out += *text->as_text();
  }
  return {};
}

Problem settle_content(const Dict& message, long i, Items& items) {
  const Value* content = find(message, "content");
  if (content == nullptr) {
    const bool is_assistant = *find(message, "role")->as_text() == "assistant";
    const bool may_lack = is_assistant && find(message, "tool_calls") != nullptr;
    if (!may_lack) return wrong(i, "content", "nothing", "a string or a list of parts");
    put(items, "content", "");
    return {};
  }
  if (content->as_text() != nullptr) return {};
  if (content->as_list() == nullptr) {
    return wrong(i, "content", content->type_name(), "a string or a list of parts");
  }
  std::string joined;
  if (Problem problem = join_parts(*content->as_list(), i, joined)) return problem;
  put(items, "content", Value(std::move(joined)));
  return {};
}

/// The call with its arguments as an object, where they are JSON; else as it is.
Value with_arguments(const Value& call, JinjaReader& reader) {
  const Dict* dict = call.as_dict();
  const Value* function = dict == nullptr ? nullptr : dict->find(std::string_view("function"));
  const Dict* inner = function == nullptr ? nullptr : function->as_dict();
  const Value* arguments = inner == nullptr ? nullptr : find(*inner, "arguments");
  Value read;
  if (arguments == nullptr || arguments->as_text() == nullptr ||
      !reader.read_object_text(*arguments->as_text(), read)) {
    return call;
  }
  Items inner_items = inner->items;
  put(inner_items, "arguments", std::move(read));
  Items items = dict->items;
  put(items, "function", jinja::make_dict(std::move(inner_items)));
  return jinja::make_dict(std::move(items));
}

Problem settle_calls(const Dict& message, long i, JinjaReader& reader, Items& items) {
  const Value* calls = find(message, "tool_calls");
  if (calls == nullptr) return {};
  if (calls->as_list() == nullptr) return wrong(i, "tool_calls", calls->type_name(), "a list");
  std::vector<Value> settled;
  for (const Value& call : calls->as_list()->items) {
    settled.push_back(with_arguments(call, reader));
  }
  put(items, "tool_calls", jinja::make_list(std::move(settled)));
  return {};
}

Problem read_message(const Value& read, long i, JinjaReader& reader, Value& out) {
  const Dict* message = read.as_dict();
  if (message == nullptr) return wrong(i, "", read.type_name(), "an object");
  if (Problem problem = check_role(*message, i)) return problem;
  Items items = message->items;
  if (Problem problem = settle_content(*message, i, items)) return problem;
  if (Problem problem = settle_calls(*message, i, reader, items)) return problem;
  out = jinja::make_dict(std::move(items));
  return {};
}

}  // namespace

Problem read_messages(JsonValue value, JinjaReader& reader, Value& out) {
  std::vector<Value> messages;
  Problem problem = read_list(value, {"messages"}, "a list of messages",
                              [&](JsonValue item, const JsonPlace& at) -> Problem {
                                Value read;
                                if (Problem bad = reader.read(item, at, read)) return bad;
                                return read_message(read, at.i, reader, messages.emplace_back());
                              });
  if (problem) return problem;
  if (messages.empty()) {
    return bad_request("messages: is an empty list, wanted at least one message", "messages");
  }
  out = jinja::make_list(std::move(messages));
  return {};
}

}  // namespace quern::serve
