// SentencePiece's own model files -> TokenizerSpec: spm.model of DeBERTa, sentencepiece.bpe.model
// of XLM-R and its relatives. What a tokenizer.json beside them says comes first. Source:
// google/sentencepiece, sentencepiece_model.proto and unigram_model.cc; transformers,
// tokenization_deberta_v2.py and tokenization_xlm_roberta.py (ids, templates).

#pragma once

#include <string>

#include "base/status.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

/// "spm.model", "sentencepiece.bpe.model"; "" where the folder has neither.
std::string find_sentence_piece(const std::string& folder);

/// Errors: kNotFound; kBadInput naming the field; kUnsupported for models other than Unigram.
Result<text::TokenizerSpec> read_sentence_piece(const std::string& folder);

/// The same of a file's bytes; `file`: of find_sentence_piece, which tells how ids and templates
/// are laid out.
Result<text::TokenizerSpec> parse_sentence_piece(std::string_view bytes, const std::string& file);

}  // namespace quern::formats
