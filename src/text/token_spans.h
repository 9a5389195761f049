// Which bytes of a text its tokens stand for. Tokenizers give ids alone: the text is taken apart
// again, word by word, and the tokens of each word are laid along its characters.

#pragma once

#include <string_view>
#include <vector>

#include "base/byte_spans.h"
#include "text/tokenizer.h"

namespace quern::text {

/// One stretch per token, in order, without white space at its front. Where the characters of a
/// word cannot be told to its tokens (normal forms of another length, several unknown ones), each
/// of them has the whole word.
///
/// `ids`: what `tokenizer` makes of `utf8`. `unknown`: the id of what it does not know, or -1.
std::vector<ByteSpan> token_spans(const Tokenizer& tokenizer, TokenId unknown,
                                  std::string_view utf8, const std::vector<TokenId>& ids);

}  // namespace quern::text
