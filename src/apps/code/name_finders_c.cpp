// C, C++, Objective-C: down the declarators; C# and Java.

#include <algorithm>
#include <string>

#include "apps/code/name_finders.h"
#include "apps/code/syntax_nodes.h"

namespace quern::apps {

using namespace syntax;

namespace {

struct Declared {
  TSNode name = {};
  bool is_function = false;
};

TSNode next_declarator(TSNode node) {
  const TSNode next = field(node, "declarator");
  if (!ts_node_is_null(next)) return next;
  TSNode found = {};
  for_children(node, [&](TSNode child) {
    const std::string_view type = ts_node_type(child);
    if (!ts_node_is_named(child)) return true;
    if (!type.ends_with("declarator") && !type.ends_with("identifier") &&
        !type.ends_with("_name") && type != "operator_cast") {
      return true;
    }
    found = child;
    return false;
  });
  return found;
}

// Down to what is declared; parts of a qualified name go into `out.qualifier`.
Declared declared_name(const Site& site, Definition& out) {
  Declared declared;
  TSNode node = field(site.node, "declarator");
  std::string qualifier;
  for (int step = 0; step < kMaxSteps && !ts_node_is_null(node); ++step) {
    const std::string_view type = ts_node_type(node);
    if (type == "qualified_identifier") {
      const TSNode scope = bare(field(node, "scope"));
      if (!ts_node_is_null(scope)) {
        if (!qualifier.empty()) qualifier += '.';
        qualifier += site.text_of(scope);
      }
      node = bare(field(node, "name"));
      continue;
    }
    if (type == "template_function" || type == "template_method") {
      node = field(node, "name");
      continue;
    }
    if (type == "operator_cast") declared.is_function = true;
    if (type.ends_with("identifier") || type.ends_with("_name") || type == "operator_cast") {
      declared.name = node;
      break;
    }
    if (type == "function_declarator") declared.is_function = true;
    // A pointer to a function is no function, but a function may return one.
    if (type == "parenthesized_declarator") declared.is_function = false;
    node = next_declarator(node);
  }
  if (!qualifier.empty()) prepend_qualifier(qualifier, out);
  return declared;
}

// "operator bool" of "operator bool() const".
void take_declared(const Site& site, const Declared& declared, Definition& out) {
  take(site, declared.name, out);
  if (is(declared.name, "operator_cast")) {
    out.name = out.name.substr(0, std::min(out.name.find('('), out.name.size()));
  }
}

}  // namespace

namespace {

// "TEST(box, grows) {...}": a macro that defines what its arguments name, "box.grows".
bool take_macro_arguments(const Site& site, Definition& out) {
  const TSNode declarator = field(site.node, "declarator");
  if (!is(declarator, "function_declarator")) return false;
  const TSNode arguments = field(declarator, "parameters");
  if (ts_node_is_null(arguments) || ts_node_named_child_count(arguments) == 0) return false;
  Definition named;
  for_children(arguments, [&](TSNode child) {
    if (!ts_node_is_named(child)) return true;
    if (!named.name.empty()) named.qualifier += (named.qualifier.empty() ? "" : ".") + named.name;
    take(site, child, named);
    return true;
  });
  out.name = named.name;
  out.qualifier = named.qualifier;
  out.name_begin = named.name_begin;
  return true;
}

}  // namespace

bool name_by_declarator(const Site& site, Definition& out) {
  const Declared declared = declared_name(site, out);
  if (ts_node_is_null(declared.name)) return false;
  take_declared(site, declared, out);
  // Only constructors have no type, and macros.
  if (ts_node_is_null(field(site.node, "type")) && is_in_capitals(out.name) &&
      out.qualifier.empty() && !is_type_like(site.parent) && take_macro_arguments(site, out)) {
    return true;
  }
  if (!out.qualifier.empty() && site.kind == SymbolKind::kFunction) out.kind = SymbolKind::kMethod;
  return true;
}

bool name_of_c_declaration(const Site& site, Definition& out) {
  const Declared declared = declared_name(site, out);
  if (ts_node_is_null(declared.name)) return false;
  take_declared(site, declared, out);
  if (declared.is_function) {
    out.kind = is_type_like(site.parent) || !out.qualifier.empty() ? SymbolKind::kMethod
                                                                   : SymbolKind::kFunction;
    return true;
  }
  if (is_type_like(site.parent)) return false;  // A field.
  bool is_constant = false;
  for_children(site.node, [&](TSNode child) {
    const std::string_view text = site.text_of(child);
    is_constant |= text == "const" || text == "constexpr";
    return true;
  });
  out.kind = is_constant ? SymbolKind::kConstant : SymbolKind::kVariable;
  return true;
}

bool name_of_typedef(const Site& site, Definition& out) {
  const Declared declared = declared_name(site, out);
  if (!take(site, declared.name, out)) return false;
  const TSNode type = field(site.node, "type");
  if (ts_node_is_null(type) || ts_node_is_null(field(type, "body"))) return true;
  // "typedef struct node {...} node": the struct's own name says it already.
  const TSNode name = field(type, "name");
  if (!ts_node_is_null(name) && site.text_of(name) == out.name) return false;
  out.kind = is(type, "enum_specifier") ? SymbolKind::kEnum : SymbolKind::kStruct;
  return true;
}

bool name_of_objc_method(const Site& site, Definition& out) {
  const TSNode selector = field(site.node, "selector");
  if (!take(site, selector, out)) return false;
  if (!is(selector, "keyword_selector")) return true;
  out.name.clear();
  for_children(selector, [&](TSNode child) {
    const TSNode keyword = field(child, "keyword");
    if (!ts_node_is_null(keyword)) out.name += std::string(site.text_of(keyword)) + ":";
    return true;
  });
  return !out.name.empty();
}

bool name_of_constant_field(const Site& site, Definition& out) {
  bool is_static = false;
  bool is_final = false;
  bool is_const = false;
  const auto look = [&](std::string_view words) {
    is_static |= words.find("static") != std::string_view::npos;
    is_final |= words.find("final") != std::string_view::npos ||
                words.find("readonly") != std::string_view::npos;
    is_const |= words == "const";
  };
  for_children(site.node, [&](TSNode child) {
    if (is_among(child, "modifiers modifier")) look(site.text_of(child));
    return true;
  });
  if (!is_const && !(is_static && is_final)) return false;
  const TSNode declarator = first_descendant(site.node, "variable_declarator");
  if (ts_node_is_null(declarator)) return false;
  const TSNode name = field(declarator, "name");
  return take(site, ts_node_is_null(name) ? first_child(declarator, "identifier") : name, out);
}

bool name_of_c_sharp_operator(const Site& site, Definition& out) {
  const TSNode name = field(site.node, is(site.node, "operator_declaration") ? "operator" : "type");
  if (!take(site, name, out)) return false;
  out.name.insert(0, is(site.node, "operator_declaration") ? "operator" : "operator ");
  return true;
}

bool name_of_c_sharp_destructor(const Site& site, Definition& out) {
  if (!take(site, field(site.node, "name"), out)) return false;
  out.name.insert(0, "~");
  return true;
}

}  // namespace quern::apps
