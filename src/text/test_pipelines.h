// For tests: the lists of the known pipelines, the other way round from known_pipelines.h.

#pragma once

#include "text/known_pipelines.h"

namespace quern::text {

inline void set_pipeline(TokenizerSpec& spec, const BertRules& rules) {
  spec.model = TokenizerSpec::Model::kWordPiece;
  spec.normalizers = {rules};
  spec.pre_tokenizers = {pre_tokenizers::BertPreTokenizer{}};
}

inline void set_pipeline(TokenizerSpec& spec, const ByteLevelRules& rules) {
  spec.model = TokenizerSpec::Model::kBpe;
  spec.normalizers.clear();
  if (rules.nfc) spec.normalizers = {normalizers::UnicodeForm::kNfc};
  spec.bpe.ignore_merges = rules.whole_words;
  const bool is_split = rules.words == BpeWords::kLlama3 || rules.words == BpeWords::kQwen2;
  spec.pre_tokenizers = {pre_tokenizers::ByteLevel{.add_prefix_space = rules.add_prefix_space,
                                                   .use_regex = !is_split}};
  if (is_split) spec.pre_tokenizers = {words_split(rules.words), spec.pre_tokenizers.front()};
  if (rules.words == BpeWords::kSmolLm) {
    spec.pre_tokenizers = {pre_tokenizers::Digits{true}, spec.pre_tokenizers.front()};
  }
}

inline void set_pipeline(TokenizerSpec& spec, const SentencePieceRules& rules) {
  spec.model = TokenizerSpec::Model::kBpe;
  spec.bpe.byte_fallback = rules.byte_fallback;
  spec.bpe.fuse_unk = true;
  spec.normalizers.clear();
  spec.pre_tokenizers.clear();
  if (rules.space_prefix == SpacePrefix::kTextStart) {
    spec.pre_tokenizers = {pre_tokenizers::Metaspace{
        .prepend_scheme = pre_tokenizers::PrependScheme::kFirst, .split = false}};
    return;
  }
  if (rules.space_prefix == SpacePrefix::kEveryPart) {
    spec.normalizers.push_back(normalizers::Prepend{kSpaceMark});
  }
  spec.normalizers.push_back(Replace{string_pattern(" "), kSpaceMark});
}

}  // namespace quern::text
