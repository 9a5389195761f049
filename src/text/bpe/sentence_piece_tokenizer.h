// SentencePiece's BPE with byte fallback, as Llama 2, Phi-3 and Gemma use it.
// Source: Kudo and Richardson 2018; sentencepiece's bpe_model.cc, and for merges from a file
// huggingface/tokenizers' BPE.

#pragma once

#include <memory>

#include "text/tokenizer.h"

namespace quern::text {

/// Errors: kBadInput if a merge needs a piece that the vocabulary lacks, or if there are neither
///   merges nor one score per piece.
Result<std::unique_ptr<Tokenizer>> make_sentence_piece_tokenizer(const TokenizerSpec& spec);

}  // namespace quern::text
