// Byte-level BPE, as GPT-2, Llama 3, Qwen2 and SmolLM use it.
// Source: Radford et al. 2019; huggingface/tokenizers, ByteLevel and BPE.

#pragma once

#include <memory>

#include "text/tokenizer.h"

namespace quern::text {

/// Errors: kBadInput if a merge needs a piece that the vocabulary lacks.
Result<std::unique_ptr<Tokenizer>> make_byte_bpe_tokenizer(const TokenizerSpec& spec);

}  // namespace quern::text
