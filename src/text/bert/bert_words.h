// Splits normalised text into BERT's words: white space separates, punctuation stands alone.
// Source: huggingface/tokenizers, BertPreTokenizer.

#pragma once

#include <string_view>

namespace quern::text {

/// Takes the next word off the front of well-formed `rest`; empty when there is none left.
std::string_view next_bert_word(std::string_view& rest);

}  // namespace quern::text
