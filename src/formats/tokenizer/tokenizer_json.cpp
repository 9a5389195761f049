#include "formats/tokenizer/tokenizer_json.h"

#include <fmt/format.h>

#include "formats/fast_json.h"
#include "formats/tokenizer/tokenizer_json_parts.h"

namespace quern::formats {
namespace {

using ReadPart = std::function<Status(std::string_view type, Json part)>;

constexpr int kMaxSequenceDepth = 16;
constexpr int kMaxParts = 256;

/// Parts of one component, counted over all of its Sequences.
struct Parts {
  const char* list;
  const ReadPart& read;
  int n_read = 0;

  Status read_all(Json value, int depth) {
    QUERN_ASSIGN(const std::string_view type, string_member(value, "type"));
    if (type != "Sequence") {
      const std::string where = fmt::format("{} {}", shown(type), ++n_read);
      if (n_read > kMaxParts) return {Code::kUnsupported, fmt::format("over {} parts", kMaxParts)};
      return read(type, value).in(where);
    }
    if (depth == kMaxSequenceDepth) return {Code::kUnsupported, "Sequences lie too deep"};
    QUERN_ASSIGN(const Json items, member(value, list));
    simdjson::dom::array array;
    if (items.get(array) != simdjson::SUCCESS) {
      return {Code::kBadInput, fmt::format("'{}' is {}, want an array", list, json_kind(items))};
    }
    for (const Json item : array) QUERN_TRY(read_all(item, depth + 1));
    return {};
  }
};

}  // namespace

Status read_parts(Json root, const char* name, const char* list, const ReadPart& read) {
  if (!has_member(root, name)) return {};
  QUERN_ASSIGN(const Json value, member(root, name));
  Parts parts{list, read};
  return parts.read_all(value, 0).in(name);
}

Result<text::Pattern> read_pattern(Json part) {
  QUERN_ASSIGN(const Json pattern, member(part, "pattern"));
  if (has_member(pattern, "Regex")) {
    QUERN_ASSIGN(const std::string_view regex, string_member(pattern, "Regex"));
    return text::regex_pattern(std::string(regex));
  }
  QUERN_ASSIGN(const std::string_view string, string_member(pattern, "String"));
  return text::string_pattern(std::string(string));
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
  QUERN_TRY(read_normalizers(root, spec));
  QUERN_TRY(read_pre_tokenizers(root, spec));
  QUERN_TRY(read_post_processor(root, spec).in("post_processor"));
  QUERN_TRY(read_decoders(root, spec));
  return spec;
}

}  // namespace quern::formats
