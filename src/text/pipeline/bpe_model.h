// BPE with all its options. Source: huggingface/tokenizers, models/bpe.

#pragma once

#include <memory>

#include "text/pipeline/word_model.h"

namespace quern::text {

/// Errors: kBadInput if a merge needs a piece that the vocabulary lacks; kUnsupported for a model
///   of scores without merges, which only SentencePiece's own rules go with.
Result<std::unique_ptr<WordModel>> make_bpe_model(const TokenizerSpec& spec);

}  // namespace quern::text
