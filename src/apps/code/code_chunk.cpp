#include "apps/code/code_chunk.h"

#include <array>

namespace quern::apps {

const char* symbol_kind_name(SymbolKind kind) {
  constexpr std::array<const char*, kNSymbolKinds> kNames = {
      "",     "function", "method",   "class",    "struct", "interface", "enum",   "trait",
      "type", "module",   "constant", "variable", "field",  "macro",     "section"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace quern::apps
