// What the files beside tokenizer.json change in it: tokenizer_config.json and
// sentence_bert_config.json, as transformers and sentence-transformers apply them.
// Source: huggingface/transformers (models/bert/tokenization_bert.py, tokenization_utils_base.py);
// sentence-transformers (base/modules/transformer.py). Held against both.

#pragma once

#include <string>

#include "base/status.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

/// The rules of BERT's own tokenizer classes come from tokenizer_config.json, whatever
/// tokenizer.json says: do_lower_case (true when it is not there), strip_accents and
/// tokenize_chinese_chars. A contradiction is logged as a warning.
/// Errors: kBadInput for values of the wrong type.
Status apply_tokenizer_config(const std::string& folder, text::TokenizerSpec& spec);

/// "truncation_side" of tokenizer_config.json.
Status read_truncation_side(const std::string& folder, text::TokenizerSpec& spec);

/// sentence_bert_config.json's do_lower_case puts a lower-casing in front of everything, unless
/// there is one.
Status apply_sentence_config(const std::string& folder, text::TokenizerSpec& spec);

}  // namespace quern::formats
