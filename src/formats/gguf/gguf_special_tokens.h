// The ids of a GGUF's special tokens, with llama.cpp's defaults where the file has none.
// Source: llama.cpp, src/llama-vocab.cpp, load().

#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.h"
#include "formats/gguf/gguf.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

/// The id that tokenizer.ggml.`name` gives ("bos_token_id"). Without the key, or with an id that is
/// none of the `n_vocab` tokens (a warning is logged), the one that the tokenizer's model has by
/// custom; -1 if it has none, or the file says none (2^32 - 1).
/// Errors: kBadInput if the key is no number.
Result<text::TokenId> special_token_id(const GgufMetadata& metadata, std::string_view name,
                                       std::size_t n_vocab);

}  // namespace quern::formats
