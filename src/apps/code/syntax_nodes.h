// Steps through the nodes of a syntax tree, as finders of names take them.

#pragma once

#include <cstddef>
#include <string_view>

#include "apps/code/syntax_rules.h"

namespace quern::apps::syntax {

inline constexpr int kMaxSteps = 64;  // Down one chain of nodes.

/// The child of that field; a null node where there is none.
TSNode field(TSNode node, std::string_view name);

bool is(TSNode node, std::string_view type);

/// Whether the type is one of the words in `types`. A null node is of none.
bool is_among(std::string_view type, std::string_view types);
bool is_among(TSNode node, std::string_view types);

/// Calls with the children in order until `visit` is false.
template <typename Visit>
void for_children(TSNode node, const Visit& visit) {
  TSTreeCursor cursor = ts_tree_cursor_new(node);
  if (ts_tree_cursor_goto_first_child(&cursor)) {
    do {
      if (!visit(ts_tree_cursor_current_node(&cursor))) break;
    } while (ts_tree_cursor_goto_next_sibling(&cursor));
  }
  ts_tree_cursor_delete(&cursor);
}

/// The first child, and the first node at any depth, of one of the types, by spaces; a null node
/// where there is none.
TSNode first_child(TSNode node, std::string_view types);
TSNode first_descendant(TSNode node, std::string_view types, int depth = 0);

/// The node's text as the name; false where there is none.
bool take(const Site& site, TSNode node, Definition& out);

/// "part.qualifier"
void prepend_qualifier(std::string_view part, Definition& out);

/// "a::b.c" as qualifier "a.b" and name "c". Of brackets and quotes the inside is not looked at.
void split_qualified(Definition& out);

bool is_in_capitals(std::string_view name);

/// The template's name of "Box<T>", the name itself otherwise.
TSNode bare(TSNode node);

/// Without "<...>" and "[...]" at its end.
std::string_view without_arguments(std::string_view type);

/// A word that says what kind of thing follows it.
struct Keyword {
  std::string_view word;
  SymbolKind kind;
};

/// kNone where the word is none of them.
template <std::size_t N>
SymbolKind kind_of_keyword(std::string_view word, const Keyword (&keywords)[N]) {
  for (const Keyword& keyword : keywords) {
    if (keyword.word == word) return keyword.kind;
  }
  return SymbolKind::kNone;
}

}  // namespace quern::apps::syntax
