#include "formats/tokenizer/tokenizer_config.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/log.h"
#include "formats/json_object.h"

namespace quern::formats {
namespace {

using text::BertRules;
using text::TokenizerSpec;

// Tokenizer classes that build their normaliser from tokenizer_config.json, without "Tokenizer" and
// "Fast", and the model types that mean one of them where no class is named.
constexpr std::string_view kBertClasses[] = {"Bert",     "DistilBert", "Electra",    "Funnel",
                                             "LayoutLM", "LayoutLMv2", "Lxmert",     "MobileBert",
                                             "MPNet",    "Splinter",   "SqueezeBert"};
constexpr std::string_view kBertTypes[] = {"bert",       "distilbert", "electra",
                                           "mobilebert", "mpnet",      "nomic_bert"};

template <std::size_t N>
bool is_one_of(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

Result<bool> builds_its_normalizer(const std::string& folder, const JsonObject& config) {
  QUERN_ASSIGN(const std::string named, config.string_or("tokenizer_class", ""));
  if (named.empty()) {
    QUERN_ASSIGN(const JsonObject model, JsonObject::read_or_empty(folder, "config.json"));
    QUERN_ASSIGN(const std::string type, model.string_or("model_type", ""));
    return is_one_of(kBertTypes, type);
  }
  std::string_view name = named;
  if (name.ends_with("Fast")) name.remove_suffix(4);
  if (!name.ends_with("Tokenizer")) return false;
  name.remove_suffix(std::string_view("Tokenizer").size());
  return is_one_of(kBertClasses, name);
}

const char* shown_choice(std::optional<bool> value) {
  return !value ? "null" : *value ? "true" : "false";
}

/// The rules of a tokenizer with BERT's normaliser or none; unset where another stands.
std::optional<BertRules> bert_rules_of(const TokenizerSpec& spec) {
  if (spec.model != TokenizerSpec::Model::kWordPiece || spec.normalizers.size() > 1) return {};
  if (spec.normalizers.empty()) return BertRules{false, false, false, false};
  const auto* rules = std::get_if<BertRules>(&spec.normalizers.front());
  return rules != nullptr ? std::optional(*rules) : std::nullopt;
}

bool lowers_case(const text::Normalizer& normalizer) {
  const auto* bert = std::get_if<BertRules>(&normalizer);
  return std::holds_alternative<text::normalizers::Lowercase>(normalizer) ||
         (bert != nullptr && bert->lowercase);
}

void warn_of(const std::string& folder, const char* key, const char* says, const char* json_says) {
  log_warn(
      "model '{}': tokenizer.json has {} {}, the tokenizer's class and tokenizer_config.json make "
      "it "
      "{}: the latter counts, as it does for transformers",
      folder, key, json_says, says);
}

}  // namespace

Status apply_tokenizer_config(const std::string& folder, TokenizerSpec& spec) {
  const std::optional<BertRules> stated = bert_rules_of(spec);
  if (!stated) return {};
  QUERN_ASSIGN(const JsonObject config, JsonObject::read_or_empty(folder, "tokenizer_config.json"));
  QUERN_ASSIGN(const bool applies, builds_its_normalizer(folder, config));
  if (!applies) return {};
  BertRules rules = *stated;
  QUERN_ASSIGN(rules.lowercase, config.boolean_or("do_lower_case", true));
  QUERN_ASSIGN(rules.handle_chinese_chars, config.boolean_or("tokenize_chinese_chars", true));
  rules.strip_accents.reset();
  if (config.has("strip_accents")) {
    QUERN_ASSIGN(rules.strip_accents, config.boolean_or("strip_accents", false));
  }
  if (rules.lowercase != stated->lowercase) {
    warn_of(folder, "lowercase", shown_choice(rules.lowercase), shown_choice(stated->lowercase));
  }
  if (rules.strip_accents != stated->strip_accents) {
    warn_of(folder, "strip_accents", shown_choice(rules.strip_accents),
            shown_choice(stated->strip_accents));
  }
  if (rules.handle_chinese_chars != stated->handle_chinese_chars) {
    warn_of(folder, "handle_chinese_chars", shown_choice(rules.handle_chinese_chars),
            shown_choice(stated->handle_chinese_chars));
  }
  spec.normalizers = {rules};
  return {};
}

Status read_truncation_side(const std::string& folder, TokenizerSpec& spec) {
  QUERN_ASSIGN(const JsonObject config, JsonObject::read_or_empty(folder, "tokenizer_config.json"));
  QUERN_ASSIGN(const std::string side, config.string_or("truncation_side", "right"));
  if (side != "right" && side != "left") {
    return config.wrong("truncation_side", "'right' or 'left'");
  }
  spec.truncation_side =
      side == "left" ? text::TruncationSide::kLeft : text::TruncationSide::kRight;
  return {};
}

Status apply_sentence_config(const std::string& folder, TokenizerSpec& spec) {
  QUERN_ASSIGN(const JsonObject config,
               JsonObject::read_or_empty(folder, "sentence_bert_config.json"));
  QUERN_ASSIGN(const bool lowers, config.boolean_or("do_lower_case", false));
  if (!lowers) return {};
  if (std::optional<BertRules> rules = bert_rules_of(spec)) {
    // A normaliser that keeps the case keeps accents too, unless it is told otherwise.
    if (!rules->lowercase) rules->strip_accents = rules->strip_accents.value_or(false);
    rules->lowercase = true;
    spec.normalizers = {*rules};
  } else if (std::none_of(spec.normalizers.begin(), spec.normalizers.end(), lowers_case)) {
    // At the end, then turned to the front: g++ 12 warns of its own std::vector::insert.
    spec.normalizers.emplace_back(text::normalizers::Lowercase{});
    std::rotate(spec.normalizers.begin(), spec.normalizers.end() - 1, spec.normalizers.end());
  }
  return {};
}

}  // namespace quern::formats
