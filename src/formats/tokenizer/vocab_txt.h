// vocab.txt (one WordPiece token per line) with tokenizer_config.json -> TokenizerSpec, as
// transformers' BertTokenizer reads them.
// Source: huggingface/transformers tokenization_bert.py.

#pragma once

#include <string>

#include "base/status.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

/// Errors: kNotFound; kBadInput (an empty vocabulary, special tokens that are not in it).
Result<text::TokenizerSpec> read_vocab_txt(const std::string& folder);

}  // namespace quern::formats
