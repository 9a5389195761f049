// BERT's tokenizer: added tokens, normaliser, words, WordPiece.

#pragma once

#include <memory>

#include "text/tokenizer.h"

namespace quern::text {

/// Errors: kBadInput if the unknown token is not in the vocabulary.
Result<std::unique_ptr<Tokenizer>> make_word_piece_tokenizer(const TokenizerSpec& spec,
                                                             const BertRules& rules);

}  // namespace quern::text
