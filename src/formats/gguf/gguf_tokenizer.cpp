#include "formats/gguf/gguf_tokenizer.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "formats/fast_json.h"
#include "formats/gguf/gguf_pre_tokenizers.h"
#include "formats/gguf/gguf_special_tokens.h"
#include "formats/tokenizer/sentence_piece_rules.h"

namespace quern::formats {
namespace {

using text::TemplatePiece;
using text::TokenId;
using text::TokenizerSpec;
using Kind = TemplatePiece::Kind;

constexpr std::size_t kMaxTokens = 1 << 24;
constexpr std::string_view kSpaceMark = text::kSpaceMark;

// Values of tokenizer.ggml.token_type.
constexpr std::int64_t kNormal = 1;
constexpr std::int64_t kUnknown = 2;
constexpr std::int64_t kControl = 3;
constexpr std::int64_t kUserDefined = 4;
constexpr std::int64_t kByte = 6;

std::string key(std::string_view name) { return fmt::format("tokenizer.ggml.{}", name); }

Result<TokenId> read_id(const GgufMetadata& metadata, std::string_view name,
                        const TokenizerSpec& spec) {
  return special_token_id(metadata, name, spec.vocab.size());
}

/// An id that the model cannot do without.
Result<TokenId> need_id(const GgufMetadata& metadata, std::string_view name,
                        const TokenizerSpec& spec) {
  QUERN_ASSIGN(const TokenId id, read_id(metadata, name, spec));
  if (id < 0) return metadata.wrong(key(name), "an id");
  return id;
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
  bool adds_sep = false;
  bool forces_bos = false;
};

/// [bos] text [eos], by the file's flags or the model's custom; pairs only where there is a
/// separator, which encoders of RoBERTa's kind have: [bos] A [eos] [sep] B [eos].
Status read_template(const GgufMetadata& metadata, Flags custom, TokenizerSpec& spec) {
  QUERN_ASSIGN(const TokenId bos, read_id(metadata, "bos_token_id", spec));
  QUERN_ASSIGN(const TokenId eos, read_id(metadata, "eos_token_id", spec));
  QUERN_ASSIGN(const bool adds_bos, metadata.boolean_or(key("add_bos_token"), custom.adds_bos));
  QUERN_ASSIGN(const bool adds_eos, metadata.boolean_or(key("add_eos_token"), custom.adds_eos));
  if (custom.forces_bos && !adds_bos) {
    log_warn("'{}' is false, but such models begin with that token", key("add_bos_token"));
  }
  if ((adds_bos || custom.forces_bos) && bos >= 0) spec.single.push_back({Kind::kToken, bos, 0});
  spec.single.push_back({Kind::kTextA, 0, 0});
  if (adds_eos && eos >= 0) spec.single.push_back({Kind::kToken, eos, 0});
  QUERN_ASSIGN(const bool adds_sep, metadata.boolean_or(key("add_sep_token"), custom.adds_sep));
  QUERN_ASSIGN(const TokenId sep, read_id(metadata, "seperator_token_id", spec));
  if (!adds_sep || sep < 0 || spec.single.size() != 3) return {};
  spec.pair = spec.single;
  spec.pair.push_back({Kind::kToken, sep, 0});
  spec.pair.push_back({Kind::kTextB, 0, 0});
  spec.pair.push_back({Kind::kToken, eos, 0});
  return {};
}

/// The converter marks the starts of words with U+2581 and drops the "##" of the others; names in
/// brackets it leaves alone.
std::string word_piece_from(std::string_view token) {
  if (token.starts_with(kSpaceMark)) return std::string(token.substr(kSpaceMark.size()));
  if (token.starts_with('[') && token.ends_with(']')) return std::string(token);
  return "##" + std::string(token);
}

/// The converter writes CamemBERT as a BERT: its pieces bear SentencePiece's mark and one more, and
/// their scores are lost, as is the place where its positions begin.
Status check_marks(const TokenizerSpec& spec) {
  constexpr std::ptrdiff_t kMostTimes = 8;  // One in so many: a vocabulary of words has a few.
  const std::string twice = std::string(kSpaceMark) + std::string(kSpaceMark);
  const auto n = std::count_if(spec.vocab.begin(), spec.vocab.end(), [&](const auto& token) {
    return token.size() > twice.size() && token.starts_with(twice);
  });
  if (n * kMostTimes < static_cast<std::ptrdiff_t>(spec.vocab.size())) return {};
  return {Code::kUnsupported,
          fmt::format("{} of {} pieces are SentencePiece's, without their scores (CamemBERT, which "
                      "its GGUF files do not tell from BERT): no text would have its ids, want the "
                      "model's folder",
                      n, spec.vocab.size())};
}

/// Older files do not say whether the model is cased; its words do.
Status read_bert_rules(const GgufMetadata& metadata, TokenizerSpec& spec) {
  const bool has_upper = std::any_of(spec.vocab.begin(), spec.vocab.end(), [](const auto& token) {
    return !token.starts_with('[') &&
           std::any_of(token.begin(), token.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  });
  text::BertRules rules;
  QUERN_ASSIGN(rules.lowercase, metadata.boolean_or(key("normalizer.lowercase"), !has_upper));
  if (metadata.has(key("normalizer.strip_accents"))) {
    QUERN_ASSIGN(rules.strip_accents, metadata.boolean_or(key("normalizer.strip_accents"), true));
  }
  spec.normalizers = {rules};
  spec.pre_tokenizers = {text::pre_tokenizers::BertPreTokenizer{}};
  return {};
}

Status read_word_piece(const GgufMetadata& metadata, TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kWordPiece;
  QUERN_TRY(check_marks(spec).in(fmt::format("'{}'", key("tokens"))));
  for (std::string& token : spec.vocab) token = word_piece_from(token);
  QUERN_TRY(read_bert_rules(metadata, spec));
  QUERN_ASSIGN(spec.unk_id, need_id(metadata, "unknown_token_id", spec));
  const bool has_cls = metadata.has(key("cls_token_id"));
  QUERN_ASSIGN(const TokenId cls,
               need_id(metadata, has_cls ? "cls_token_id" : "bos_token_id", spec));
  // The key's spelling is the format's own.
  QUERN_ASSIGN(const TokenId sep, need_id(metadata, "seperator_token_id", spec));
  QUERN_ASSIGN(const TokenId mask, read_id(metadata, "mask_token_id", spec));
  QUERN_ASSIGN(const TokenId pad, read_id(metadata, "padding_token_id", spec));
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

/// Of the models with merges two have but one way to cut, whatever the file's 'pre'.
Result<GgufPreTokenizer> read_pre_tokenizer(const GgufMetadata& metadata, std::string_view model) {
  if (model != "gpt2") return gguf_pre_tokenizer(model);
  QUERN_ASSIGN(const std::string_view name, metadata.string_or(key("pre"), ""));
  if (name.empty()) {
    log_warn("no '{}': the file's words may be cut otherwise than the model's", key("pre"));
  }
  return gguf_pre_tokenizer(name.empty() ? "default" : name).in(fmt::format("'{}'", key("pre")));
}

Status read_merges(const GgufMetadata& metadata, TokenizerSpec& spec) {
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
  return {};
}

/// What goes before and behind the merges, by what the pieces are written in.
Status read_writing(const GgufMetadata& metadata, GgufPreTokenizer::Writing writing,
                    TokenizerSpec& spec) {
  if (writing == GgufPreTokenizer::Writing::kBytes) {
    spec.decoders = {text::decoders::ByteLevel{}};
    return {};
  }
  QUERN_ASSIGN(spec.unk_id, read_id(metadata, "unknown_token_id", spec));
  if (writing == GgufPreTokenizer::Writing::kWords) {
    QUERN_ASSIGN(const bool lowers, metadata.boolean_or(key("normalizer.lowercase"), false));
    if (lowers) spec.normalizers = {text::normalizers::Lowercase{}};
    return {};
  }
  spec.normalizers = {text::Replace{text::string_pattern(" "), text::kSpaceMark}};
  spec.bpe.byte_fallback = true;
  spec.bpe.fuse_unk = true;
  spec.decoders = {text::decoders::Metaspace{}, text::decoders::ByteFallback{}};
  return {};
}

Status read_merged_pieces(const GgufMetadata& metadata, std::string_view model,
                          TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kBpe;
  QUERN_ASSIGN(GgufPreTokenizer pre, read_pre_tokenizer(metadata, model));
  if (pre.composes) spec.normalizers = {text::normalizers::UnicodeForm::kNfc};
  spec.pre_tokenizers = std::move(pre.components);
  spec.bpe.ignore_merges = pre.whole_words;
  QUERN_TRY(read_writing(metadata, pre.writing, spec));
  QUERN_TRY(read_merges(metadata, spec));
  return read_template(
      metadata, {.adds_bos = pre.adds_bos, .adds_sep = pre.adds_sep, .forces_bos = pre.forces_bos},
      spec);
}

/// A file without scores has zeros, as for llama.cpp.
Status read_scores(const GgufMetadata& metadata, TokenizerSpec& spec) {
  QUERN_ASSIGN(const std::vector<float> scores, metadata.floats(key("scores")));
  if (!metadata.has(key("scores"))) {
    log_warn("no '{}': all scores are taken for 0", key("scores"));
    spec.scores.assign(spec.vocab.size(), 0.0);
    return {};
  }
  if (scores.size() != spec.vocab.size()) {
    return metadata.wrong(key("scores"), fmt::format("{} numbers", spec.vocab.size()));
  }
  if (std::any_of(scores.begin(), scores.end(), [](float s) { return std::isnan(s); })) {
    return metadata.wrong(key("scores"), "numbers that are not NaN");
  }
  spec.scores.assign(scores.begin(), scores.end());
  return {};
}

Status read_sentence_piece(const GgufMetadata& metadata, TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kBpe;
  QUERN_TRY(read_scores(metadata, spec));
  QUERN_ASSIGN(spec.unk_id, read_id(metadata, "unknown_token_id", spec));
  QUERN_ASSIGN(const bool adds_space, metadata.boolean_or(key("add_space_prefix"), true));
  if (adds_space) spec.normalizers.push_back(text::normalizers::Prepend{text::kSpaceMark});
  spec.normalizers.push_back(text::Replace{text::string_pattern(" "), text::kSpaceMark});
  QUERN_ASSIGN(const auto types, read_types(metadata, spec));
  spec.bpe.byte_fallback =
      types.empty() || std::find(types.begin(), types.end(), kByte) != types.end();
  spec.bpe.fuse_unk = true;
  spec.decoders = {text::decoders::Metaspace{}, text::decoders::ByteFallback{}};
  return read_template(metadata, {.adds_bos = true}, spec);
}

/// How llama.cpp prepares a text for Unigram: the charsmap, white space joined and trimmed if the
/// file says so, U+2581 before the text and for its spaces.
Status read_unigram_rules(const GgufMetadata& metadata, TokenizerSpec& spec) {
  SentencePieceRules rules;
  QUERN_ASSIGN(const auto charsmap, metadata.integers(key("precompiled_charsmap")));
  for (const std::int64_t byte : charsmap) rules.charsmap += static_cast<char>(byte);
  QUERN_ASSIGN(rules.joins_spaces, metadata.boolean_or(key("remove_extra_whitespaces"), false));
  QUERN_ASSIGN(rules.adds_prefix, metadata.boolean_or(key("add_space_prefix"), false));
  rules.adds_prefix = rules.adds_prefix || rules.joins_spaces;
  apply_sentence_piece_rules(std::move(rules), spec);
  return {};
}

/// Pieces that a user defined have score 0; a character without a piece has 10 less than the lowest
/// of the ordinary ones.
void apply_types(const std::vector<std::int64_t>& types, TokenizerSpec& spec) {
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i] == kUserDefined) spec.scores[i] = 0;
    if (types[i] == kNormal) lowest = std::min(lowest, spec.scores[i]);
  }
  if (std::isfinite(lowest)) spec.unigram.unk_score = lowest - 10;
}

Status read_unigram(const GgufMetadata& metadata, TokenizerSpec& spec) {
  spec.model = TokenizerSpec::Model::kUnigram;
  QUERN_TRY(read_scores(metadata, spec));
  QUERN_ASSIGN(const auto types, read_types(metadata, spec));
  apply_types(types, spec);
  QUERN_ASSIGN(spec.unk_id, need_id(metadata, "unknown_token_id", spec));
  QUERN_TRY(read_unigram_rules(metadata, spec));
  spec.decoders = {text::decoders::Metaspace{}};
  return read_template(metadata, {.adds_eos = true}, spec);
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
  } else if (model == "gpt2" || model == "gemma4" || model == "whitespace") {
    QUERN_TRY(read_merged_pieces(metadata, model, spec));
  } else if (model == "llama") {
    QUERN_TRY(read_sentence_piece(metadata, spec));
  } else if (model == "t5") {
    QUERN_TRY(read_unigram(metadata, spec));
  } else {
    return {Code::kUnsupported,
            fmt::format("'{}' is '{}', want bert, gemma4, gpt2, llama, t5 or whitespace",
                        key("model"), shown(model))};
  }
  return spec;
}

}  // namespace quern::formats
