// Go, Kotlin, Rust, Swift, Zig, OCaml and Haskell.

#include <algorithm>
#include <string>

#include "apps/code/name_finders.h"
#include "apps/code/syntax_nodes.h"

namespace quern::apps {

using namespace syntax;

bool name_of_go_method(const Site& site, Definition& out) {
  if (!take(site, field(site.node, "name"), out)) return false;
  const TSNode receiver = field(site.node, "receiver");
  if (ts_node_is_null(receiver)) return true;
  const TSNode type = first_descendant(receiver, "type_identifier");
  if (!ts_node_is_null(type)) out.qualifier = site.text_of(type);
  return true;
}

bool name_of_go_type(const Site& site, Definition& out) {
  if (!take(site, field(site.node, "name"), out)) return false;
  const TSNode type = field(site.node, "type");
  out.kind = is(type, "struct_type")      ? SymbolKind::kStruct
             : is(type, "interface_type") ? SymbolKind::kInterface
                                          : SymbolKind::kType;
  return true;
}

bool name_of_kotlin_property(const Site& site, Definition& out) {
  const TSNode variable = first_child(site.node, "variable_declaration");
  if (ts_node_is_null(variable)) return false;
  if (!take(site, first_child(variable, "simple_identifier"), out)) return false;
  const TSNode modifiers = first_child(site.node, "modifiers");
  const bool is_const = !ts_node_is_null(modifiers) &&
                        site.text_of(modifiers).find("const") != std::string_view::npos;
  out.kind = is_const || is_in_capitals(out.name) ? SymbolKind::kConstant
             : is_type_like(site.parent)          ? SymbolKind::kField
                                                  : SymbolKind::kVariable;
  return true;
}

bool name_of_kotlin_companion(const Site& site, Definition& out) {
  if (take(site, first_child(site.node, "type_identifier simple_identifier"), out)) return true;
  out.name = "Companion";
  out.name_begin = ts_node_start_byte(site.node);
  return true;
}

bool name_of_rust_impl(const Site& site, Definition& out) {
  if (!take(site, field(site.node, "type"), out)) return false;
  out.name = without_arguments(out.name);
  split_qualified(out);
  out.qualifier.clear();
  return !out.name.empty();
}

bool name_of_swift_type(const Site& site, Definition& out) {
  if (!name_of_type_by_keyword(site, out)) return false;
  if (ts_node_is_null(first_child(site.node, "extension"))) return true;
  // It names a type that is defined elsewhere.
  out.name = without_arguments(out.name);
  out.kind = SymbolKind::kType;
  out.is_listed = false;
  return true;
}

bool name_of_swift_property(const Site& site, Definition& out) {
  if (!take(site, field(site.node, "name"), out)) return false;
  out.kind = is_in_capitals(out.name)    ? SymbolKind::kConstant
             : is_type_like(site.parent) ? SymbolKind::kField
                                         : SymbolKind::kVariable;
  return true;
}

bool name_of_zig_variable(const Site& site, Definition& out) {
  if (!take(site, first_child(site.node, "identifier"), out)) return false;
  if (!ts_node_is_null(first_child(site.node,
                                   "struct_declaration union_declaration "
                                   "opaque_declaration"))) {
    out.kind = SymbolKind::kStruct;
  } else if (!ts_node_is_null(first_child(site.node, "enum_declaration error_set_declaration"))) {
    out.kind = SymbolKind::kEnum;
  } else if (site.in_function || !ts_node_is_null(first_child(site.node, "builtin_function"))) {
    return false;  // Local, or an import.
  } else {
    out.kind = ts_node_is_null(first_child(site.node, "const")) ? SymbolKind::kVariable
                                                                : SymbolKind::kConstant;
  }
  return true;
}

bool name_of_ocaml_binding(const Site& site, Definition& out) {
  const TSNode pattern = field(site.node, "pattern");
  if (!is_among(pattern, "value_name parenthesized_operator")) return false;
  take(site, pattern, out);
  const bool is_function = !ts_node_is_null(first_child(site.node, "parameter")) ||
                           is_among(field(site.node, "body"), "fun_expression function_expression");
  if (is_function) return true;
  out.kind = SymbolKind::kVariable;
  return !site.in_function;
}

bool name_of_haskell_instance(const Site& site, Definition& out) {
  return take(site, first_descendant(site.node, "class_name"), out);
}

}  // namespace quern::apps
