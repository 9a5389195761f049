#include "text/known_pipelines.h"

#include <string>
#include <unordered_set>
#include <utility>

#include "text/bpe/byte_chars.h"
#include "text/bpe/byte_pieces.h"

namespace quern::text {
namespace {

using normalizers::UnicodeForm;

/// True if `spec` has every one of the 256 pieces that `write` names.
template <typename Write>
bool has_every_byte(const TokenizerSpec& spec, const Write& write) {
  std::unordered_set<std::string> missing;
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string piece;
    write(static_cast<unsigned char>(byte), piece);
    missing.insert(std::move(piece));
  }
  constexpr std::size_t kLongest = 6;  // "<0x0A>"
  for (const std::string& piece : spec.vocab) {
    if (piece.size() <= kLongest) missing.erase(piece);
  }
  return missing.empty();
}

bool is_plain_bpe(const TokenizerSpec& spec) {
  return spec.model == TokenizerSpec::Model::kBpe && spec.bpe.continuing_prefix.empty() &&
         spec.bpe.end_suffix.empty();
}

/// The only pre-tokenizer, if it is a T.
template <typename T>
const T* only(const std::vector<PreTokenizer>& list) {
  return list.size() == 1 ? std::get_if<T>(&list.front()) : nullptr;
}

struct Words {
  BpeWords words;
  bool add_prefix_space;
};

/// What the component before ByteLevel, which cuts (`cuts`) or only writes, makes of it.
std::optional<BpeWords> words_behind(const PreTokenizer& first, bool cuts) {
  if (const auto* digits = std::get_if<pre_tokenizers::Digits>(&first)) {
    if (digits->individual && cuts) return BpeWords::kSmolLm;
    return {};
  }
  if (cuts) return {};
  if (first == PreTokenizer(words_split(BpeWords::kLlama3))) return BpeWords::kLlama3;
  if (first == PreTokenizer(words_split(BpeWords::kQwen2))) return BpeWords::kQwen2;
  return {};
}

std::optional<Words> words_of(const std::vector<PreTokenizer>& list) {
  if (list.empty() || list.size() > 2) return {};
  const auto* bytes = std::get_if<pre_tokenizers::ByteLevel>(&list.back());
  if (bytes == nullptr) return {};
  if (list.size() == 1) {
    if (!bytes->use_regex) return {};
    return Words{BpeWords::kGpt2, bytes->add_prefix_space};
  }
  // Behind another cut the space would go before every piece.
  const auto words = words_behind(list.front(), bytes->use_regex);
  if (!words || bytes->add_prefix_space) return {};
  return Words{*words, false};
}

/// Where normalizers put U+2581.
std::optional<SpacePrefix> marks_of(const std::vector<Normalizer>& list) {
  if (list.empty() || list.size() > 2) return {};
  if (list.back() != Normalizer(Replace{string_pattern(" "), kSpaceMark})) return {};
  if (list.size() == 1) return SpacePrefix::kNever;
  if (list.front() == Normalizer(normalizers::Prepend{kSpaceMark})) return SpacePrefix::kEveryPart;
  return {};
}

/// Where Metaspace puts it. "always" differs from both other ways in its treatment of a text that
/// begins with a space.
std::optional<SpacePrefix> marks_of(const pre_tokenizers::Metaspace& metaspace) {
  if (metaspace.split || metaspace.replacement != kSpaceMark) return {};
  switch (metaspace.prepend_scheme) {
    case pre_tokenizers::PrependScheme::kAlways:
      return {};
    case pre_tokenizers::PrependScheme::kFirst:
      return SpacePrefix::kTextStart;
    case pre_tokenizers::PrependScheme::kNever:
      return SpacePrefix::kNever;
  }
  return {};
}

/// True if `list` cuts a text without spaces nowhere: Gemma splits at spaces, after all of them
/// were replaced.
bool cuts_nothing(const std::vector<PreTokenizer>& list) {
  if (list.empty()) return true;
  const auto* split = only<pre_tokenizers::Split>(list);
  return split != nullptr && split->pattern == string_pattern(" ") && !split->invert;
}

std::optional<SpacePrefix> space_prefix_of(const TokenizerSpec& spec) {
  if (spec.normalizers.empty()) {
    const auto* metaspace = only<pre_tokenizers::Metaspace>(spec.pre_tokenizers);
    return metaspace != nullptr ? marks_of(*metaspace) : std::nullopt;
  }
  return cuts_nothing(spec.pre_tokenizers) ? marks_of(spec.normalizers) : std::nullopt;
}

/// True if the two ways to treat a character without a piece agree: every character has its bytes,
/// or those without are one unknown token together. With scores there is but one way.
bool knows_unknowns(const TokenizerSpec& spec) {
  if (spec.merges.empty() && !spec.scores.empty()) return true;
  if (spec.bpe.byte_fallback) return has_every_byte(spec, append_byte_piece);
  return spec.bpe.fuse_unk && spec.unk_id >= 0;
}

}  // namespace

std::optional<BertRules> bert_rules_of(const TokenizerSpec& spec) {
  if (spec.model != TokenizerSpec::Model::kWordPiece) return {};
  if (only<pre_tokenizers::BertPreTokenizer>(spec.pre_tokenizers) == nullptr) return {};
  if (spec.normalizers.empty()) return BertRules{false, false, false, false};
  if (spec.normalizers.size() > 1) return {};
  const auto* rules = std::get_if<BertRules>(&spec.normalizers.front());
  return rules != nullptr ? std::optional(*rules) : std::nullopt;
}

std::optional<ByteLevelRules> byte_level_rules_of(const TokenizerSpec& spec) {
  if (!is_plain_bpe(spec) || spec.bpe.byte_fallback) return {};
  const bool composes = spec.normalizers == std::vector<Normalizer>{UnicodeForm::kNfc};
  if (!composes && !spec.normalizers.empty()) return {};
  const auto words = words_of(spec.pre_tokenizers);
  if (!words) return {};
  const bool fuses = spec.bpe.fuse_unk && spec.unk_id >= 0;
  if (fuses && !has_every_byte(spec, append_byte_char)) return {};
  return ByteLevelRules{.words = words->words,
                        .nfc = composes,
                        .whole_words = spec.bpe.ignore_merges,
                        .add_prefix_space = words->add_prefix_space};
}

std::optional<SentencePieceRules> sentence_piece_rules_of(const TokenizerSpec& spec) {
  if (!is_plain_bpe(spec) || spec.bpe.ignore_merges || !knows_unknowns(spec)) return {};
  const auto prefix = space_prefix_of(spec);
  if (!prefix) return {};
  return SentencePieceRules{.space_prefix = *prefix, .byte_fallback = spec.bpe.byte_fallback};
}

}  // namespace quern::text
