#include "apps/code/syntax_cut.h"

#include <algorithm>

#include "apps/code/piece_merge.h"

namespace quern::apps {
namespace {

// Deeper than people nest; generated expressions go on for thousands, and are cut by lines.
constexpr int kMaxDepth = 250;
constexpr int kMaxClosingChars = 3;  // "});"

class Cut {
 public:
  Cut(const TextMeasure& measure, const DefinitionRules& rules, const Definitions& definitions,
      const CutSizes& sizes)
      : measure_(measure), rules_(rules), definitions_(definitions), sizes_(sizes) {
    pieces_.push_back({.begin = 0});
  }

  std::vector<CutPiece> run(TSNode root) {
    open(root, -1, 0);
    return std::move(pieces_);
  }

 private:
  // The children of a node that is too large for one piece.
  void open(TSNode node, int scope, int depth) {
    if (depth > kMaxDepth) return;
    LeadingNodes leading(measure_.text());
    TSTreeCursor cursor = ts_tree_cursor_new(node);
    if (ts_tree_cursor_goto_first_child(&cursor)) {
      do {
        const TSNode child = ts_tree_cursor_current_node(&cursor);
        const bool is_leading = rules_.is_leading(ts_node_symbol(child));
        const std::size_t begin = leading.begin_with_leading(child, is_leading);
        if (is_leading) {
          push({.begin = begin_of(child), .scope = scope});
        } else {
          // What leads to it is part of its piece, and none by itself.
          while (pieces_.back().begin > begin) pieces_.pop_back();
          place(child, begin, scope, depth);
        }
      } while (ts_tree_cursor_goto_next_sibling(&cursor));
    }
    ts_tree_cursor_delete(&cursor);
  }

  void place(TSNode child, std::size_t begin, int scope, int depth) {
    const std::size_t own_begin = ts_node_start_byte(child);
    const std::size_t end = ts_node_end_byte(child);
    const auto found = definitions_.by_node.find(child.id);
    const int definition = found == definitions_.by_node.end() ? -1 : found->second;
    const int n_own = measure_.n_chars(own_begin, end);
    if (n_own <= sizes_.max_chars) {
      const bool fits = measure_.n_chars(begin, end) <= sizes_.max_chars;
      if (!fits) push({.begin = begin, .scope = scope});
      push({.begin = fits ? begin : own_begin,
            .scope = scope,
            .is_alone = definition >= 0 && measure_.n_chars(begin, end) >= sizes_.alone_chars,
            .is_definition = definition >= 0,
            .is_closing = !ts_node_is_named(child) && n_own <= kMaxClosingChars &&
                          is_closing(own_begin, end)});
      if (definition >= 0) push({.begin = end, .scope = scope, .is_closing = true});
      return;
    }
    const int inner = definition >= 0 ? definition : scope;
    push({.begin = begin, .scope = inner});
    open(child, inner, depth + 1);
    // What follows is of the outer scope again, whatever it is.
    push({.begin = end, .scope = scope, .is_closing = true});
  }

  static std::size_t begin_of(TSNode node) { return ts_node_start_byte(node); }

  // Several pieces may begin at one byte: the last says what is there.
  void push(CutPiece piece) {
    if (pieces_.back().begin > piece.begin) return;  // Out of order: no tree of tree-sitter is so.
    if (pieces_.back().begin == piece.begin) pieces_.pop_back();
    pieces_.push_back(piece);
  }

  bool is_closing(std::size_t begin, std::size_t end) const {
    return measure_.text().substr(begin, end - begin).find_first_not_of(")]},;") ==
           std::string_view::npos;
  }

  const TextMeasure& measure_;
  const DefinitionRules& rules_;
  const Definitions& definitions_;
  const CutSizes& sizes_;
  std::vector<CutPiece> pieces_;
};

}  // namespace

std::vector<CodeSpan> cut_by_syntax(const TextMeasure& measure, const DefinitionRules& rules,
                                    const Definitions& definitions, TSNode root,
                                    const CutSizes& sizes) {
  const std::vector<CutPiece> pieces = Cut(measure, rules, definitions, sizes).run(root);
  return merge_pieces(measure, pieces, sizes);
}

}  // namespace quern::apps
