// The pipelines that have an implementation of their own: recognised here and nowhere else, by
// their whole lists. What is not recognised is run component by component (pipeline/).

#pragma once

#include <optional>

#include "text/bpe/byte_bpe_tokenizer.h"
#include "text/bpe/sentence_piece_tokenizer.h"
#include "text/tokenizer_spec.h"

namespace quern::text {

/// BERT's: [BertNormalizer], BertPreTokenizer, WordPiece.
std::optional<BertRules> bert_rules_of(const TokenizerSpec& spec);

/// Byte-level BPE behind one of the cutting rules that BpeWords names, and at most an NFC.
std::optional<ByteLevelRules> byte_level_rules_of(const TokenizerSpec& spec);

/// BPE on text with U+2581 for its spaces, put there by normalizers or by Metaspace.
std::optional<SentencePieceRules> sentence_piece_rules_of(const TokenizerSpec& spec);

}  // namespace quern::text
