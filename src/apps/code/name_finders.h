// Ways to the name of a definition in a syntax tree. Each is a NameFinder of syntax_rules.h; what
// is peculiar to one language has its name.

#pragma once

#include "apps/code/syntax_rules.h"

namespace quern::apps {

/// The text of the field `argument`, "name" where there is none: its last part where it is
/// qualified by '.', '::' or '\', the rest being the qualifier.
bool name_by_field(const Site& site, Definition& out);

/// The first child of one of the types in `argument`, by spaces.
bool name_by_child(const Site& site, Definition& out);

/// The first node of one of the types in `argument`, at any depth.
bool name_by_descendant(const Site& site, Definition& out);

/// The first line, without the characters of `argument` and blanks at both ends.
bool name_by_first_line(const Site& site, Definition& out);

/// `argument` itself.
bool fixed_name(const Site& site, Definition& out);

/// A key of a format of data: the field "key" or a child of one of the types in `argument`. Only of
/// the outermost levels, where keys say what a file is about.
bool name_of_key(const Site& site, Definition& out);

// C, C++ and Objective-C: down the declarators.
bool name_by_declarator(const Site& site, Definition& out);
bool name_of_typedef(const Site& site, Definition& out);
bool name_of_c_declaration(const Site& site, Definition& out);  // Prototypes and variables.

/// `x = ...` where x is one name; a constant where that is in capitals. `argument`: fields, left
/// and right, by a space.
bool name_of_assignment(const Site& site, Definition& out);

bool name_of_go_method(const Site& site, Definition& out);
bool name_of_go_type(const Site& site, Definition& out);
bool name_of_js_variable(const Site& site, Definition& out);      // A function, or of the top.
bool name_of_js_assignment(const Site& site, Definition& out);    // `a.b = function`.
bool name_of_js_member(const Site& site, Definition& out);        // `key: function`, `key = () =>`.
bool name_of_type_by_keyword(const Site& site, Definition& out);  // "interface X", "enum X", ...
bool name_of_constant_field(const Site& site, Definition& out);   // Java and C#.
bool name_of_c_sharp_operator(const Site& site, Definition& out);
bool name_of_c_sharp_destructor(const Site& site, Definition& out);
bool name_of_ruby_constant(const Site& site, Definition& out);
bool name_of_ruby_attribute(const Site& site, Definition& out);  // attr_reader :name, ...
bool name_of_kotlin_property(const Site& site, Definition& out);
bool name_in_capitals(const Site& site, Definition& out);  // A field "name"; others are no symbols.
bool name_of_lua_field(const Site& site, Definition& out);  // `key = function` in a table.
bool name_of_lua_function(const Site& site, Definition& out);
bool name_of_lua_variable(const Site& site, Definition& out);
bool name_of_rust_impl(const Site& site, Definition& out);

bool name_of_css_group(const Site& site, Definition& out);  // "@media (...)"
bool name_of_docker_stage(const Site& site, Definition& out);
bool name_of_elixir_call(const Site& site, Definition& out);  // def, defmodule, ...
bool name_of_haskell_instance(const Site& site, Definition& out);
bool name_of_hcl_block(const Site& site, Definition& out);  // "resource.aws_instance.web"
bool name_of_html_element(const Site& site, Definition& out);
bool name_of_kotlin_companion(const Site& site, Definition& out);
bool name_of_lisp_form(const Site& site, Definition& out);  // (defun name ...), (defclass name ...)
bool name_of_make_rule(const Site& site, Definition& out);
bool name_of_objc_method(const Site& site, Definition& out);  // "boxWithItems:count:"
bool name_of_ocaml_binding(const Site& site, Definition& out);
bool name_of_r_assignment(const Site& site, Definition& out);
bool name_of_r_call(const Site& site, Definition& out);  // setClass("name", ...)
bool name_of_swift_type(const Site& site, Definition& out);
bool name_of_swift_property(const Site& site, Definition& out);
bool name_of_zig_variable(const Site& site, Definition& out);

}  // namespace quern::apps
