#include "apps/code/definitions.h"

#include <algorithm>
#include <cstring>

namespace quern::apps {
namespace {

constexpr std::size_t kMaxNameBytes = 200;

bool has_word(std::string_view words, std::string_view word) {
  for (std::size_t at = words.find(word); at != std::string_view::npos;
       at = words.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' ')) {
      return true;
    }
  }
  return false;
}

// One line, and no longer than names are: what outside text calls a name may be anything.
std::string tidy_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool is_space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!is_space) out += c;
    if (is_space && !out.empty() && out.back() != ' ') out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  const bool is_quoted = out.size() > 2 && out.front() == out.back() &&
                         (out.front() == '"' || out.front() == '\'' || out.front() == '`');
  if (is_quoted) out = out.substr(1, out.size() - 2);
  if (out.size() > kMaxNameBytes) {
    std::size_t end = kMaxNameBytes;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
    out.resize(end);
  }
  return out;
}

TSNode field_of(TSNode node, const char* name) {
  return ts_node_child_by_field_name(node, name, static_cast<std::uint32_t>(std::strlen(name)));
}

bool is_body_type(std::string_view type) {
  return type.ends_with("body") || type.ends_with("block") || type == "compound_statement" ||
         type == "field_declaration_list" || type == "declaration_list" || type == "do_block";
}

// Where its body begins: a field of that name, of the node or of the function that is its value,
// or a child that looks like one.
std::size_t body_of(TSNode node, int step = 0) {
  const TSNode body = field_of(node, "body");
  if (!ts_node_is_null(body)) return ts_node_start_byte(body);
  if (step < 2) {
    for (const char* name : {"value", "right", "type"}) {
      const TSNode value = field_of(node, name);
      if (ts_node_is_null(value)) continue;
      const std::size_t found = body_of(value, step + 1);
      if (found != ts_node_end_byte(value)) return found;
    }
  }
  const std::uint32_t n = std::min(ts_node_child_count(node), 32U);
  for (std::uint32_t i = 0; i < n; ++i) {
    const TSNode child = ts_node_child(node, i);
    if (ts_node_is_named(child) && is_body_type(ts_node_type(child))) {
      return ts_node_start_byte(child);
    }
  }
  return ts_node_end_byte(node);
}

/// Walks the tree once, with one place per level of it.
class Walk {
 public:
  Walk(const DefinitionRules& rules, TSNode root, std::string_view text)
      : rules_(rules), text_(text), cursor_(ts_tree_cursor_new(root)) {
    levels_.push_back({.leading = LeadingNodes(text)});
  }
  ~Walk() { ts_tree_cursor_delete(&cursor_); }
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  Definitions run() {
    bool is_going_on = true;
    while (is_going_on) {
      visit(ts_tree_cursor_current_node(&cursor_));
      is_going_on = next();
    }
    return std::move(found_);
  }

 private:
  struct Level {
    LeadingNodes leading{{}};
    TSNode around = {};   // The node that those of this level are children of.
    int definition = -1;  // Around the nodes of this level.
    int here = -1;        // The definition that the current node is, if it is one.
    // The outermost wrapper that the current node is the inside of, and where that begins.
    const void* wrapper = nullptr;
    std::size_t wrapper_begin = 0;
    std::size_t wrapper_end = 0;
    std::size_t wrapper_head = 0;
    int runner = -1;        // The definition that governs what follows on this level.
    int last_sibling = -1;  // The definition before, for clauses.
  };

  bool next() {
    const int inside = levels_.back().here >= 0 ? levels_.back().here : levels_.back().definition;
    Level below = {.leading = LeadingNodes(text_)};
    below.definition = inside;
    below.around = ts_tree_cursor_current_node(&cursor_);
    if (is_wrapping_) {
      below.wrapper = wrapping_.wrapper;
      below.wrapper_begin = wrapping_.wrapper_begin;
      below.wrapper_end = wrapping_.wrapper_end;
      below.wrapper_head = wrapping_.wrapper_head;
    }
    if (static_cast<int>(found_.all.size()) < kMaxDefinitions && !is_opaque_ &&
        ts_tree_cursor_goto_first_child(&cursor_)) {
      levels_.push_back(below);
      return true;
    }
    while (!ts_tree_cursor_goto_next_sibling(&cursor_)) {
      levels_.pop_back();
      if (levels_.empty() || !ts_tree_cursor_goto_parent(&cursor_)) return false;
    }
    return true;
  }

  void visit(TSNode node) {
    Level& level = levels_.back();
    const TSSymbol type = ts_node_symbol(node);
    level.here = -1;
    is_wrapping_ = false;
    is_opaque_ = rules_.is_opaque(type);
    const bool is_leading = rules_.is_leading(type);
    const std::size_t begin = level.leading.begin_with_leading(node, is_leading);
    if (is_leading || !ts_node_is_named(node)) return;
    const SyntaxRule* const rule = rules_.rule(type);
    if (rule != nullptr) define(*rule, node, begin, level);
    if (level.here < 0 && rules_.is_wrapper(type)) wrap(node, begin, level);
    if (level.runner >= 0 && level.here != level.runner) {
      at(level.runner).end = std::max<std::size_t>(at(level.runner).end, ts_node_end_byte(node));
    }
  }

  // A wrapper passes its extent on to what is in it, if that is one thing only.
  void wrap(TSNode node, std::size_t begin, const Level& level) {
    if (n_wrapped(node) != 1) return;
    is_wrapping_ = true;
    if (level.wrapper != nullptr) {
      wrapping_ = level;
      return;
    }
    wrapping_.wrapper = node.id;
    wrapping_.wrapper_begin = begin;
    wrapping_.wrapper_end = ts_node_end_byte(node);
    // A signature begins behind decorators.
    wrapping_.wrapper_head = ts_node_start_byte(node);
    const std::string_view first = ts_node_child_count(node) > 0
                                       ? std::string_view(ts_node_type(ts_node_child(node, 0)))
                                       : std::string_view();
    if (first == "decorator" || first.starts_with("template")) wrapping_.wrapper_head = 0;
  }

  // Children that are or wrap a definition, counted to two; of an only child it is not asked.
  int n_wrapped(TSNode node) const {
    if (ts_node_child_count(node) == 1) return 1;
    int n = 0;
    TSTreeCursor cursor = ts_tree_cursor_new(node);
    if (ts_tree_cursor_goto_first_child(&cursor)) {
      do {
        const TSSymbol type = ts_node_symbol(ts_tree_cursor_current_node(&cursor));
        n += rules_.rule(type) != nullptr || rules_.is_wrapper(type) ? 1 : 0;
      } while (n < 2 && ts_tree_cursor_goto_next_sibling(&cursor));
    }
    ts_tree_cursor_delete(&cursor);
    return n;
  }

  void define(const SyntaxRule& rule, TSNode node, std::size_t begin, Level& level) {
    if ((rule.flags & SyntaxRule::kNeedsBody) != 0 && body_of(node) == ts_node_end_byte(node)) {
      return;
    }
    Site site = {.text = text_,
                 .node = node,
                 .around = level.around,
                 .argument = rule.argument,
                 .kind = rule.kind,
                 .parent = SymbolKind::kNone};
    for (int i = level.definition; i >= 0; i = found_.all[static_cast<std::size_t>(i)].parent) {
      const SymbolKind kind = found_.all[static_cast<std::size_t>(i)].kind;
      if (site.depth++ == 0) site.parent = kind;
      site.in_function |= is_function_like(kind);
    }
    if (site.in_function && (rule.flags & SyntaxRule::kNotInFunction) != 0) return;
    Definition found;
    found.kind = rule.kind;
    if (!rule.find(site, found)) return;
    found.name = tidy_name(found.name);
    if (found.name.empty()) return;
    if ((rule.flags & SyntaxRule::kMethodInType) != 0 && found.kind == SymbolKind::kFunction &&
        is_type_like(site.parent)) {
      found.kind = SymbolKind::kMethod;
    }
    found.names_inside &= (rule.flags & SyntaxRule::kNotInPaths) == 0;
    found.is_listed &= (rule.flags & SyntaxRule::kScope) == 0;
    found.parent = level.definition;
    // In broken code another definition may lie in the wrapper before this one, or in what leads to
    // it.
    const std::size_t last_begin = found_.all.empty() ? 0 : found_.all.back().begin;
    const bool fills_wrapper = level.wrapper != nullptr && level.wrapper_begin >= last_begin;
    found.begin = fills_wrapper ? level.wrapper_begin : begin;
    if (found.begin < last_begin) found.begin = ts_node_start_byte(node);
    found.end = fills_wrapper ? level.wrapper_end : ts_node_end_byte(node);
    found.head =
        fills_wrapper && level.wrapper_head != 0 ? level.wrapper_head : ts_node_start_byte(node);
    const std::size_t body = body_of(node);
    found.body = body == ts_node_end_byte(node) ? found.end : body;
    if ((rule.flags & SyntaxRule::kRuns) != 0 && found.body == found.end) {
      return run(std::move(found), level);
    }
    keep(std::move(found), fills_wrapper ? level.wrapper : node.id, level);
  }

  // It ends the one before it on its level, and what follows lies in it.
  void run(Definition found, Level& level) {
    if (level.runner >= 0) {
      found.parent = at(level.runner).parent;
    }
    level.here = static_cast<int>(found_.all.size());
    level.runner = level.here;
    level.definition = level.here;
    level.last_sibling = -1;
    found_.all.push_back(std::move(found));
  }

  Definition& at(int i) { return found_.all[static_cast<std::size_t>(i)]; }

  void keep(Definition found, const void* node, Level& level) {
    if (rules_.joins_clauses() && level.last_sibling >= 0) {
      Definition& last = found_.all[static_cast<std::size_t>(level.last_sibling)];
      if (last.name == found.name && last.kind == found.kind && is_function_like(found.kind)) {
        last.end = found.end;
        level.here = level.last_sibling;
        return;
      }
    }
    level.here = static_cast<int>(found_.all.size());
    level.last_sibling = level.here;
    found_.by_node[node] = level.here;
    found_.all.push_back(std::move(found));
  }

  const DefinitionRules& rules_;
  const std::string_view text_;
  TSTreeCursor cursor_;
  std::vector<Level> levels_;
  Level wrapping_;
  bool is_wrapping_ = false;
  bool is_opaque_ = false;
  Definitions found_;
};

}  // namespace

DefinitionRules::DefinitionRules(const TSLanguage& language, const LanguageRules* rules)
    : types_(ts_language_symbol_count(&language)) {
  for (std::size_t i = 0; i < types_.size(); ++i) {
    const auto symbol = static_cast<TSSymbol>(i);
    if (ts_language_symbol_type(&language, symbol) != TSSymbolTypeRegular) continue;
    const char* const name = ts_language_symbol_name(&language, symbol);
    if (name == nullptr) continue;
    Type& type = types_[i];
    type.is_leading = std::string_view(name).find("comment") != std::string_view::npos;
    if (rules == nullptr) continue;
    type.is_leading |= has_word(rules->leading, name);
    type.is_opaque = has_word(rules->opaque, name);
    type.is_wrapper = has_word(rules->wrappers, name);
    for (const SyntaxRule& rule : rules->rules) {
      if (type.rule == nullptr && std::strcmp(rule.node, name) == 0) type.rule = &rule;
    }
  }
  joins_clauses_ = rules != nullptr && rules->joins_clauses;
}

std::size_t LeadingNodes::begin_with_leading(TSNode node, bool is_leading) {
  const TSPoint first = ts_node_start_point(node);
  const TSPoint last = ts_node_end_point(node);
  // Some grammars' comments hold the end of their line.
  const std::uint32_t last_row = last.column == 0 && last.row > first.row ? last.row - 1 : last.row;
  std::size_t begin = ts_node_start_byte(node);
  if (is_leading) {
    const bool follows_on_line = !is_first_ && first.row == before_row_;
    if (!is_open_ || first.row > last_row_ + 1) {
      begin_ = begin;
      is_open_ = !follows_on_line;
    }
    last_row_ = last_row;
    reach_ = text_.substr(begin).starts_with("/**") ? 2 : 1;
  } else {
    if (is_open_ && first.row <= last_row_ + reach_) begin = begin_;
    is_open_ = false;
  }
  is_first_ = false;
  before_row_ = last_row;
  return begin;
}

Definitions find_definitions(const DefinitionRules& rules, TSNode root, std::string_view text) {
  return Walk(rules, root, text).run();
}

}  // namespace quern::apps
