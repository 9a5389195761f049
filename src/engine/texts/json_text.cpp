#include "engine/texts/json_text.h"

#include <simdjson.h>

namespace quern::engine {
namespace {

namespace dom = simdjson::dom;

// "it has 'title', 'body'": what a user needs to see to find the mistake.
std::string list_of_keys(const dom::object& object) {
  constexpr int kMaxShown = 5;
  std::string keys;
  int n = 0;
  for (const auto field : object) {
    if (n++ == kMaxShown) {
      keys += ", ...";
      break;
    }
    if (!keys.empty()) keys += ", ";
    keys.append("'").append(field.key.substr(0, 40)).append("'");
  }
  return keys.empty() ? "it is empty" : "it has " + keys;
}

const char* type_name(const dom::element& element) {
  switch (element.type()) {
    case dom::element_type::ARRAY:
      return "an array";
    case dom::element_type::OBJECT:
      return "an object";
    case dom::element_type::STRING:
      return "a string";
    case dom::element_type::BOOL:
      return "a boolean";
    case dom::element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

}  // namespace

struct JsonTextParser::State {
  dom::parser parser;
};

JsonTextParser::JsonTextParser() : state_(std::make_unique<State>()) {}
JsonTextParser::JsonTextParser(JsonTextParser&&) noexcept = default;
JsonTextParser& JsonTextParser::operator=(JsonTextParser&&) noexcept = default;
JsonTextParser::~JsonTextParser() = default;

Status JsonTextParser::parse(std::string_view line, std::string& text,
                             std::optional<std::string>& text_pair) {
  dom::element element;
  if (const auto error = state_->parser.parse(line.data(), line.size()).get(element)) {
    return {Code::kBadInput, std::string("not JSON: ") + simdjson::error_message(error)};
  }
  dom::object object;
  if (element.get(object)) {
    return {Code::kBadInput,
            std::string("is ") + type_name(element) + ", want an object with a \"text\" field"};
  }
  dom::element field;
  if (object.at_key("text").get(field)) {
    return {Code::kBadInput, "no \"text\" field; " + list_of_keys(object)};
  }
  std::string_view value;
  if (field.get(value)) {
    return {Code::kBadInput, std::string("\"text\" is ") + type_name(field) + ", want a string"};
  }
  text.assign(value);
  text_pair.reset();
  if (object.at_key("text_pair").get(field) || field.is_null()) return {};
  if (field.get(value)) {
    return {Code::kBadInput,
            std::string("\"text_pair\" is ") + type_name(field) + ", want a string"};
  }
  text_pair.emplace(value);
  return {};
}

}  // namespace quern::engine
