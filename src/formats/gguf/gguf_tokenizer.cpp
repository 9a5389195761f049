#include "formats/gguf/gguf_tokenizer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "formats/fast_json.h"

namespace quern::formats {
namespace {

using text::TemplatePiece;
using text::TokenId;
using text::TokenizerSpec;
using Kind = TemplatePiece::Kind;

constexpr std::size_t kMaxTokens = 1 << 24;
constexpr std::string_view kSpaceMark = "\xe2\x96\x81";  // U+2581

// Values of tokenizer.ggml.token_type.
constexpr std::int64_t kUnknown = 2;
constexpr std::int64_t kControl = 3;
constexpr std::int64_t kUserDefined = 4;
constexpr std::int64_t kByte = 6;

std::string key(std::string_view name) { return "tokenizer.ggml." + std::string(name); }

/// The id that a key gives, `fallback` when it is absent, -1 when it says none (2^32 - 1).
Result<TokenId> read_id(const GgufMetadata& metadata, const char* name, TokenId fallback,
                        const TokenizerSpec& spec) {
  QUERN_ASSIGN(const std::int64_t id, metadata.integer_or(key(name), -1, UINT32_MAX, fallback));
  if (id == UINT32_MAX) return TokenId{-1};
  if (id >= static_cast<std::int64_t>(spec.vocab.size())) {
    return metadata.wrong(key(name), fmt::format("an id below {}", spec.vocab.size()));
  }
  return static_cast<TokenId>(id);
}

Status read_vocab(const GgufMetadata& metadata, TokenizerSpec& spec) {
  QUERN_ASSIGN(const auto tokens, metadata.strings(key("tokens")));
  if (tokens.empty() || tokens.size() > kMaxTokens) {
    return metadata.wrong(key("tokens"), fmt::format("1 to {} strings", kMaxTokens));
  }
  spec.vocab.assign(tokens.begin(), tokens.end());
  return {};
}

/// One number per token, or none at all.
Result<std::vector<std::int64_t>> read_types(const GgufMetadata& metadata,
                                             const TokenizerSpec& spec) {
  QUERN_ASSIGN(std::vector<std::int64_t> types, metadata.integers(key("token_type")));
  if (!types.empty() && types.size() != spec.vocab.size()) {
    return metadata.wrong(key("token_type"), fmt::format("{} numbers", spec.vocab.size()));
  }
  return types;
}

/// Tokens found in the text before it is cut: control tokens and those a user defined.
Status read_added(const GgufMetadata& metadata, TokenizerSpec& spec) {
  QUERN_ASSIGN(const auto types, read_types(metadata, spec));
  for (std::size_t i = 0; i < types.size(); ++i) {
    const bool is_control = types[i] == kControl || types[i] == kUnknown;
    if ((!is_control && types[i] != kUserDefined) || spec.vocab[i].empty()) continue;
    spec.added.push_back(
        {.id = static_cast<TokenId>(i), .content = spec.vocab[i], .special = is_control});
  }
  return {};
}

/// Phi-3's tokens swallow white space behind them, which the file does not say.
Status apply_phi3_quirk(const GgufMetadata& metadata, TokenizerSpec& spec) {
  QUERN_ASSIGN(const std::string_view stated, metadata.string_or("general.name", ""));
  std::string name(stated);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (name.find("phi-3") == std::string::npos && name.find("phi3") == std::string::npos) return {};
  for (text::AddedToken& token : spec.added) {
    token.rstrip =
        token.content != "<unk>" && token.content != "<s>" && token.content != "<|endoftext|>";
  }
  return {};
}

struct Flags {
  bool adds_bos = false;
  bool adds_eos = false;
};

/// [bos] text [eos], by the file's flags or the model's custom. Decoders know no pairs.
Status read_template(const GgufMetadata& metadata, Flags custom, TokenizerSpec& spec) {
  QUERN_ASSIGN(const TokenId bos, read_id(metadata, "bos_token_id", -1, spec));
  QUERN_ASSIGN(const TokenId eos, read_id(metadata, "eos_token_id", -1, spec));
  QUERN_ASSIGN(const bool adds_bos, metadata.boolean_or(key("add_bos_token"), custom.adds_bos));
  QUERN_ASSIGN(const bool adds_eos, metadata.boolean_or(key("add_eos_token"), custom.adds_eos));
  if (adds_bos && bos >= 0) spec.single.push_back({Kind::kToken, bos, 0});
  spec.single.push_back({Kind::kTextA, 0, 0});
  if (adds_eos && eos >= 0) spec.single.push_back({Kind::kToken, eos, 0});
  return {};
}

/// The converter marks the starts of words with U+2581 and drops the "##" of the others; names in
/// brackets it leaves alone.
std::string word_piece_from(std::string_view token) {
  if (token.starts_with(kSpaceMark)) return std::string(token.substr(kSpaceMark.size()));
  if (token.starts_with('[') && token.ends_with(']')) return std::string(token);
  return "##" + std::string(token);
}

Status read_word_piece(const GgufMetadata& metadata, TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kWordPiece;
  bool has_upper = false;
  for (std::string& token : spec.vocab) {
    token = word_piece_from(token);
    if (token.starts_with('[')) continue;
    has_upper = has_upper || std::any_of(token.begin(), token.end(),
                                         [](char c) { return c >= 'A' && c <= 'Z'; });
  }
  // The file does not say whether the model is cased; its words do.
  spec.bert.lowercase = !has_upper;
  QUERN_ASSIGN(spec.unk_id, read_id(metadata, "unknown_token_id", -1, spec));
  QUERN_ASSIGN(const TokenId cls_or_bos, read_id(metadata, "bos_token_id", -1, spec));
  QUERN_ASSIGN(const TokenId cls, read_id(metadata, "cls_token_id", cls_or_bos, spec));
  // The key's spelling is the format's own.
  QUERN_ASSIGN(const TokenId sep, read_id(metadata, "seperator_token_id", -1, spec));
  QUERN_ASSIGN(const TokenId mask, read_id(metadata, "mask_token_id", -1, spec));
  QUERN_ASSIGN(const TokenId pad, read_id(metadata, "padding_token_id", -1, spec));
  if (spec.unk_id < 0) return metadata.wrong(key("unknown_token_id"), "an id");
  if (cls < 0) return metadata.wrong(key("cls_token_id"), "an id");
  if (sep < 0) return metadata.wrong(key("seperator_token_id"), "an id");
  spec.added.clear();
  for (const TokenId id : {pad, spec.unk_id, cls, sep, mask}) {
    if (id < 0) continue;
    spec.added.push_back(
        {.id = id, .content = spec.vocab[static_cast<std::size_t>(id)], .special = true});
  }
  spec.single = {{Kind::kToken, cls, 0}, {Kind::kTextA, 0, 0}, {Kind::kToken, sep, 0}};
  spec.pair = spec.single;
  spec.pair.push_back({Kind::kTextB, 0, 1});
  spec.pair.push_back({Kind::kToken, sep, 1});
  return {};
}

/// What the name of a pre-tokenizer stands for.
struct PreTokenizer {
  const char* name;
  text::ByteLevelRules rules;
  Flags custom;
};

constexpr text::ByteLevelRules kGpt2 = {.words = text::BpeWords::kGpt2};
constexpr text::ByteLevelRules kLlama3 = {.words = text::BpeWords::kLlama3, .whole_words = true};
constexpr text::ByteLevelRules kQwen2 = {.words = text::BpeWords::kQwen2, .nfc = true};
constexpr text::ByteLevelRules kSmolLm = {.words = text::BpeWords::kSmolLm};
constexpr PreTokenizer kPreTokenizers[] = {
    {"gpt-2", kGpt2, {}},
    {"phi-2", kGpt2, {}},
    {"llama-bpe", kLlama3, {.adds_bos = true}},
    {"llama3", kLlama3, {.adds_bos = true}},
    {"llama-v3", kLlama3, {.adds_bos = true}},
    {"qwen2", kQwen2, {}},
    {"deepseek-r1-qwen", kQwen2, {}},
    {"smollm", kSmolLm, {}},
};

Result<PreTokenizer> read_pre_tokenizer(const GgufMetadata& metadata) {
  QUERN_ASSIGN(const std::string_view name, metadata.string_or(key("pre"), ""));
  std::string known;
  for (const PreTokenizer& pre : kPreTokenizers) {
    if (name == pre.name) return pre;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", pre.name);
  }
  return {Code::kUnsupported,
          fmt::format("'{}' is '{}', want one of: {}", key("pre"), shown(name), known)};
}

Status read_byte_level(const GgufMetadata& metadata, TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kBpe;
  QUERN_ASSIGN(const PreTokenizer pre, read_pre_tokenizer(metadata));
  spec.byte_level = pre.rules;
  QUERN_ASSIGN(const auto merges, metadata.strings(key("merges")));
  spec.merges.reserve(merges.size());
  for (const std::string_view merge : merges) {
    // From the second byte on: the first part may itself be a space in old files.
    const std::size_t space = merge.find(' ', 1);
    if (space == std::string_view::npos || space + 1 == merge.size()) {
      return {Code::kBadInput,
              fmt::format("'{}' holds '{}', want two parts", key("merges"), shown(merge))};
    }
    spec.merges.emplace_back(merge.substr(0, space), merge.substr(space + 1));
  }
  return read_template(metadata, pre.custom, spec);
}

Status read_sentence_piece(const GgufMetadata& metadata, TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kSentencePieceBpe;
  QUERN_ASSIGN(spec.scores, metadata.floats(key("scores")));
  if (spec.scores.size() != spec.vocab.size()) {
    return metadata.wrong(key("scores"), fmt::format("{} numbers", spec.vocab.size()));
  }
  if (std::any_of(spec.scores.begin(), spec.scores.end(), [](float s) { return std::isnan(s); })) {
    return metadata.wrong(key("scores"), "numbers that are not NaN");
  }
  QUERN_ASSIGN(spec.unk_id, read_id(metadata, "unknown_token_id", 0, spec));
  QUERN_ASSIGN(const bool adds_space, metadata.boolean_or(key("add_space_prefix"), true));
  spec.sentence_piece.space_prefix =
      adds_space ? text::SpacePrefix::kEveryPart : text::SpacePrefix::kNever;
  QUERN_ASSIGN(const auto types, read_types(metadata, spec));
  spec.sentence_piece.byte_fallback =
      types.empty() || std::find(types.begin(), types.end(), kByte) != types.end();
  return read_template(metadata, {.adds_bos = true}, spec);
}

}  // namespace

Result<TokenizerSpec> tokenizer_from_gguf(const GgufMetadata& metadata) {
  TokenizerSpec spec;
  QUERN_ASSIGN(const std::string_view model, metadata.string(key("model")));
  QUERN_TRY(read_vocab(metadata, spec));
  QUERN_TRY(read_added(metadata, spec));
  QUERN_TRY(apply_phi3_quirk(metadata, spec));
  if (model == "bert") {
    QUERN_TRY(read_word_piece(metadata, spec));
  } else if (model == "gpt2") {
    QUERN_TRY(read_byte_level(metadata, spec));
  } else if (model == "llama") {
    QUERN_TRY(read_sentence_piece(metadata, spec));
  } else {
    return {Code::kUnsupported,
            fmt::format("'{}' is '{}', want bert, gpt2 or llama", key("model"), shown(model))};
  }
  return spec;
}

}  // namespace quern::formats
