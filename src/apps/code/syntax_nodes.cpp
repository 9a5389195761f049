#include "apps/code/syntax_nodes.h"

#include <algorithm>
#include <string>

namespace quern::apps::syntax {

TSNode field(TSNode node, std::string_view name) {
  return ts_node_child_by_field_name(node, name.data(), static_cast<std::uint32_t>(name.size()));
}

bool is(TSNode node, std::string_view type) {
  return !ts_node_is_null(node) && ts_node_type(node) == type;
}

bool is_among(std::string_view type, std::string_view types) {
  while (!types.empty()) {
    const std::size_t space = std::min(types.find(' '), types.size());
    if (types.substr(0, space) == type) return true;
    types.remove_prefix(std::min(space + 1, types.size()));
  }
  return false;
}

bool is_among(TSNode node, std::string_view types) {
  return !ts_node_is_null(node) && is_among(std::string_view(ts_node_type(node)), types);
}

TSNode first_child(TSNode node, std::string_view types) {
  TSNode found = {};
  for_children(node, [&](TSNode child) {
    if (!is_among(child, types)) return true;
    found = child;
    return false;
  });
  return found;
}

TSNode first_descendant(TSNode node, std::string_view types, int depth) {
  TSNode found = {};
  if (depth > kMaxSteps) return found;
  for_children(node, [&](TSNode child) {
    found = is_among(child, types) ? child : first_descendant(child, types, depth + 1);
    return ts_node_is_null(found);
  });
  return found;
}

bool take(const Site& site, TSNode node, Definition& out) {
  if (ts_node_is_null(node)) return false;
  out.name = site.text_of(node);
  out.name_begin = ts_node_start_byte(node);
  return !out.name.empty();
}

void prepend_qualifier(std::string_view part, Definition& out) {
  out.qualifier =
      out.qualifier.empty() ? std::string(part) : std::string(part) + "." + out.qualifier;
}

void split_qualified(Definition& out) {
  std::string_view name = out.name;
  std::size_t begin = 0;
  std::string qualifier;
  for (std::size_t i = 0; i < name.size();) {
    const std::size_t n = name[i] == '.' || name[i] == '\\' ? 1 : name.substr(i, 2) == "::" ? 2 : 0;
    if (n == 0) {
      if (name[i] == '(' || name[i] == '"' || name[i] == '<') break;
      ++i;
      continue;
    }
    if (i > begin) {
      if (!qualifier.empty()) qualifier += '.';
      qualifier += name.substr(begin, i - begin);
    }
    i += n;
    begin = i;
  }
  if (begin == 0 || begin >= name.size()) return;
  out.name_begin += begin;
  out.qualifier = qualifier;
  out.name = std::string(name.substr(begin));
}

bool is_in_capitals(std::string_view name) {
  bool has_letter = false;
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') return false;
    has_letter |= c >= 'A' && c <= 'Z';
  }
  return has_letter;
}

TSNode bare(TSNode node) {
  if (!is_among(node, "template_type template_function template_method")) return node;
  const TSNode name = field(node, "name");
  return ts_node_is_null(name) ? node : name;
}

std::string_view without_arguments(std::string_view type) {
  return type.substr(0, std::min(type.find_first_of("<[("), type.size()));
}

}  // namespace quern::apps::syntax
