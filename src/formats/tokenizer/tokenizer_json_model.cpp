// "model" of tokenizer.json.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "formats/tokenizer/tokenizer_json_parts.h"

namespace quern::formats {
namespace {

using text::TokenId;
using text::TokenizerSpec;

using TokenSet = std::unordered_set<std::string_view>;

/// {"token": id, ...}
Status read_vocab_object(Json model, TokenizerSpec& spec) {
  QUERN_ASSIGN(const Json vocab, member(model, "vocab"));
  simdjson::dom::object object;
  if (vocab.get(object) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("'vocab' is {}, want an object", json_kind(vocab))};
  }
  // The parser counts at most 2^24 - 1 members; more than kMaxTokenId are refused below anyway.
  const std::size_t n = object.size();
  if (n == 0) return {Code::kBadInput, "'vocab' is empty"};
  spec.vocab.resize(n);
  for (const auto& [token, value] : object) {
    std::int64_t id = 0;
    if (value.get(id) != simdjson::SUCCESS || id < 0 || id >= kMaxTokenId) {
      return {Code::kBadInput,
              fmt::format("token '{}' has no id from 0 to {}", shown(token), kMaxTokenId - 1)};
    }
    QUERN_TRY(place_token(static_cast<TokenId>(id), token, n, spec));
  }
  return {};
}

TokenId find_token(const TokenizerSpec& spec, std::string_view token) {
  const auto at = std::find(spec.vocab.begin(), spec.vocab.end(), token);
  return at == spec.vocab.end() ? -1 : static_cast<TokenId>(at - spec.vocab.begin());
}

Status read_unk_token(Json model, TokenizerSpec& spec) {
  QUERN_ASSIGN(const std::string_view unk, string_member(model, "unk_token"));
  spec.unk_id = find_token(spec, unk);
  if (spec.unk_id < 0) {
    return {Code::kBadInput, fmt::format("'unk_token' '{}' is not in 'vocab'", shown(unk))};
  }
  return {};
}

Status read_word_piece(Json model, TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kWordPiece;
  QUERN_TRY(read_vocab_object(model, spec));
  QUERN_TRY(read_unk_token(model, spec));
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

/// A string field; "" when it is absent or null.
Result<std::string> text_or_empty(Json model, const char* key) {
  if (!has_member(model, key)) return std::string();
  QUERN_ASSIGN(const std::string_view text, string_member(model, key));
  return std::string(text);
}

Status read_bpe_rules(Json model, text::BpeRules& rules) {
  QUERN_ASSIGN(rules.continuing_prefix, text_or_empty(model, "continuing_subword_prefix"));
  QUERN_ASSIGN(rules.end_suffix, text_or_empty(model, "end_of_word_suffix"));
  QUERN_ASSIGN(rules.ignore_merges, bool_member_or(model, "ignore_merges", false));
  QUERN_ASSIGN(rules.byte_fallback, bool_member_or(model, "byte_fallback", false));
  QUERN_ASSIGN(rules.fuse_unk, bool_member_or(model, "fuse_unk", false));
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
  QUERN_TRY(read_bpe_rules(model, spec.bpe));
  QUERN_TRY(read_vocab_object(model, spec));
  QUERN_ASSIGN(const Json merges, member(model, "merges"));
  simdjson::dom::array array;
  if (merges.get(array) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("'merges' is {}, want an array", json_kind(merges))};
  }
  spec.merges.reserve(array.size());
  TokenSet tokens;
  for (const Json item : array) QUERN_TRY(read_merge(item, tokens, spec));
  return has_member(model, "unk_token") ? read_unk_token(model, spec) : Status();
}

Status read_word_level(Json model, TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kWordLevel;
  QUERN_TRY(read_vocab_object(model, spec));
  return read_unk_token(model, spec);
}

/// A score as the reference reads it: its digits as one integer, divided by a power of ten, which
/// is not always the nearest number. Between equal sums that decides. Files are written with as few
/// digits as tell numbers apart.
double read_inexactly(double exact) {
  char buffer[32];
  const auto end = std::to_chars(std::begin(buffer), std::end(buffer), std::abs(exact),
                                 std::chars_format::scientific);
  const std::string text(std::begin(buffer), end.ptr);  // The fewest digits that tell it.
  const std::size_t at = text.find('e');
  std::string digits = text.substr(0, at);
  int exponent = std::atoi(text.c_str() + at + 1);
  if (const std::size_t point = digits.find('.'); point != std::string::npos) {
    exponent -= static_cast<int>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  const auto integer = static_cast<double>(std::strtoull(digits.c_str(), nullptr, 10));
  constexpr int kMost = 308;
  if (exponent < -kMost || exponent > kMost) return exact;
  const double power = std::strtod(fmt::format("1e{}", std::abs(exponent)).c_str(), nullptr);
  return std::copysign(exponent < 0 ? integer / power : integer * power, exact);
}

/// ["piece", score]
Status read_scored_piece(Json item, TokenizerSpec& spec) {
  simdjson::dom::array pair;
  std::string_view piece;
  double score = 0;
  if (item.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
      pair.at(0).get(piece) != simdjson::SUCCESS || pair.at(1).get(score) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("'vocab' holds something else than a piece and its score "
                                         "at {}",
                                         spec.vocab.size())};
  }
  spec.vocab.emplace_back(piece);
  spec.scores.push_back(read_inexactly(score));
  return {};
}

Status read_unigram(Json model, TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kUnigram;
  QUERN_ASSIGN(const Json vocab, member(model, "vocab"));
  simdjson::dom::array array;
  if (vocab.get(array) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("'vocab' is {}, want an array", json_kind(vocab))};
  }
  for (const Json item : array) QUERN_TRY(read_scored_piece(item, spec));
  if (spec.vocab.empty() || spec.vocab.size() > static_cast<std::size_t>(kMaxTokenId)) {
    return {Code::kBadInput,
            fmt::format("'vocab' has {} pieces, want 1 to {}", spec.vocab.size(), kMaxTokenId)};
  }
  if (has_member(model, "unk_id")) {
    QUERN_ASSIGN(const std::int64_t unk,
                 int_member(model, "unk_id", 0, static_cast<std::int64_t>(spec.vocab.size()) - 1));
    spec.unk_id = static_cast<TokenId>(unk);
  }
  QUERN_ASSIGN(spec.unigram.byte_fallback, bool_member_or(model, "byte_fallback", false));
  return {};
}

/// Files from before tokenizers 0.9 name no type, but each kind has a field of its own.
Result<std::string_view> model_type(Json model) {
  if (has_member(model, "type")) return string_member(model, "type");
  if (has_member(model, "max_input_chars_per_word")) return std::string_view("WordPiece");
  if (has_member(model, "merges")) return std::string_view("BPE");
  if (has_member(model, "unk_id")) return std::string_view("Unigram");
  return string_member(model, "type");
}

}  // namespace

Status read_tokenizer_model(Json root, TokenizerSpec& spec) {
  QUERN_ASSIGN(const Json model, member(root, "model"));
  QUERN_ASSIGN(const std::string_view type, model_type(model));
  if (type == "WordPiece") return read_word_piece(model, spec);
  if (type == "BPE") return read_bpe(model, spec);
  if (type == "Unigram") return read_unigram(model, spec);
  if (type == "WordLevel") return read_word_level(model, spec);
  return unknown_component("type", type, "WordPiece, BPE, Unigram or WordLevel");
}

}  // namespace quern::formats
