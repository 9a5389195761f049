#include "formats/tokenizer_json.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "formats/fast_json.h"

namespace quern::formats {
namespace {

using text::AddedToken;
using text::TemplatePiece;
using text::TokenId;
using text::TokenizerSpec;

constexpr TokenId kMaxId = 1 << 24;
// Ids may have gaps (reserved places), but a small file may not ask for a huge table.
constexpr std::size_t kMaxGap = 1 << 16;

Status unsupported(const char* what, std::string_view got, const char* want) {
  return {Code::kUnsupported, fmt::format("{} '{}', want {}", what, shown(got), want)};
}

/// The "type" of a component: "null" when there is none.
Result<std::string_view> type_of(Json root, const char* component) {
  if (!has_member(root, component)) return std::string_view("null");
  QUERN_ASSIGN(const Json value, member(root, component));
  return string_member(value, "type");
}

Status place_token(TokenId id, std::string_view content, std::size_t n_listed,
                   TokenizerSpec& spec) {
  const auto i = static_cast<std::size_t>(id);
  if (i >= spec.vocab.size()) {
    if (i > n_listed + kMaxGap) {
      return {Code::kBadInput,
              fmt::format("token '{}' has id {} among {} tokens", shown(content), id, n_listed)};
    }
    spec.vocab.resize(i + 1);
  }
  std::string& place = spec.vocab[i];
  if (!place.empty() && place != content) {
    return {Code::kBadInput,
            fmt::format("id {} belongs to '{}' and to '{}'", id, shown(place), shown(content))};
  }
  place = content;
  return {};
}

/// {"token": id, ...}
Status read_vocab_object(Json model, TokenizerSpec& spec) {
  QUERN_ASSIGN(const Json vocab, member(model, "vocab"));
  simdjson::dom::object object;
  if (vocab.get(object) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("'vocab' is {}, want an object", json_kind(vocab))};
  }
  // The parser counts at most 2^24 - 1 members; more than kMaxId are refused below anyway.
  const std::size_t n = object.size();
  if (n == 0) return {Code::kBadInput, "'vocab' is empty"};
  spec.vocab.resize(n);
  for (const auto& [token, value] : object) {
    std::int64_t id = 0;
    if (value.get(id) != simdjson::SUCCESS || id < 0 || id >= kMaxId) {
      return {Code::kBadInput,
              fmt::format("token '{}' has no id from 0 to {}", shown(token), kMaxId - 1)};
    }
    QUERN_TRY(place_token(static_cast<TokenId>(id), token, n, spec));
  }
  return {};
}

TokenId find_token(const TokenizerSpec& spec, std::string_view token) {
  const auto at = std::find(spec.vocab.begin(), spec.vocab.end(), token);
  return at == spec.vocab.end() ? -1 : static_cast<TokenId>(at - spec.vocab.begin());
}

Status read_word_piece(Json model, TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kWordPiece;
  QUERN_TRY(read_vocab_object(model, spec));
  QUERN_ASSIGN(const std::string_view unk, string_member(model, "unk_token"));
  spec.unk_id = find_token(spec, unk);
  if (spec.unk_id < 0) {
    return {Code::kBadInput, fmt::format("'unk_token' '{}' is not in 'vocab'", shown(unk))};
  }
  QUERN_ASSIGN(const std::string_view prefix, string_member(model, "continuing_subword_prefix"));
  spec.continuing_prefix = prefix;
  if (has_member(model, "max_input_chars_per_word")) {
    QUERN_ASSIGN(const std::int64_t n, int_member(model, "max_input_chars_per_word", 1, 1 << 24));
    spec.max_chars_per_word = static_cast<int>(n);
  }
  return {};
}

Status read_model(Json root, TokenizerSpec& spec) {
  QUERN_ASSIGN(const Json model, member(root, "model"));
  // Files from before tokenizers 0.9 name no type; only WordPiece has this field.
  if (!has_member(model, "type") && has_member(model, "max_input_chars_per_word")) {
    return read_word_piece(model, spec);
  }
  QUERN_ASSIGN(const std::string_view type, string_member(model, "type"));
  if (type == "WordPiece") return read_word_piece(model, spec);
  return unsupported("type", type, "WordPiece");
}

Status read_normalizer(Json root, TokenizerSpec& spec) {
  QUERN_ASSIGN(const std::string_view type, type_of(root, "normalizer"));
  text::BertRules& rules = spec.bert;
  if (type == "null") {
    rules = {.clean_text = false,
             .handle_chinese_chars = false,
             .strip_accents = false,
             .lowercase = false};
    return {};
  }
  if (type != "BertNormalizer") return unsupported("normalizer", type, "BertNormalizer");
  QUERN_ASSIGN(const Json value, member(root, "normalizer"));
  QUERN_ASSIGN(rules.clean_text, bool_member_or(value, "clean_text", true));
  QUERN_ASSIGN(rules.handle_chinese_chars, bool_member_or(value, "handle_chinese_chars", true));
  QUERN_ASSIGN(rules.lowercase, bool_member_or(value, "lowercase", true));
  if (has_member(value, "strip_accents")) {
    QUERN_ASSIGN(rules.strip_accents, bool_member_or(value, "strip_accents", false));
  }
  return {};
}

Status read_pre_tokenizer(Json root) {
  QUERN_ASSIGN(const std::string_view type, type_of(root, "pre_tokenizer"));
  if (type == "BertPreTokenizer") return {};
  return unsupported("pre-tokenizer", type, "BertPreTokenizer");
}

Result<AddedToken> read_added_token(Json value) {
  AddedToken token;
  QUERN_ASSIGN(const std::int64_t id, int_member(value, "id", 0, kMaxId - 1));
  token.id = static_cast<TokenId>(id);
  QUERN_ASSIGN(const std::string_view content, string_member(value, "content"));
  if (content.empty()) return {Code::kBadInput, "'content' is empty"};
  token.content = content;
  QUERN_ASSIGN(token.special, bool_member_or(value, "special", false));
  QUERN_ASSIGN(token.normalized, bool_member_or(value, "normalized", !token.special));
  QUERN_ASSIGN(token.lstrip, bool_member_or(value, "lstrip", false));
  QUERN_ASSIGN(token.rstrip, bool_member_or(value, "rstrip", false));
  QUERN_ASSIGN(token.single_word, bool_member_or(value, "single_word", false));
  return token;
}

Status read_added_tokens(Json root, TokenizerSpec& spec) {
  if (!has_member(root, "added_tokens")) return {};
  QUERN_ASSIGN(const Json value, member(root, "added_tokens"));
  simdjson::dom::array array;
  if (value.get(array) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("'added_tokens' is {}, want an array", json_kind(value))};
  }
  const std::size_t n_listed = spec.vocab.size() + array.size();
  for (const Json item : array) {
    const std::string where = fmt::format("added token {}", spec.added.size());
    QUERN_ASSIGN(AddedToken token, read_added_token(item).in(where));
    QUERN_TRY(place_token(token.id, token.content, n_listed, spec).in(where));
    spec.added.push_back(std::move(token));
  }
  return {};
}

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

Status read_processor(Json root, TokenizerSpec& spec) {
  using Kind = TemplatePiece::Kind;
  QUERN_ASSIGN(const std::string_view type, type_of(root, "post_processor"));
  if (type == "null") {
    spec.single = {{Kind::kTextA, 0, 0}};
    spec.pair = {{Kind::kTextA, 0, 0}, {Kind::kTextB, 0, 1}};
    return {};
  }
  QUERN_ASSIGN(const Json processor, member(root, "post_processor"));
  if (type == "TemplateProcessing") {
    QUERN_TRY(read_template(processor, "single", 1, spec, spec.single));
    return read_template(processor, "pair", 2, spec, spec.pair);
  }
  if (type != "BertProcessing") {
    return unsupported("post-processor", type, "TemplateProcessing or BertProcessing");
  }
  QUERN_ASSIGN(const TokenId sep, bert_token(processor, "sep", spec));
  QUERN_ASSIGN(const TokenId cls, bert_token(processor, "cls", spec));
  spec.single = {{Kind::kToken, cls, 0}, {Kind::kTextA, 0, 0}, {Kind::kToken, sep, 0}};
  spec.pair = spec.single;
  spec.pair.push_back({Kind::kTextB, 0, 1});
  spec.pair.push_back({Kind::kToken, sep, 1});
  return {};
}

}  // namespace

Result<TokenizerSpec> parse_tokenizer_json(std::string_view json) {
  simdjson::dom::parser parser;
  QUERN_ASSIGN(const Json root, parse_fast_json(parser, json));
  TokenizerSpec spec;
  QUERN_TRY(read_model(root, spec).in("model"));
  QUERN_TRY(read_added_tokens(root, spec));
  QUERN_TRY(read_normalizer(root, spec).in("normalizer"));
  QUERN_TRY(read_pre_tokenizer(root).in("pre_tokenizer"));
  QUERN_TRY(read_processor(root, spec).in("post_processor"));
  return spec;
}

}  // namespace quern::formats
