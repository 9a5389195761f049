// "added_tokens" of tokenizer.json, and the one rule for a token's place in the vocabulary.

#include <utility>

#include <fmt/format.h>

#include "formats/tokenizer/tokenizer_json_parts.h"

namespace quern::formats {
namespace {

using text::AddedToken;
using text::TokenId;
using text::TokenizerSpec;

// Ids may have gaps (reserved places), but a small file may not ask for a huge table.
constexpr std::size_t kMaxGap = 1 << 16;

Result<AddedToken> read_added_token(Json value) {
  AddedToken token;
  QUERN_ASSIGN(const std::int64_t id, int_member(value, "id", 0, kMaxTokenId - 1));
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
