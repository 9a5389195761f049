// The definitions of a syntax tree, by the rules of its language.

#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tree_sitter/api.h>

#include "apps/code/definition.h"
#include "apps/code/syntax_rules.h"

namespace quern::apps {

/// The rules of a language with the types of its grammar as numbers, and what is found by them.
class DefinitionRules {
 public:
  /// Both outlive it.
  DefinitionRules(const TSLanguage& language, const LanguageRules* rules);

  /// The rule of a node of this type, nullptr where there is none.
  const SyntaxRule* rule(TSSymbol type) const { return of(type).rule; }
  bool is_wrapper(TSSymbol type) const { return of(type).is_wrapper; }
  /// Comments, attributes, and whatever else belongs to the definition behind it.
  bool is_leading(TSSymbol type) const { return of(type).is_leading; }
  bool is_opaque(TSSymbol type) const { return of(type).is_opaque; }
  bool joins_clauses() const { return joins_clauses_; }

 private:
  struct Type {
    const SyntaxRule* rule = nullptr;
    bool is_wrapper = false;
    bool is_leading = false;
    bool is_opaque = false;
  };
  // Nodes of what no rule of the grammar fits have a number beyond its types.
  const Type& of(TSSymbol type) const { return type < types_.size() ? types_[type] : none_; }

  std::vector<Type> types_;  // By TSSymbol.
  Type none_;
  bool joins_clauses_ = false;
};

struct Definitions {
  std::vector<Definition> all;  // In order of the tree: one that lies in another comes behind it.
  // The node that a definition fills, its wrappers being part of it. By the node's identity.
  std::unordered_map<const void*, int> by_node;
};

/// What comes before the nodes of one level and belongs to them: comments and attributes in the
/// lines directly above, and a comment that documents ("/**") above one blank line. Shared by those
/// who look for definitions and those who cut.
class LeadingNodes {
 public:
  explicit LeadingNodes(std::string_view text) : text_(text) {}

  /// `node` is the next of its level. Its beginning, with what was leading to it; of a leading node
  /// itself nothing is decided yet, and it gives its own.
  std::size_t begin_with_leading(TSNode node, bool is_leading);

 private:
  std::string_view text_;
  bool is_open_ = false;
  std::uint32_t reach_ = 1;  // Lines below the run in which what it belongs to may begin.
  std::size_t begin_ = 0;
  std::uint32_t last_row_ = 0;    // Of the run.
  std::uint32_t before_row_ = 0;  // Of the node before, which a comment on its line belongs to.
  bool is_first_ = true;
};

constexpr int kMaxDefinitions = 20'000;  // Of one file; those behind are left out.

Definitions find_definitions(const DefinitionRules& rules, TSNode root, std::string_view text);

}  // namespace quern::apps
