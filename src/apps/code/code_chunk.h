// Source code in pieces that mean something by themselves, and the definitions in it.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace quern::apps {

/// The numbers are part of the workers' messages and of stored documents: new ones go to the end.
enum class SymbolKind {
  kNone,
  kFunction,
  kMethod,
  kClass,
  kStruct,
  kInterface,
  kEnum,
  kTrait,
  kType,
  kModule,
  kConstant,
  kVariable,
  kField,
  kMacro,
  kSection,  // Headings, keys, tables, selectors.
};
constexpr int kNSymbolKinds = static_cast<int>(SymbolKind::kSection) + 1;

/// "function", "method", ...; "" for kNone.
const char* symbol_kind_name(SymbolKind kind);

/// Bytes [begin, end) of a text, and their lines: from 1, both ends inclusive, ended by '\n'.
struct CodeSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  int first_line = 1;
  int last_line = 1;

  bool operator==(const CodeSpan&) const = default;
};

struct Symbol {
  std::string name;  // "parse"
  std::string path;  // "Parser.parse": behind the names of what it lies in, by '.'.
  SymbolKind kind = SymbolKind::kNone;
  CodeSpan span;  // Of the definition, with the comments and decorators before it.
  int line = 1;   // Of its name,
  std::size_t name_begin = 0;
  std::string signature = {};  // Without the body, in one line, at most kMaxSignatureBytes.

  bool operator==(const Symbol&) const = default;
};
constexpr std::size_t kMaxSignatureBytes = 200;

struct CodeChunk {
  CodeSpan span;
  // The path of the innermost definition that holds nearly all of it, else of the first in it.
  std::string symbol = {};
  SymbolKind kind = SymbolKind::kNone;  // Of that one.

  bool operator==(const CodeChunk&) const = default;
};

struct ChunkedCode {
  // In order, disjoint; every byte that is no white space is in one of them. Each begins at the
  // start of its line where only blanks are before it, and ends behind a byte that is no blank.
  std::vector<CodeChunk> chunks;
  std::vector<Symbol> symbols;  // By their first bytes; what lies in another comes behind it.
  bool by_syntax = false;       // By a grammar or the format's own rules, not by lines.
  std::string note = {};        // Why not: "no grammar", "the grammar crashed", ...
  bool is_passing = false;      // Why not may be another the next time: a worker was killed, ...
};

/// What pieces should be like. Sizes are in characters that are no white space.
struct CutSizes {
  int max_chars = 1500;  // No piece has more.
  // A definition from this size on is not put into one piece with unrelated neighbours.
  int alone_chars = 250;
  // A piece below this size is put to what follows, whatever that is: the head of a class.
  int tiny_chars = 40;

  bool operator==(const CutSizes&) const = default;
};

}  // namespace quern::apps
