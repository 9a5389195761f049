// "normalizer" of tokenizer.json.

#include "formats/tokenizer/base64.h"
#include "formats/tokenizer/tokenizer_json_parts.h"

namespace quern::formats {
namespace {

namespace normalizers = text::normalizers;
using normalizers::UnicodeForm;
using text::Normalizer;

Result<Normalizer> read_bert(Json part) {
  text::BertRules rules;
  QUERN_ASSIGN(rules.clean_text, bool_member_or(part, "clean_text", true));
  QUERN_ASSIGN(rules.handle_chinese_chars, bool_member_or(part, "handle_chinese_chars", true));
  QUERN_ASSIGN(rules.lowercase, bool_member_or(part, "lowercase", true));
  if (has_member(part, "strip_accents")) {
    QUERN_ASSIGN(rules.strip_accents, bool_member_or(part, "strip_accents", false));
  }
  return Normalizer(rules);
}

Result<Normalizer> read_strip(Json part) {
  normalizers::Strip strip;
  QUERN_ASSIGN(strip.left, bool_member_or(part, "strip_left", true));
  QUERN_ASSIGN(strip.right, bool_member_or(part, "strip_right", true));
  return Normalizer(strip);
}

Result<Normalizer> read_replace(Json part) {
  text::Replace replace;
  QUERN_ASSIGN(replace.pattern, read_pattern(part));
  QUERN_ASSIGN(const std::string_view content, string_member(part, "content"));
  replace.content = content;
  return Normalizer(std::move(replace));
}

Result<Normalizer> read_prepend(Json part) {
  QUERN_ASSIGN(const std::string_view text, string_member(part, "prepend"));
  return Normalizer(normalizers::Prepend{std::string(text)});
}

Result<Normalizer> read_precompiled(Json part) {
  QUERN_ASSIGN(const std::string_view text, string_member(part, "precompiled_charsmap"));
  normalizers::Precompiled precompiled;
  QUERN_ASSIGN(precompiled.charsmap, bytes_of_base64(text).in("'precompiled_charsmap'"));
  return Normalizer(std::move(precompiled));
}

Result<Normalizer> read_normalizer(std::string_view type, Json part) {
  if (type == "BertNormalizer") return read_bert(part);
  if (type == "NFC") return Normalizer(UnicodeForm::kNfc);
  if (type == "NFD") return Normalizer(UnicodeForm::kNfd);
  if (type == "NFKC") return Normalizer(UnicodeForm::kNfkc);
  if (type == "NFKD") return Normalizer(UnicodeForm::kNfkd);
  if (type == "Lowercase") return Normalizer(normalizers::Lowercase{});
  if (type == "StripAccents") return Normalizer(normalizers::StripAccents{});
  if (type == "Strip") return read_strip(part);
  if (type == "Replace") return read_replace(part);
  if (type == "Prepend") return read_prepend(part);
  if (type == "Nmt") return Normalizer(normalizers::Nmt{});
  if (type == "Precompiled") return read_precompiled(part);
  if (type == "ByteLevel") return Normalizer(normalizers::ByteLevel{});
  return unknown_component("normalizer", type,
                           "BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, "
                           "Replace, Prepend, Nmt, Precompiled, ByteLevel or Sequence");
}

}  // namespace

Status read_normalizers(Json root, text::TokenizerSpec& spec) {
  return read_parts(root, "normalizer", "normalizers", [&](std::string_view type, Json part) {
    QUERN_ASSIGN(Normalizer normalizer, read_normalizer(type, part));
    spec.normalizers.push_back(std::move(normalizer));
    return Status();
  });
}

}  // namespace quern::formats
