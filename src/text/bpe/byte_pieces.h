// The pieces that stand for single bytes in vocabularies with byte fallback: "<0x0A>".
// Source: sentencepiece, ByteToPiece.

#pragma once

#include <string>
#include <string_view>

namespace quern::text {

/// Appends the name of the piece for `byte`.
void append_byte_piece(unsigned char byte, std::string& out);

/// The byte that `piece` stands for; -1 for other pieces.
int byte_of_piece(std::string_view piece);

}  // namespace quern::text
