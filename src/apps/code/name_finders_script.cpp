// JavaScript, Ruby, Lua and R.

#include <algorithm>
#include <string>

#include "apps/code/name_finders.h"
#include "apps/code/syntax_nodes.h"

namespace quern::apps {

using namespace syntax;

namespace {

constexpr const char* kJsFunctions =
    "function function_expression arrow_function generator_function";

// What the value makes of the name; kNone where it is neither function nor class.
SymbolKind kind_of_js_value(TSNode value, int step = 0) {
  if (is_among(value, kJsFunctions)) return SymbolKind::kFunction;
  if (is_among(value, "class class_expression")) return SymbolKind::kClass;
  // a.x = a.y = function: both are names of it.
  if (is(value, "assignment_expression") && step < kMaxSteps) {
    return kind_of_js_value(field(value, "right"), step + 1);
  }
  // React.memo(() => ...), debounce(function ...): the function is what it is about.
  if (is(value, "call_expression") && step < 3) {
    const TSNode arguments = field(value, "arguments");
    if (!ts_node_is_null(arguments)) {
      return kind_of_js_value(ts_node_named_child(arguments, 0), step + 1);
    }
  }
  return SymbolKind::kNone;
}

}  // namespace

bool name_of_js_variable(const Site& site, Definition& out) {
  const TSNode name = field(site.node, "name");
  if (!is(name, "identifier")) return false;  // A pattern.
  take(site, name, out);
  const SymbolKind kind = kind_of_js_value(field(site.node, "value"));
  if (kind != SymbolKind::kNone) {
    out.kind = kind;
    return true;
  }
  if (site.in_function) return false;
  out.kind = !ts_node_is_null(site.around) && site.text_of(site.around).starts_with("const")
                 ? SymbolKind::kConstant
                 : SymbolKind::kVariable;
  return true;
}

bool name_of_js_assignment(const Site& site, Definition& out) {
  const TSNode right = field(site.node, "right");
  const SymbolKind kind = kind_of_js_value(right);
  if (kind == SymbolKind::kNone) return false;
  out.names_inside = !is(right, "assignment_expression");
  TSNode left = field(site.node, "left");
  if (is(left, "identifier")) {
    out.kind = kind;
    return take(site, left, out);
  }
  if (!is(left, "member_expression") || !take(site, field(left, "property"), out)) return false;
  if (out.name == "exports") return false;  // module.exports = function: it has no name.
  out.kind = kind;
  for (int step = 0; step < kMaxSteps; ++step) {
    left = field(left, "object");
    const bool is_member = is(left, "member_expression");
    if (!is_member && !is(left, "identifier")) return true;
    const std::string_view part = site.text_of(is_member ? field(left, "property") : left);
    if (part == "prototype") {
      out.kind = SymbolKind::kMethod;
    } else if (part != "exports" && part != "module") {
      prepend_qualifier(part, out);
    }
    if (!is_member) return true;
  }
  return true;
}

bool name_of_js_member(const Site& site, Definition& out) {
  const SymbolKind kind = kind_of_js_value(field(site.node, "value"));
  if (kind == SymbolKind::kNone) return false;
  for (const char* name : {"key", "property", "name"}) {
    const TSNode key = field(site.node, name);
    if (is_among(key, "property_identifier private_property_identifier string")) {
      take(site, key, out);
      if (is(key, "string") && out.name.size() > 2) {
        out.name = out.name.substr(1, out.name.size() - 2);
        ++out.name_begin;
      }
      out.kind = kind == SymbolKind::kFunction ? SymbolKind::kMethod : kind;
      return true;
    }
  }
  return false;
}

bool name_of_ruby_constant(const Site& site, Definition& out) {
  const TSNode left = field(site.node, "left");
  return is_among(left, "constant scope_resolution") && take(site, left, out) &&
         (split_qualified(out), true);
}

bool name_of_ruby_attribute(const Site& site, Definition& out) {
  if (!is(site.around, "argument_list")) return false;
  const TSNode call = ts_node_parent(site.around);
  const TSNode method = field(call, "method");
  if (!is(method, "identifier") ||
      !is_among(site.text_of(method), "attr_reader attr_writer attr_accessor attr")) {
    return false;
  }
  if (!take(site, site.node, out) || out.name.size() < 2) return false;
  out.name.erase(0, 1);  // ":name"
  ++out.name_begin;
  return true;
}

bool name_of_lua_field(const Site& site, Definition& out) {
  return is(field(site.node, "value"), "function_definition") &&
         take(site, field(site.node, "key"), out);
}

bool name_of_lua_function(const Site& site, Definition& out) {
  if (!take(site, field(site.node, "name"), out)) return false;
  std::replace(out.name.begin(), out.name.end(), ':', '.');
  split_qualified(out);
  return true;
}

bool name_of_lua_variable(const Site& site, Definition& out) {
  const TSNode variables = first_child(site.node, "variable_list");
  const TSNode values = first_child(site.node, "expression_list");
  if (ts_node_is_null(variables)) return false;
  const TSNode variable = ts_node_named_child(variables, 0);
  const bool is_function =
      !ts_node_is_null(values) && is(ts_node_named_child(values, 0), "function_definition");
  if (!take(site, variable, out)) return false;
  if (is_function) {
    out.kind = SymbolKind::kFunction;
    std::replace(out.name.begin(), out.name.end(), ':', '.');
    split_qualified(out);
    return true;
  }
  if (site.in_function || !is_in_capitals(out.name)) return false;
  out.kind = SymbolKind::kConstant;
  return true;
}

bool name_of_r_assignment(const Site& site, Definition& out) {
  const TSNode name = field(site.node, "name");
  if (!is_among(name, "identifier string") || !take(site, name, out)) return false;
  const TSNode value = field(site.node, "value");
  if (is(value, "function_definition")) return true;
  if (site.in_function) return false;
  const bool is_class =
      is(value, "call") && is_among(site.text_of(field(value, "function")), "R6Class setRefClass");
  out.kind = is_class ? SymbolKind::kClass : SymbolKind::kVariable;
  return true;
}

bool name_of_r_call(const Site& site, Definition& out) {
  constexpr Keyword kKeywords[] = {{"setClass", SymbolKind::kClass},
                                   {"setRefClass", SymbolKind::kClass},
                                   {"setGeneric", SymbolKind::kFunction},
                                   {"setMethod", SymbolKind::kMethod}};
  const TSNode function = field(site.node, "function");
  if (ts_node_is_null(function)) return false;
  out.kind = kind_of_keyword(site.text_of(function), kKeywords);
  if (out.kind == SymbolKind::kNone) return false;
  const TSNode arguments = field(site.node, "arguments");
  if (ts_node_is_null(arguments)) return false;
  const TSNode name = ts_node_named_child(arguments, 0);
  return is(name, "string") && take(site, name, out);
}

}  // namespace quern::apps
