#include "formats/tokenizer/vocab_txt.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/char_class.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "formats/fast_json.h"
#include "formats/json_object.h"
#include "formats/tokenizer/tokenizer_config.h"

namespace quern::formats {
namespace {

using text::TemplatePiece;
using text::TokenId;
using text::TokenizerSpec;

constexpr std::size_t kMaxVocabBytes = 64u << 20;
constexpr std::size_t kMaxTokens = 1 << 24;

std::string_view without_trailing_space(std::string_view line) {
  while (!line.empty()) {
    const std::size_t last = line.size() - 1;
    std::size_t start = last;
    while (start > 0 && is_continuation_byte(line[start])) --start;
    if (!is_white_space(decode_utf8(line, start).code)) break;
    line.remove_suffix(line.size() - start);
  }
  return line;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(without_trailing_space(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// A special token's text: a plain string, or an object with "content".
Result<std::string> special_text(const JsonObject& config, const char* key, const char* fallback) {
  if (!config.at(key).is_object()) return config.string_or(key, fallback);
  QUERN_ASSIGN(const JsonObject token, config.object(key));
  return token.string("content");
}

Result<TokenId> special_id(const JsonObject& config, const char* key, const char* fallback,
                           const TokenizerSpec& spec) {
  QUERN_ASSIGN(const std::string content, special_text(config, key, fallback));
  const auto at = std::find(spec.vocab.begin(), spec.vocab.end(), content);
  if (content.empty() || at == spec.vocab.end()) {
    return {Code::kBadInput, fmt::format("vocab.txt: {} '{}' is not in it", key, shown(content))};
  }
  return static_cast<TokenId>(at - spec.vocab.begin());
}

Status read_rules(const JsonObject& config, TokenizerSpec& spec) {
  text::BertRules rules;
  QUERN_ASSIGN(rules.lowercase, config.boolean_or("do_lower_case", true));
  QUERN_ASSIGN(rules.handle_chinese_chars, config.boolean_or("tokenize_chinese_chars", true));
  if (config.has("strip_accents")) {
    QUERN_ASSIGN(rules.strip_accents, config.boolean_or("strip_accents", false));
  }
  spec.normalizers = {rules};
  spec.pre_tokenizers = {text::pre_tokenizers::BertPreTokenizer{}};
  QUERN_ASSIGN(const bool splits, config.boolean_or("do_basic_tokenize", true));
  if (!splits) return config.unsupported("do_basic_tokenize", "true");
  return {};
}

/// {"103": {"content": "[MASK]", "special": true, ...}, ...}
Status read_added(const JsonObject& config, TokenizerSpec& spec) {
  if (!config.has("added_tokens_decoder")) return {};
  QUERN_ASSIGN(const JsonObject list, config.object("added_tokens_decoder"));
  const std::size_t n_most = spec.vocab.size() + list.json().size();
  for (const auto& [key, value] : list.json().items()) {
    std::size_t id = n_most;
    const auto [stop, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || *stop != '\0' || id >= n_most || !value.is_object()) {
      return config.wrong("added_tokens_decoder", fmt::format("tokens by id below {}", n_most));
    }
    const JsonObject entry(value, fmt::format("{}: {}", list.label(), key));
    text::AddedToken token;
    token.id = static_cast<TokenId>(id);
    QUERN_ASSIGN(token.content, entry.string("content"));
    QUERN_ASSIGN(token.special, entry.boolean_or("special", false));
    QUERN_ASSIGN(token.normalized, entry.boolean_or("normalized", !token.special));
    QUERN_ASSIGN(token.lstrip, entry.boolean_or("lstrip", false));
    QUERN_ASSIGN(token.rstrip, entry.boolean_or("rstrip", false));
    QUERN_ASSIGN(token.single_word, entry.boolean_or("single_word", false));
    if (id >= spec.vocab.size()) spec.vocab.resize(id + 1);
    if (token.content.empty() || (!spec.vocab[id].empty() && spec.vocab[id] != token.content)) {
      return entry.wrong("content", fmt::format("'{}', as in vocab.txt", shown(spec.vocab[id])));
    }
    spec.vocab[id] = token.content;
    spec.added.push_back(std::move(token));
  }
  return {};
}

/// The five special tokens of BERT; pad and mask only where the vocabulary has them.
Status read_specials(const JsonObject& config, TokenizerSpec& spec) {
  using Kind = TemplatePiece::Kind;
  QUERN_ASSIGN(spec.unk_id, special_id(config, "unk_token", "[UNK]", spec));
  QUERN_ASSIGN(const TokenId cls, special_id(config, "cls_token", "[CLS]", spec));
  QUERN_ASSIGN(const TokenId sep, special_id(config, "sep_token", "[SEP]", spec));
  std::vector<TokenId> ids = {spec.unk_id, cls, sep};
  for (const auto& [key, fallback] : {std::pair{"pad_token", "[PAD]"}, {"mask_token", "[MASK]"}}) {
    const Result<TokenId> id = special_id(config, key, fallback, spec);
    if (id.ok()) ids.push_back(*id);
  }
  for (const TokenId id : ids) {
    const bool is_listed = std::any_of(spec.added.begin(), spec.added.end(),
                                       [id](const text::AddedToken& t) { return t.id == id; });
    const std::string& content = spec.vocab[static_cast<std::size_t>(id)];
    if (!is_listed) spec.added.push_back({.id = id, .content = content, .special = true});
  }
  spec.single = {{Kind::kToken, cls, 0}, {Kind::kTextA, 0, 0}, {Kind::kToken, sep, 0}};
  spec.pair = spec.single;
  spec.pair.push_back({Kind::kTextB, 0, 1});
  spec.pair.push_back({Kind::kToken, sep, 1});
  return {};
}

}  // namespace

Result<TokenizerSpec> read_vocab_txt(const std::string& folder) {
  QUERN_ASSIGN(const std::string text, read_file(folder + "/vocab.txt", kMaxVocabBytes));
  TokenizerSpec spec;
  spec.model = TokenizerSpec::Model::kWordPiece;
  spec.vocab = lines_of(text);
  if (spec.vocab.empty() || spec.vocab.size() > kMaxTokens) {
    return {Code::kBadInput,
            fmt::format("vocab.txt: {} tokens, want 1 to {}", spec.vocab.size(), kMaxTokens)};
  }
  QUERN_ASSIGN(const JsonObject config, JsonObject::read_or_empty(folder, "tokenizer_config.json"));
  QUERN_TRY(read_rules(config, spec));
  QUERN_TRY(read_added(config, spec));
  QUERN_TRY(read_specials(config, spec));
  QUERN_TRY(read_truncation_side(folder, spec));
  return spec;
}

}  // namespace quern::formats
