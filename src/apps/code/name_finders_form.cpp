// Languages of forms and blocks, where a word says what is defined: Elixir, Lisp; and those that
// describe: CSS, Docker, HCL, HTML, Make.

#include <algorithm>
#include <string>

#include "apps/code/name_finders.h"
#include "apps/code/syntax_nodes.h"

namespace quern::apps {

using namespace syntax;

namespace {

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

bool name_of_make_rule(const Site& site, Definition& out) {
  return take(site, first_child(site.node, "targets"), out) && out.name[0] != '.';
}

}  // namespace quern::apps
