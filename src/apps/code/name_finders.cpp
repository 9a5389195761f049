#include "apps/code/name_finders.h"

#include <algorithm>
#include <array>
#include <string>

#include "apps/code/text_measure.h"

namespace quern::apps {
namespace {

constexpr int kMaxSteps = 64;  // Down one chain of nodes.

TSNode field(TSNode node, std::string_view name) {
  return ts_node_child_by_field_name(node, name.data(), static_cast<std::uint32_t>(name.size()));
}

bool is(TSNode node, std::string_view type) {
  return !ts_node_is_null(node) && ts_node_type(node) == type;
}

// Whether `type` is one of the words in `types`.
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

TSNode first_child(TSNode node, std::string_view types) {
  TSNode found = {};
  for_children(node, [&](TSNode child) {
    if (!is_among(child, types)) return true;
    found = child;
    return false;
  });
  return found;
}

TSNode first_descendant(TSNode node, std::string_view types, int depth = 0) {
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

// "a::b.c" as qualifier "a.b" and name "c". Of brackets and quotes the inside is not looked at.
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

// The template's name of "Box<T>", the name itself otherwise.
TSNode bare(TSNode node) {
  if (!is_among(node, "template_type template_function template_method")) return node;
  const TSNode name = field(node, "name");
  return ts_node_is_null(name) ? node : name;
}

// Without "<...>" and "[...]" at its end.
std::string_view without_arguments(std::string_view type) {
  return type.substr(0, std::min(type.find_first_of("<[("), type.size()));
}

}  // namespace

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

namespace {

constexpr const char* kJsFunctions =
    "function function_expression arrow_function generator_function";

// What the value makes of the name; kNone where it is neither function nor class.
SymbolKind kind_of_js_value(TSNode value, int step = 0) {
  if (is_among(value, kJsFunctions)) return SymbolKind::kFunction;
  if (is_among(value, "class class_expression")) return SymbolKind::kClass;
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
  const SymbolKind kind = kind_of_js_value(field(site.node, "right"));
  if (kind == SymbolKind::kNone) return false;
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

bool name_of_ruby_constant(const Site& site, Definition& out) {
  const TSNode left = field(site.node, "left");
  return is_among(left, "constant scope_resolution") && take(site, left, out) &&
         (split_qualified(out), true);
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

bool name_in_capitals(const Site& site, Definition& out) {
  return take(site, field(site.node, "name"), out) && is_in_capitals(out.name);
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

bool name_of_rust_impl(const Site& site, Definition& out) {
  if (!take(site, field(site.node, "type"), out)) return false;
  out.name = without_arguments(out.name);
  split_qualified(out);
  out.qualifier.clear();
  return !out.name.empty();
}

bool name_of_css_group(const Site& site, Definition& out) {
  const std::string_view all = site.text_of(site.node);
  out.name = all.substr(0, std::min(all.find('{'), all.size()));
  out.name_begin = ts_node_start_byte(site.node);
  return true;
}

bool name_of_docker_stage(const Site& site, Definition& out) {
  const TSNode alias = field(site.node, "as");
  return take(site, ts_node_is_null(alias) ? first_child(site.node, "image_spec") : alias, out);
}

namespace {

struct Keyword {
  std::string_view word;
  SymbolKind kind;
};

template <std::size_t N>
SymbolKind kind_of_keyword(std::string_view word, const Keyword (&keywords)[N]) {
  for (const Keyword& keyword : keywords) {
    if (keyword.word == word) return keyword.kind;
  }
  return SymbolKind::kNone;
}

constexpr Keyword kElixirKeywords[] = {
    {"def", SymbolKind::kFunction},        {"defp", SymbolKind::kFunction},
    {"defmodule", SymbolKind::kModule},    {"defmacro", SymbolKind::kMacro},
    {"defmacrop", SymbolKind::kMacro},     {"defprotocol", SymbolKind::kInterface},
    {"defimpl", SymbolKind::kType},        {"defguard", SymbolKind::kMacro},
    {"defguardp", SymbolKind::kMacro},     {"defdelegate", SymbolKind::kFunction},
    {"defexception", SymbolKind::kStruct},
};

constexpr Keyword kLispKeywords[] = {
    {"defun", SymbolKind::kFunction},
    {"cl-defun", SymbolKind::kFunction},
    {"defsubst", SymbolKind::kFunction},
    {"define-minor-mode", SymbolKind::kFunction},
    {"define-derived-mode", SymbolKind::kFunction},
    {"defalias", SymbolKind::kFunction},
    {"ert-deftest", SymbolKind::kFunction},
    {"defgeneric", SymbolKind::kFunction},
    {"cl-defgeneric", SymbolKind::kFunction},
    {"defmethod", SymbolKind::kMethod},
    {"cl-defmethod", SymbolKind::kMethod},
    {"defmacro", SymbolKind::kMacro},
    {"cl-defmacro", SymbolKind::kMacro},
    {"defclass", SymbolKind::kClass},
    {"define-condition", SymbolKind::kClass},
    {"defstruct", SymbolKind::kStruct},
    {"cl-defstruct", SymbolKind::kStruct},
    {"deftype", SymbolKind::kType},
    {"defpackage", SymbolKind::kModule},
    {"defgroup", SymbolKind::kModule},
    {"defvar", SymbolKind::kVariable},
    {"defvar-local", SymbolKind::kVariable},
    {"defparameter", SymbolKind::kVariable},
    {"defcustom", SymbolKind::kVariable},
    {"defface", SymbolKind::kVariable},
    {"defconst", SymbolKind::kConstant},
    {"defconstant", SymbolKind::kConstant},
};

}  // namespace

bool name_of_elixir_call(const Site& site, Definition& out) {
  const TSNode target = field(site.node, "target");
  if (!is(target, "identifier")) return false;
  out.kind = kind_of_keyword(site.text_of(target), kElixirKeywords);
  if (out.kind == SymbolKind::kNone) return false;
  const TSNode arguments = first_child(site.node, "arguments");
  if (ts_node_is_null(arguments)) return false;
  TSNode name = ts_node_named_child(arguments, 0);
  // "name(x) when ..." and "name(x)".
  if (is(name, "binary_operator")) name = field(name, "left");
  if (is(name, "call")) name = field(name, "target");
  if (!is_among(name, "identifier alias") || !take(site, name, out)) return false;
  out.is_listed = out.kind != SymbolKind::kType;
  split_qualified(out);
  return true;
}

bool name_of_haskell_instance(const Site& site, Definition& out) {
  return take(site, first_descendant(site.node, "class_name"), out);
}

bool name_of_hcl_block(const Site& site, Definition& out) {
  // Blocks in blocks are settings, save for the few that a file is made of.
  if (site.depth >= 2) return false;
  for_children(site.node, [&](TSNode child) {
    if (is(child, "block_start")) return false;
    if (!is_among(child, "identifier string_lit")) return true;
    if (!out.name.empty()) out.qualifier += (out.qualifier.empty() ? "" : ".") + out.name;
    take(site, child, out);
    if (out.name.size() > 2 && out.name.front() == '"') {
      out.name = out.name.substr(1, out.name.size() - 2);
      ++out.name_begin;
    }
    return true;
  });
  return !out.name.empty();
}

bool name_of_html_element(const Site& site, Definition& out) {
  const TSNode start = first_child(site.node, "start_tag");
  if (ts_node_is_null(start)) return false;
  for_children(start, [&](TSNode child) {
    if (!is(child, "attribute")) return true;
    const TSNode name = first_child(child, "attribute_name");
    if (ts_node_is_null(name) || site.text_of(name) != "id") return true;
    const TSNode value = first_descendant(child, "attribute_value");
    if (!ts_node_is_null(value)) take(site, value, out);
    return false;
  });
  if (!out.name.empty()) return true;
  const TSNode tag = first_child(start, "tag_name");
  if (ts_node_is_null(tag)) return false;
  if (!is_among(site.text_of(tag), "h1 h2 h3 h4 h5 h6 title")) return false;
  return take(site, first_descendant(site.node, "text"), out);
}

bool name_of_kotlin_companion(const Site& site, Definition& out) {
  if (take(site, first_child(site.node, "type_identifier simple_identifier"), out)) return true;
  out.name = "Companion";
  out.name_begin = ts_node_start_byte(site.node);
  return true;
}

bool name_of_lisp_form(const Site& site, Definition& out) {
  const TSNode header = first_descendant(site.node, "defun_header");
  const TSNode form = is(first_child(site.node, "defun"), "defun") ? header : site.node;
  std::string_view keyword;
  TSNode name = {};
  for_children(form, [&](TSNode child) {
    const std::string_view text = site.text_of(child);
    if (text == "(" || text == ")") return true;
    if (keyword.empty()) {
      keyword = text;
      return true;
    }
    name = child;
    return false;
  });
  out.kind = kind_of_keyword(keyword, kLispKeywords);
  if (out.kind == SymbolKind::kNone || ts_node_is_null(name)) return false;
  // "(defstruct (name options) ...)", "'name".
  if (is_among(name, "list list_lit quote")) {
    name = first_descendant(name, "symbol sym_lit");
  }
  return take(site, name, out);
}

bool name_of_make_rule(const Site& site, Definition& out) {
  return take(site, first_child(site.node, "targets"), out) && out.name[0] != '.';
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

}  // namespace quern::apps
