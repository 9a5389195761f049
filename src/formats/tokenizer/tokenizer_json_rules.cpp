// "normalizer" and "pre_tokenizer" of tokenizer.json. They combine freely in the format; published
// models use few combinations, and each of those is recognised as a whole.

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "formats/tokenizer/tokenizer_json_parts.h"

namespace quern::formats {
namespace {

using text::BpeWords;
using text::TokenizerSpec;

constexpr std::string_view kSpaceMark = "\xe2\x96\x81";  // U+2581

// The cutting rules of byte-level models, as their files spell them.
constexpr std::string_view kLlama3Regex =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2Regex =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

/// A component's parts: those of a Sequence (whose field is `field`), else itself, none for null.
Result<std::vector<Json>> parts_of(Json root, const char* component, const char* field) {
  QUERN_ASSIGN(const std::string_view type, component_type(root, component));
  std::vector<Json> parts;
  if (type == "null") return parts;
  QUERN_ASSIGN(const Json value, member(root, component));
  if (type != "Sequence") {
    parts.push_back(value);
    return parts;
  }
  QUERN_ASSIGN(const Json list, member(value, field));
  simdjson::dom::array array;
  if (list.get(array) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("'{}' is {}, want an array", field, json_kind(list))};
  }
  for (const Json item : array) parts.push_back(item);
  return parts;
}

/// "Split, ByteLevel", for messages.
std::string types_of(const std::vector<Json>& parts) {
  std::string out;
  for (const Json part : parts) {
    const Result<std::string_view> type = string_member(part, "type");
    if (!out.empty()) out += ", ";
    out += type.ok() ? shown(*type) : "?";
  }
  return out.empty() ? "null" : out;
}

bool is_type(Json part, std::string_view want) {
  const Result<std::string_view> type = string_member(part, "type");
  return type.ok() && *type == want;
}

bool is_string(Json part, const char* key, std::string_view want) {
  const Result<std::string_view> text = string_member(part, key);
  return text.ok() && *text == want;
}

/// A "pattern" of the kind "String" or "Regex"; "" when it is another.
std::string_view pattern_of(Json part, const char* kind) {
  const Result<Json> pattern = member(part, "pattern");
  if (!pattern.ok()) return "";
  const Result<std::string_view> text = string_member(*pattern, kind);
  return text.ok() ? *text : "";
}

/// Replace " " by U+2581.
bool marks_spaces(Json part) {
  return is_type(part, "Replace") && pattern_of(part, "String") == " " &&
         is_string(part, "content", kSpaceMark);
}

Status read_bert_rules(Json root, text::BertRules& rules) {
  QUERN_ASSIGN(const std::string_view pre, component_type(root, "pre_tokenizer"));
  if (pre != "BertPreTokenizer") {
    return unknown_component("pre-tokenizer", pre, "BertPreTokenizer");
  }
  QUERN_ASSIGN(const std::string_view type, component_type(root, "normalizer"));
  if (type == "null") {
    rules = {.clean_text = false,
             .handle_chinese_chars = false,
             .strip_accents = false,
             .lowercase = false};
    return {};
  }
  if (type != "BertNormalizer") return unknown_component("normalizer", type, "BertNormalizer");
  QUERN_ASSIGN(const Json value, member(root, "normalizer"));
  QUERN_ASSIGN(rules.clean_text, bool_member_or(value, "clean_text", true));
  QUERN_ASSIGN(rules.handle_chinese_chars, bool_member_or(value, "handle_chinese_chars", true));
  QUERN_ASSIGN(rules.lowercase, bool_member_or(value, "lowercase", true));
  if (has_member(value, "strip_accents")) {
    QUERN_ASSIGN(rules.strip_accents, bool_member_or(value, "strip_accents", false));
  }
  return {};
}

/// The words of "ByteLevel" alone, or behind a "Split" or "Digits" that is known.
Status read_words(const std::vector<Json>& parts, text::ByteLevelRules& rules) {
  const Status unknown = unknown_component(
      "pre-tokenizer", types_of(parts),
      "ByteLevel, or one of the Split and Digits rules of Llama 3, Qwen2 and SmolLM before it");
  if (parts.empty() || parts.size() > 2 || !is_type(parts.back(), "ByteLevel")) return unknown;
  QUERN_ASSIGN(rules.add_prefix_space, bool_member_or(parts.back(), "add_prefix_space", true));
  QUERN_ASSIGN(const bool cuts, bool_member_or(parts.back(), "use_regex", true));
  if (parts.size() == 1) {
    rules.words = BpeWords::kGpt2;
    return cuts ? Status() : unknown;
  }
  const Json first = parts.front();
  if (is_type(first, "Digits") && cuts) {
    QUERN_ASSIGN(const bool single, bool_member_or(first, "individual_digits", false));
    rules.words = BpeWords::kSmolLm;
    return single ? Status() : unknown;
  }
  if (!is_type(first, "Split") || !is_string(first, "behavior", "Isolated") || cuts) return unknown;
  const std::string_view regex = pattern_of(first, "Regex");
  if (regex != kLlama3Regex && regex != kQwen2Regex) {
    return unknown_component("pre-tokenizer regex", regex, "that of Llama 3 or of Qwen2");
  }
  rules.words = regex == kLlama3Regex ? BpeWords::kLlama3 : BpeWords::kQwen2;
  return {};
}

Status read_byte_level(const std::vector<Json>& normalizers, const std::vector<Json>& cutters,
                       TokenizerSpec& spec) {
  if (normalizers.size() == 1 && is_type(normalizers[0], "NFC")) {
    spec.byte_level.nfc = true;
  } else if (!normalizers.empty()) {
    return unknown_component("normalizer", types_of(normalizers), "none or NFC");
  }
  return read_words(cutters, spec.byte_level);
}

/// Metaspace in place of a normalizer. "always" differs from both other ways in its treatment of a
/// text that begins with a space.
Status read_metaspace(Json part, text::SentencePieceRules& rules) {
  const Status unknown =
      unknown_component("pre-tokenizer", "Metaspace",
                        "U+2581 for the space, 'prepend_scheme' first or never, no split");
  QUERN_ASSIGN(const bool splits, bool_member_or(part, "split", true));
  if (!is_string(part, "replacement", kSpaceMark) || splits) return unknown;
  QUERN_ASSIGN(const std::string_view scheme, string_member(part, "prepend_scheme"));
  if (scheme != "first" && scheme != "never") return unknown;
  rules.space_prefix =
      scheme == "first" ? text::SpacePrefix::kTextStart : text::SpacePrefix::kNever;
  return {};
}

/// True when the parts are those of a SentencePiece model, and `spec` is set. Its pieces hold
/// U+2581 for the space, put there by a normalizer or by Metaspace.
Result<bool> read_sentence_piece(const std::vector<Json>& normalizers,
                                 const std::vector<Json>& cutters, TokenizerSpec& spec) {
  if (normalizers.empty() && cutters.size() == 1 && is_type(cutters[0], "Metaspace")) {
    QUERN_TRY(read_metaspace(cutters[0], spec.sentence_piece));
    return true;
  }
  // Gemma splits at spaces too, after all of them were replaced.
  const bool cuts_nothing =
      cutters.empty() || (cutters.size() == 1 && is_type(cutters[0], "Split") &&
                          pattern_of(cutters[0], "String") == " ");
  if (normalizers.empty() || !cuts_nothing || !marks_spaces(normalizers.back())) return false;
  const bool prepends = normalizers.size() == 2 && is_type(normalizers[0], "Prepend") &&
                        is_string(normalizers[0], "prepend", kSpaceMark);
  spec.sentence_piece.space_prefix =
      prepends ? text::SpacePrefix::kEveryPart : text::SpacePrefix::kNever;
  return prepends || normalizers.size() == 1;
}

}  // namespace

Status read_tokenizer_rules(Json root, TokenizerSpec& spec) {
  if (spec.model == TokenizerSpec::Model::kWordPiece) return read_bert_rules(root, spec.bert);
  QUERN_ASSIGN(const auto normalizers, parts_of(root, "normalizer", "normalizers"));
  QUERN_ASSIGN(const auto cutters, parts_of(root, "pre_tokenizer", "pretokenizers"));
  QUERN_ASSIGN(const bool is_sentence_piece, read_sentence_piece(normalizers, cutters, spec));
  if (!is_sentence_piece) return read_byte_level(normalizers, cutters, spec);
  spec.model = TokenizerSpec::Model::kSentencePieceBpe;
  return {};
}

}  // namespace quern::formats
