// "pre_tokenizer" of tokenizer.json.

#include <fmt/format.h>

#include "formats/tokenizer/tokenizer_json_parts.h"

namespace quern::formats {
namespace {

namespace pre_tokenizers = text::pre_tokenizers;
using pre_tokenizers::Behavior;
using pre_tokenizers::PrependScheme;
using text::PreTokenizer;

Result<Behavior> read_behavior(Json part) {
  QUERN_ASSIGN(const std::string_view name, string_member(part, "behavior"));
  if (name == "Removed") return Behavior::kRemoved;
  if (name == "Isolated") return Behavior::kIsolated;
  if (name == "MergedWithPrevious") return Behavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return Behavior::kMergedWithNext;
  if (name == "Contiguous") return Behavior::kContiguous;
  return unknown_component("'behavior'", name,
                           "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

/// A field that holds one character.
Result<std::string> read_char(Json part, const char* key) {
  QUERN_ASSIGN(const std::string_view text, string_member(part, key));
  std::size_t n_chars = 0;
  for (const char c : text) n_chars += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  if (n_chars != 1) {
    return {Code::kBadInput, fmt::format("'{}' is '{}', want one character", key, shown(text))};
  }
  return std::string(text);
}

Result<PreTokenizer> read_punctuation(Json part) {
  pre_tokenizers::Punctuation punctuation;
  if (has_member(part, "behavior")) {
    QUERN_ASSIGN(punctuation.behavior, read_behavior(part));
  }
  return PreTokenizer(punctuation);
}

Result<PreTokenizer> read_digits(Json part) {
  pre_tokenizers::Digits digits;
  QUERN_ASSIGN(digits.individual, bool_member_or(part, "individual_digits", false));
  return PreTokenizer(digits);
}

Result<PreTokenizer> read_split(Json part) {
  pre_tokenizers::Split split;
  QUERN_ASSIGN(split.pattern, read_pattern(part));
  QUERN_ASSIGN(split.behavior, read_behavior(part));
  QUERN_ASSIGN(split.invert, bool_member_or(part, "invert", false));
  return PreTokenizer(std::move(split));
}

Result<PreTokenizer> read_byte_level(Json part) {
  pre_tokenizers::ByteLevel bytes;
  QUERN_ASSIGN(bytes.add_prefix_space, bool_member_or(part, "add_prefix_space", true));
  QUERN_ASSIGN(bytes.use_regex, bool_member_or(part, "use_regex", true));
  return PreTokenizer(bytes);
}

/// Older files say "add_prefix_space", newer ones "prepend_scheme".
Result<PrependScheme> read_prepend_scheme(Json part) {
  QUERN_ASSIGN(const bool adds_prefix, bool_member_or(part, "add_prefix_space", true));
  if (!has_member(part, "prepend_scheme")) {
    return adds_prefix ? PrependScheme::kAlways : PrependScheme::kNever;
  }
  QUERN_ASSIGN(const std::string_view name, string_member(part, "prepend_scheme"));
  if (name != "always" && name != "first" && name != "never") {
    return unknown_component("'prepend_scheme'", name, "always, first or never");
  }
  if (!adds_prefix && name != "never") {
    return {Code::kBadInput,
            fmt::format("'add_prefix_space' is false, 'prepend_scheme' is '{}'", name)};
  }
  if (name == "always") return PrependScheme::kAlways;
  return name == "first" ? PrependScheme::kFirst : PrependScheme::kNever;
}

Result<PreTokenizer> read_metaspace(Json part) {
  pre_tokenizers::Metaspace metaspace;
  QUERN_ASSIGN(metaspace.replacement, read_char(part, "replacement"));
  QUERN_ASSIGN(metaspace.prepend_scheme, read_prepend_scheme(part));
  QUERN_ASSIGN(metaspace.split, bool_member_or(part, "split", true));
  return PreTokenizer(std::move(metaspace));
}

Result<PreTokenizer> read_delimiter(Json part) {
  QUERN_ASSIGN(std::string delimiter, read_char(part, "delimiter"));
  return PreTokenizer(pre_tokenizers::CharDelimiterSplit{std::move(delimiter)});
}

Result<PreTokenizer> read_fixed_length(Json part) {
  pre_tokenizers::FixedLength fixed;
  if (has_member(part, "length")) {
    QUERN_ASSIGN(const std::int64_t length, int_member(part, "length", 1, 1 << 30));
    fixed.length = static_cast<int>(length);
  }
  return PreTokenizer(fixed);
}

Result<PreTokenizer> read_pre_tokenizer(std::string_view type, Json part) {
  if (type == "BertPreTokenizer") return PreTokenizer(pre_tokenizers::BertPreTokenizer{});
  if (type == "Whitespace") return PreTokenizer(pre_tokenizers::Whitespace{});
  if (type == "WhitespaceSplit") return PreTokenizer(pre_tokenizers::WhitespaceSplit{});
  if (type == "Punctuation") return read_punctuation(part);
  if (type == "Digits") return read_digits(part);
  if (type == "Split") return read_split(part);
  if (type == "ByteLevel") return read_byte_level(part);
  if (type == "Metaspace") return read_metaspace(part);
  if (type == "CharDelimiterSplit") return read_delimiter(part);
  if (type == "UnicodeScripts") return PreTokenizer(pre_tokenizers::UnicodeScripts{});
  if (type == "FixedLength") return read_fixed_length(part);
  return unknown_component("pre-tokenizer", type,
                           "BertPreTokenizer, Whitespace, WhitespaceSplit, Punctuation, Digits, "
                           "Split, ByteLevel, Metaspace, CharDelimiterSplit, UnicodeScripts, "
                           "FixedLength or Sequence");
}

}  // namespace

Status read_pre_tokenizers(Json root, text::TokenizerSpec& spec) {
  return read_parts(root, "pre_tokenizer", "pretokenizers", [&](std::string_view type, Json part) {
    QUERN_ASSIGN(PreTokenizer pre_tokenizer, read_pre_tokenizer(type, part));
    spec.pre_tokenizers.push_back(std::move(pre_tokenizer));
    return Status();
  });
}

}  // namespace quern::formats
