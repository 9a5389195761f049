// A definition as it is found in a text, before it is a symbol.

#pragma once

#include <cstddef>
#include <string>

#include "apps/code/code_chunk.h"

namespace quern::apps {

struct Definition {
  std::string name;
  std::string qualifier;  // What the name itself says it lies in: "Box" of "Box::size".
  SymbolKind kind = SymbolKind::kNone;
  std::size_t begin = 0;  // With comments and decorators.
  std::size_t end = 0;
  std::size_t head = 0;  // Where its signature begins.
  std::size_t body = 0;  // Where its body does; `end` where it has none.
  std::size_t name_begin = 0;
  int parent = -1;           // Index of the definition that it lies in.
  bool names_inside = true;  // Whether its name is part of the paths of what lies in it.
  bool is_listed = true;     // Or one whose name alone counts, for what lies in it: Rust's impl.
};

/// Whether functions in it are its methods.
constexpr bool is_type_like(SymbolKind kind) {
  return kind == SymbolKind::kClass || kind == SymbolKind::kStruct ||
         kind == SymbolKind::kInterface || kind == SymbolKind::kEnum ||
         kind == SymbolKind::kTrait || kind == SymbolKind::kType;
}

constexpr bool is_function_like(SymbolKind kind) {
  return kind == SymbolKind::kFunction || kind == SymbolKind::kMethod || kind == SymbolKind::kMacro;
}

}  // namespace quern::apps
