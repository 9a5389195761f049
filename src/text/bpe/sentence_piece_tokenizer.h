// SentencePiece's BPE with byte fallback, as Llama 2, Phi-3 and Gemma use it.
// Source: Kudo and Richardson 2018; sentencepiece's bpe_model.cc, and for merges from a file
// huggingface/tokenizers' BPE.

#pragma once

#include <memory>

#include "text/tokenizer.h"

namespace quern::text {

/// Where SentencePiece's dummy space goes.
enum class SpacePrefix {
  kNever,      // Gemma.
  kTextStart,  // Before the text, unless it starts with a space (Metaspace "first").
  kEveryPart,  // Before the text and after each added token (Llama 2 and llama.cpp).
};

/// The vocabulary holds SentencePiece's pieces: "\u2581the", "<0x0A>".
struct SentencePieceRules {
  SpacePrefix space_prefix = SpacePrefix::kEveryPart;
  bool byte_fallback = true;  // Unknown characters become <0xXX> pieces; else the unknown token.
};

/// Errors: kBadInput if a merge needs a piece that the vocabulary lacks, or if there are neither
///   merges nor one score per piece.
Result<std::unique_ptr<Tokenizer>> make_sentence_piece_tokenizer(const TokenizerSpec& spec,
                                                                 const SentencePieceRules& rules);

}  // namespace quern::text
