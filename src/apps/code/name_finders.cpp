#include "apps/code/name_finders.h"

#include <algorithm>
#include <string>

#include "apps/code/syntax_nodes.h"
#include "apps/code/text_measure.h"

namespace quern::apps {

using namespace syntax;

bool name_by_field(const Site& site, Definition& out) {
  const TSNode name = field(site.node, site.argument.empty() ? "name" : site.argument);
  if (ts_node_is_null(name) || !take(site, bare(name), out)) return false;
  split_qualified(out);
  return true;
}

bool name_by_child(const Site& site, Definition& out) {
  if (!take(site, first_child(site.node, site.argument), out)) return false;
  split_qualified(out);
  return true;
}

bool name_by_descendant(const Site& site, Definition& out) {
  return take(site, first_descendant(site.node, site.argument), out);
}

bool name_by_first_line(const Site& site, Definition& out) {
  const std::string_view all = site.text_of(site.node);
  std::string_view line = all.substr(0, std::min(all.find('\n'), all.size()));
  const std::string_view drop = site.argument;
  const auto is_dropped = [&](char c) {
    return is_blank(c) || drop.find(c) != std::string_view::npos;
  };
  while (!line.empty() && is_dropped(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_dropped(line.back())) line.remove_suffix(1);
  if (line.empty()) return false;
  out.name = line;
  out.name_begin = static_cast<std::size_t>(line.data() - site.text.data());
  return true;
}

bool fixed_name(const Site& site, Definition& out) {
  out.name = site.argument;
  out.name_begin = ts_node_start_byte(site.node);
  return true;
}

bool name_of_key(const Site& site, Definition& out) {
  constexpr int kDepth = 3;
  if (site.depth >= kDepth) return false;
  const TSNode key = field(site.node, "key");
  return take(site, ts_node_is_null(key) ? first_child(site.node, site.argument) : key, out);
}

bool name_of_assignment(const Site& site, Definition& out) {
  const TSNode left = field(site.node, site.argument);
  if (!is_among(left, "identifier constant variable_name simple_identifier")) return false;
  take(site, left, out);
  const TSNode right = field(site.node, "right");
  if (is_among(right, "lambda arrow_function anonymous_function_creation_expression")) {
    out.kind = SymbolKind::kFunction;
  } else if (site.in_function) {
    return false;
  } else if (is_type_like(site.parent) && !is_in_capitals(out.name)) {
    return false;  // A field.
  } else {
    out.kind = is_in_capitals(out.name) || is(left, "constant") ? SymbolKind::kConstant
                                                                : SymbolKind::kVariable;
  }
  if (out.name[0] == '$') {
    out.name.erase(0, 1);
    ++out.name_begin;
  }
  return !out.name.empty();
}

bool name_of_type_by_keyword(const Site& site, Definition& out) {
  if (!take(site, field(site.node, "name"), out) &&
      !take(site, first_child(site.node, "type_identifier simple_identifier"), out)) {
    return false;
  }
  out.kind = site.kind;
  for_children(site.node, [&](TSNode child) {
    const std::string_view word = ts_node_type(child);
    if (word == "interface" || word == "protocol") out.kind = SymbolKind::kInterface;
    if (word == "enum" || word == "enum_class_body") out.kind = SymbolKind::kEnum;
    if (word == "struct") out.kind = SymbolKind::kStruct;
    return word.find("body") == std::string_view::npos || word == "enum_class_body";
  });
  split_qualified(out);
  return true;
}

bool name_in_capitals(const Site& site, Definition& out) {
  return take(site, field(site.node, "name"), out) && is_in_capitals(out.name);
}

}  // namespace quern::apps
