// The pieces that stand for single bytes, of whatever names a vocabulary gives them.

#pragma once

#include <array>
#include <string>

#include "text/tokenizer_spec.h"

namespace quern::text {

/// The id of each byte's piece, whose name `append` writes; -1 where the vocabulary has none.
template <typename Vocabulary>
std::array<TokenId, 256> ids_of_bytes(const Vocabulary& vocabulary,
                                      void (*append)(unsigned char byte, std::string& out)) {
  std::array<TokenId, 256> ids{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string name;
    append(static_cast<unsigned char>(byte), name);
    ids[byte] = vocabulary.find(name);
  }
  return ids;
}

}  // namespace quern::text
