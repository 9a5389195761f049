// The tokenizer of a GGUF file -> TokenizerSpec: WordPiece ("bert"), byte-level BPE ("gpt2"),
// SentencePiece's BPE ("llama") and its Unigram ("t5").
// Source: llama.cpp, src/llama-vocab.cpp (keys, defaults, quirks) and convert_hf_to_gguf.py.

#pragma once

#include "base/status.h"
#include "formats/gguf/gguf.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

/// Errors: kBadInput naming the key; kUnsupported naming the tokenizer.ggml.model or .pre.
Result<text::TokenizerSpec> tokenizer_from_gguf(const GgufMetadata& metadata);

}  // namespace quern::formats
