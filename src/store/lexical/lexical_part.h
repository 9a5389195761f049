// The lexical sections of one segment, as they are mapped.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "store/lexical/dictionary.h"

namespace quern::store {

struct LexicalPart {
  Dictionary dictionary = {};
  std::span<const std::byte> postings = {};
  std::span<const std::byte> positions = {};
  std::vector<std::span<const std::uint8_t>> norms = {};  // [n_fields][n_docs]
  std::uint32_t n_docs = 0;
};

}  // namespace quern::store
