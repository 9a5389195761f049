// "post_processor" of tokenizer.json.

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "formats/tokenizer/tokenizer_json_parts.h"

namespace quern::formats {
namespace {

using text::TemplatePiece;
using text::TokenId;
using text::TokenizerSpec;

/// Ids of a template's special token: one name may stand for several.
Result<std::vector<TokenId>> template_ids(Json processor, std::string_view name,
                                          const TokenizerSpec& spec) {
  QUERN_ASSIGN(const Json specials, member(processor, "special_tokens"));
  QUERN_ASSIGN(const Json special, member(specials, name));
  QUERN_ASSIGN(const Json list, member(special, "ids"));
  simdjson::dom::array array;
  if (list.get(array) != simdjson::SUCCESS) return {Code::kBadInput, "'ids' is not an array"};
  std::vector<TokenId> ids;
  for (const Json item : array) {
    std::int64_t id = 0;
    if (item.get(id) != simdjson::SUCCESS || id < 0 ||
        id >= static_cast<std::int64_t>(spec.vocab.size())) {
      return {Code::kBadInput, fmt::format("'{}' has an id outside the vocabulary", shown(name))};
    }
    ids.push_back(static_cast<TokenId>(id));
  }
  return ids;
}

Status read_piece(Json item, Json processor, const TokenizerSpec& spec,
                  std::vector<TemplatePiece>& out) {
  const bool is_token = has_member(item, "SpecialToken");
  QUERN_ASSIGN(const Json body, member(item, is_token ? "SpecialToken" : "Sequence"));
  QUERN_ASSIGN(const std::string_view name, string_member(body, "id"));
  QUERN_ASSIGN(const std::int64_t type, int_member(body, "type_id", 0, 255));
  const auto type_id = static_cast<std::uint8_t>(type);
  if (is_token) {
    QUERN_ASSIGN(const std::vector<TokenId> ids, template_ids(processor, name, spec));
    for (const TokenId id : ids) out.push_back({TemplatePiece::Kind::kToken, id, type_id});
    return {};
  }
  if (name != "A" && name != "B") {
    return {Code::kBadInput, fmt::format("sequence '{}', want A or B", shown(name))};
  }
  out.push_back(
      {name == "A" ? TemplatePiece::Kind::kTextA : TemplatePiece::Kind::kTextB, 0, type_id});
  return {};
}

/// Reads template `key`, which must hold each text exactly so often as it takes part.
Status read_template(Json processor, const char* key, int n_texts, const TokenizerSpec& spec,
                     std::vector<TemplatePiece>& out) {
  QUERN_ASSIGN(const Json value, member(processor, key));
  simdjson::dom::array array;
  if (value.get(array) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("'{}' is {}, want an array", key, json_kind(value))};
  }
  for (const Json item : array) QUERN_TRY(read_piece(item, processor, spec, out).in(key));
  const auto count = [&out](TemplatePiece::Kind kind) {
    return std::count_if(out.begin(), out.end(),
                         [kind](const TemplatePiece& piece) { return piece.kind == kind; });
  };
  if (count(TemplatePiece::Kind::kTextA) != 1 ||
      count(TemplatePiece::Kind::kTextB) != n_texts - 1) {
    return {Code::kBadInput, fmt::format("'{}' does not hold each text once", key)};
  }
  return {};
}

/// {"sep": ["[SEP]", 102], "cls": ["[CLS]", 101]}
Result<TokenId> bert_token(Json processor, const char* key, const TokenizerSpec& spec) {
  QUERN_ASSIGN(const Json value, member(processor, key));
  simdjson::dom::array pair;
  std::int64_t id = -1;
  if (value.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
      pair.at(1).get(id) != simdjson::SUCCESS || id < 0 ||
      id >= static_cast<std::int64_t>(spec.vocab.size())) {
    return {Code::kBadInput, fmt::format("'{}' is not a token and its id", key)};
  }
  return static_cast<TokenId>(id);
}

/// <s> A </s> </s> B </s>, all of one segment.
void set_roberta(TokenId cls, TokenId sep, TokenizerSpec& spec) {
  using Kind = TemplatePiece::Kind;
  spec.single = {{Kind::kToken, cls, 0}, {Kind::kTextA, 0, 0}, {Kind::kToken, sep, 0}};
  spec.pair = spec.single;
  spec.pair.push_back({Kind::kToken, sep, 0});
  spec.pair.push_back({Kind::kTextB, 0, 0});
  spec.pair.push_back({Kind::kToken, sep, 0});
}

void set_bert(TokenId cls, TokenId sep, TokenizerSpec& spec) {
  using Kind = TemplatePiece::Kind;
  spec.single = {{Kind::kToken, cls, 0}, {Kind::kTextA, 0, 0}, {Kind::kToken, sep, 0}};
  spec.pair = spec.single;
  spec.pair.push_back({Kind::kTextB, 0, 1});
  spec.pair.push_back({Kind::kToken, sep, 1});
}

Status read_processor(Json processor, TokenizerSpec& spec);

/// Several in a row: of those in use, all but one (ByteLevel) add nothing.
Status read_sequence(Json sequence, TokenizerSpec& spec) {
  QUERN_ASSIGN(const Json list, member(sequence, "processors"));
  simdjson::dom::array array;
  if (list.get(array) != simdjson::SUCCESS) {
    return {Code::kBadInput, "'processors' is not an array"};
  }
  bool has_template = false;
  for (const Json item : array) {
    QUERN_ASSIGN(const std::string_view type, string_member(item, "type"));
    if (type == "ByteLevel") continue;
    if (type == "Sequence" || has_template) {
      return unknown_component("post-processor", type, "ByteLevel and one that adds tokens");
    }
    has_template = true;
    QUERN_TRY(read_processor(item, spec));
  }
  return {};
}

Status read_processor(Json processor, TokenizerSpec& spec) {
  QUERN_ASSIGN(const std::string_view type, string_member(processor, "type"));
  if (type == "ByteLevel") return {};  // It moves offsets only.
  if (type == "Sequence") return read_sequence(processor, spec);
  if (type == "TemplateProcessing") {
    spec.single.clear();
    spec.pair.clear();
    QUERN_TRY(read_template(processor, "single", 1, spec, spec.single));
    return read_template(processor, "pair", 2, spec, spec.pair);
  }
  if (type != "BertProcessing" && type != "RobertaProcessing") {
    return unknown_component(
        "post-processor", type,
        "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or Sequence");
  }
  QUERN_ASSIGN(const TokenId sep, bert_token(processor, "sep", spec));
  QUERN_ASSIGN(const TokenId cls, bert_token(processor, "cls", spec));
  type == "BertProcessing" ? set_bert(cls, sep, spec) : set_roberta(cls, sep, spec);
  return {};
}

}  // namespace

Status read_post_processor(Json root, TokenizerSpec& spec) {
  using Kind = TemplatePiece::Kind;
  spec.single = {{Kind::kTextA, 0, 0}};
  spec.pair = {{Kind::kTextA, 0, 0}, {Kind::kTextB, 0, 1}};
  if (!has_member(root, "post_processor")) return {};
  QUERN_ASSIGN(const Json processor, member(root, "post_processor"));
  return read_processor(processor, spec);
}

}  // namespace quern::formats
