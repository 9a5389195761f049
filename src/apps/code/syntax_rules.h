// What is a definition in the syntax tree of each language: data, one table per language.
// docs/code_chunks.md says how to add one.

#pragma once

#include <span>
#include <string_view>

#include <tree_sitter/api.h>

#include "apps/code/code_chunk.h"
#include "apps/code/definition.h"

namespace quern::apps {

/// Where a node stands that may be a definition.
struct Site {
  std::string_view text;
  TSNode node = {};
  TSNode around = {};                     // The node that it is a child of.
  std::string_view argument = {};         // The rule's.
  SymbolKind kind = SymbolKind::kNone;    // The rule's.
  SymbolKind parent = SymbolKind::kNone;  // Of the innermost definition around it.
  int depth = 0;                          // Definitions around it.
  bool in_function = false;

  std::string_view text_of(TSNode of) const {
    const std::size_t begin = ts_node_start_byte(of);
    const std::size_t end = ts_node_end_byte(of);
    return begin <= end && end <= text.size() ? text.substr(begin, end - begin)
                                              : std::string_view();
  }
};

/// Fills name, name_begin and what else it knows better than the rule; false where the node defines
/// nothing. Found by: see name_finders.h.
using NameFinder = bool (*)(const Site& site, Definition& out);

struct SyntaxRule {
  enum Flag : unsigned {
    kMethodInType = 1,   // A function, but a method where it lies in a type.
    kNotInFunction = 2,  // What is local is nothing that others look for.
    kScope = 4,          // Gives its name to what is in it; no symbol itself.
    kNeedsBody = 8,      // Without a body it is a mention, not a definition.
    kRuns = 32,          // Without a body it governs what follows it: package X; FROM image.
    kNotInPaths = 16,    // Its name is not part of the paths of what lies in it.
  };
  const char* node = nullptr;  // Type of the node.
  SymbolKind kind = SymbolKind::kNone;
  NameFinder find = nullptr;
  std::string_view argument = {};  // For `find`.
  unsigned flags = 0;
};

struct LanguageRules {
  std::string_view language = {};
  std::span<const SyntaxRule> rules = {};
  // Types of nodes, by spaces. Those around a definition that belong to it when it is the only one
  // in them: decorated definitions, exports, statements.
  std::string_view wrappers = "";
  // Those before a definition that belong to it, apart from comments: attributes, signatures.
  std::string_view leading = "";
  // Those that are not looked into: lists of data.
  std::string_view opaque = "";
  // Whether clauses of one name, one behind the other, are one definition.
  bool joins_clauses = false;
};

/// nullptr for a language without rules.
const LanguageRules* rules_of(std::string_view language);

}  // namespace quern::apps
