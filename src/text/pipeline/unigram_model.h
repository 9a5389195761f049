// Unigram: the pieces whose scores add up best.
// Source: Kudo 2018, "Subword Regularization"; huggingface/tokenizers, models/unigram.

#pragma once

#include <memory>

#include "text/pipeline/word_model.h"

namespace quern::text {

/// Equal sums keep the piece that begins earlier. A character without a piece is unknown, at a
/// penalty; unknown neighbours are one token, or bytes. Without an unknown token they are lost.
/// Errors: kBadInput if there are fewer scores than pieces of the model can have; kUnsupported for
///   a piece of many kilobytes.
Result<std::unique_ptr<WordModel>> make_unigram_model(const TokenizerSpec& spec);

}  // namespace quern::text
