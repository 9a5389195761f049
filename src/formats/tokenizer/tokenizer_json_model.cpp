// "model" and "added_tokens" of tokenizer.json.

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "formats/tokenizer/tokenizer_json_parts.h"

namespace quern::formats {
namespace {

using text::AddedToken;
using text::TokenId;
using text::TokenizerSpec;

using TokenSet = std::unordered_set<std::string_view>;

constexpr TokenId kMaxId = 1 << 24;
// Ids may have gaps (reserved places), but a small file may not ask for a huge table.
constexpr std::size_t kMaxGap = 1 << 16;

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

/// Where the two parts of "a b" meet. Parts may hold spaces themselves (few: this is for small
/// mends of old files): then the one place where both sides and their sum are tokens. npos if there
/// is none, or more than one. Fills `tokens` when it needs them.
std::size_t find_cut(std::string_view merge, const TokenizerSpec& spec, TokenSet& tokens) {
  constexpr std::ptrdiff_t kMaxSpaces = 16;
  const std::size_t space = merge.find(' ');
  if (space == merge.rfind(' ')) {
    return space == 0 || space + 1 == merge.size() ? std::string_view::npos : space;
  }
  if (std::count(merge.begin(), merge.end(), ' ') > kMaxSpaces) return std::string_view::npos;
  if (tokens.empty()) tokens.insert(spec.vocab.begin(), spec.vocab.end());
  std::size_t cut = std::string_view::npos;
  for (std::size_t at = space; at != std::string_view::npos; at = merge.find(' ', at + 1)) {
    const std::string left(merge.substr(0, at));
    const std::string right(merge.substr(at + 1));
    if (left.empty() || right.empty()) continue;
    if (!tokens.contains(left) || !tokens.contains(right) || !tokens.contains(left + right)) {
      continue;
    }
    if (cut != std::string_view::npos) return std::string_view::npos;
    cut = at;
  }
  return cut;
}

/// A merge is "a b" in older files, ["a", "b"] in newer ones.
Status read_merge(Json item, TokenSet& tokens, TokenizerSpec& spec) {
  std::string_view text;
  if (item.get(text) == simdjson::SUCCESS) {
    const std::size_t space = find_cut(text, spec, tokens);
    if (space == std::string_view::npos) {
      return {Code::kBadInput, fmt::format("merge '{}', want two parts", shown(text))};
    }
    spec.merges.emplace_back(text.substr(0, space), text.substr(space + 1));
    return {};
  }
  simdjson::dom::array pair;
  std::string_view first;
  std::string_view second;
  if (item.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
      pair.at(0).get(first) != simdjson::SUCCESS || pair.at(1).get(second) != simdjson::SUCCESS) {
    return {Code::kBadInput, "'merges' holds something else than pairs"};
  }
  spec.merges.emplace_back(first, second);
  return {};
}

/// Fields of a BPE model that change its meaning, and that no model in use sets.
Status check_bpe(Json model) {
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!has_member(model, key)) continue;
    QUERN_ASSIGN(const std::string_view text, string_member(model, key));
    if (!text.empty()) return unknown_component(key, text, "none");
  }
  if (has_member(model, "dropout")) {
    double dropout = 0;
    QUERN_ASSIGN(const Json value, member(model, "dropout"));
    if (value.get(dropout) != simdjson::SUCCESS || dropout != 0) {
      return {Code::kUnsupported, "'dropout' is set, want none"};
    }
  }
  return {};
}

Status read_bpe(Json model, TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kBpe;
  QUERN_TRY(check_bpe(model));
  QUERN_TRY(read_vocab_object(model, spec));
  QUERN_ASSIGN(const Json merges, member(model, "merges"));
  simdjson::dom::array array;
  if (merges.get(array) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("'merges' is {}, want an array", json_kind(merges))};
  }
  spec.merges.reserve(array.size());
  TokenSet tokens;
  for (const Json item : array) QUERN_TRY(read_merge(item, tokens, spec));
  QUERN_ASSIGN(spec.byte_level.whole_words, bool_member_or(model, "ignore_merges", false));
  QUERN_ASSIGN(spec.sentence_piece.byte_fallback, bool_member_or(model, "byte_fallback", false));
  if (has_member(model, "unk_token")) {
    QUERN_ASSIGN(const std::string_view unk, string_member(model, "unk_token"));
    spec.unk_id = find_token(spec, unk);
    if (spec.unk_id < 0) {
      return {Code::kBadInput, fmt::format("'unk_token' '{}' is not in 'vocab'", shown(unk))};
    }
  }
  return {};
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

}  // namespace

Status read_tokenizer_model(Json root, TokenizerSpec& spec) {
  QUERN_ASSIGN(const Json model, member(root, "model"));
  // Files from before tokenizers 0.9 name no type, but each kind has a field of its own.
  std::string_view type = "WordPiece";
  if (has_member(model, "type") || !has_member(model, "max_input_chars_per_word")) {
    type = "BPE";
    if (has_member(model, "type") || !has_member(model, "merges")) {
      QUERN_ASSIGN(type, string_member(model, "type"));
    }
  }
  if (type == "WordPiece") return read_word_piece(model, spec);
  if (type == "BPE") return read_bpe(model, spec);
  return unknown_component("type", type, "WordPiece or BPE");
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

}  // namespace quern::formats
