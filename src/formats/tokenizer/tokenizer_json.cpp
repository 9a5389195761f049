#include "formats/tokenizer/tokenizer_json.h"

#include <fmt/format.h>

#include "formats/fast_json.h"
#include "formats/tokenizer/tokenizer_json_parts.h"

namespace quern::formats {

Result<std::string_view> component_type(Json root, const char* component) {
  if (!has_member(root, component)) return std::string_view("null");
  QUERN_ASSIGN(const Json value, member(root, component));
  return string_member(value, "type");
}

Status unknown_component(const char* what, std::string_view got, std::string_view want) {
  return {Code::kUnsupported, fmt::format("{} '{}', want {}", what, shown(got), want)};
}

Result<text::TokenizerSpec> parse_tokenizer_json(std::string_view json) {
  simdjson::dom::parser parser;
  QUERN_ASSIGN(const Json root, parse_fast_json(parser, json));
  text::TokenizerSpec spec;
  QUERN_TRY(read_tokenizer_model(root, spec).in("model"));
  QUERN_TRY(read_added_tokens(root, spec));
  QUERN_TRY(read_tokenizer_rules(root, spec));
  QUERN_TRY(read_post_processor(root, spec).in("post_processor"));
  return spec;
}

}  // namespace quern::formats
