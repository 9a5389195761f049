#include "apps/code/syntax_rules.h"

#include <algorithm>
#include <iterator>

#include "apps/code/name_finders.h"

namespace quern::apps {
namespace {

using enum SymbolKind;

constexpr unsigned kMethodInType = SyntaxRule::kMethodInType;
constexpr unsigned kNotInFunction = SyntaxRule::kNotInFunction;
constexpr unsigned kScope = SyntaxRule::kScope;
constexpr unsigned kNeedsBody = SyntaxRule::kNeedsBody;
constexpr unsigned kRuns = SyntaxRule::kRuns;
constexpr unsigned kNotInPaths = SyntaxRule::kNotInPaths;

constexpr SyntaxRule kPython[] = {
    {"function_definition", kFunction, name_by_field, "", kMethodInType},
    {"class_definition", kClass, name_by_field},
    {"assignment", kVariable, name_of_assignment, "left"},
};

constexpr SyntaxRule kC[] = {
    {"function_definition", kFunction, name_by_declarator, "", kMethodInType},
    {"declaration", kVariable, name_of_c_declaration, "", kNotInFunction | kNotInPaths},
    {"struct_specifier", kStruct, name_by_field, "", kNeedsBody},
    {"union_specifier", kStruct, name_by_field, "", kNeedsBody},
    {"enum_specifier", kEnum, name_by_field, "", kNeedsBody},
    {"type_definition", kType, name_of_typedef, "", kNotInPaths},
    {"preproc_def", kMacro, name_by_field, "", kNotInFunction},
    {"preproc_function_def", kMacro, name_by_field, "", kNotInFunction},
};

constexpr SyntaxRule kCpp[] = {
    {"function_definition", kFunction, name_by_declarator, "", kMethodInType},
    {"declaration", kVariable, name_of_c_declaration, "", kNotInFunction | kNotInPaths},
    {"field_declaration", kField, name_of_c_declaration, "", kNotInPaths},
    {"struct_specifier", kStruct, name_by_field, "", kNeedsBody},
    {"class_specifier", kClass, name_by_field, "", kNeedsBody},
    {"union_specifier", kStruct, name_by_field, "", kNeedsBody},
    {"enum_specifier", kEnum, name_by_field, "", kNeedsBody},
    {"namespace_definition", kModule, name_by_field},
    {"type_definition", kType, name_of_typedef, "", kNotInPaths},
    {"alias_declaration", kType, name_by_field},
    {"concept_definition", kTrait, name_by_field},
    {"preproc_def", kMacro, name_by_field, "", kNotInFunction},
    {"preproc_function_def", kMacro, name_by_field, "", kNotInFunction},
};

constexpr SyntaxRule kJavascript[] = {
    {"function_declaration", kFunction, name_by_field},
    {"generator_function_declaration", kFunction, name_by_field},
    {"class_declaration", kClass, name_by_field},
    {"method_definition", kMethod, name_by_field},
    {"field_definition", kMethod, name_of_js_member},
    {"pair", kMethod, name_of_js_member},
    {"variable_declarator", kVariable, name_of_js_variable},
    {"assignment_expression", kFunction, name_of_js_assignment},
};

constexpr SyntaxRule kTypescript[] = {
    {"function_declaration", kFunction, name_by_field},
    {"generator_function_declaration", kFunction, name_by_field},
    {"function_signature", kFunction, name_by_field},
    {"class_declaration", kClass, name_by_field},
    {"abstract_class_declaration", kClass, name_by_field},
    {"interface_declaration", kInterface, name_by_field},
    {"type_alias_declaration", kType, name_by_field},
    {"enum_declaration", kEnum, name_by_field},
    {"internal_module", kModule, name_by_field},
    {"module", kModule, name_by_field},
    {"method_definition", kMethod, name_by_field},
    {"method_signature", kMethod, name_by_field},
    {"abstract_method_signature", kMethod, name_by_field},
    {"public_field_definition", kMethod, name_of_js_member},
    {"pair", kMethod, name_of_js_member},
    {"variable_declarator", kVariable, name_of_js_variable},
    {"assignment_expression", kFunction, name_of_js_assignment},
};

constexpr SyntaxRule kGo[] = {
    {"function_declaration", kFunction, name_by_field},
    {"method_declaration", kMethod, name_of_go_method},
    {"method_spec", kMethod, name_by_field},
    {"type_spec", kType, name_of_go_type},
    {"type_alias", kType, name_by_field},
    {"const_spec", kConstant, name_by_field, "", kNotInFunction},
    {"var_spec", kVariable, name_by_field, "", kNotInFunction},
};

constexpr SyntaxRule kRust[] = {
    {"function_item", kFunction, name_by_field, "", kMethodInType},
    {"function_signature_item", kFunction, name_by_field, "", kMethodInType},
    {"struct_item", kStruct, name_by_field},
    {"union_item", kStruct, name_by_field},
    {"enum_item", kEnum, name_by_field},
    {"trait_item", kTrait, name_by_field},
    {"type_item", kType, name_by_field},
    {"impl_item", kType, name_of_rust_impl, "", kScope},
    {"mod_item", kModule, name_by_field, "", kNeedsBody},
    {"macro_definition", kMacro, name_by_field},
    {"const_item", kConstant, name_by_field, "", kNotInFunction},
    {"static_item", kVariable, name_by_field, "", kNotInFunction},
};

constexpr SyntaxRule kJava[] = {
    {"class_declaration", kClass, name_by_field},
    {"record_declaration", kClass, name_by_field},
    {"interface_declaration", kInterface, name_by_field},
    {"annotation_type_declaration", kInterface, name_by_field},
    {"annotation_type_element_declaration", kMethod, name_by_field},
    {"enum_declaration", kEnum, name_by_field},
    {"method_declaration", kMethod, name_by_field},
    {"constructor_declaration", kMethod, name_by_field},
    {"compact_constructor_declaration", kMethod, name_by_field},
    {"field_declaration", kConstant, name_of_constant_field},
    {"constant_declaration", kConstant, name_by_descendant, "identifier"},
};

constexpr SyntaxRule kCSharp[] = {
    {"namespace_declaration", kModule, name_by_field},
    {"file_scoped_namespace_declaration", kModule, name_by_field},
    {"class_declaration", kClass, name_by_field},
    {"record_declaration", kClass, name_by_field},
    {"record_struct_declaration", kStruct, name_by_field},
    {"interface_declaration", kInterface, name_by_field},
    {"struct_declaration", kStruct, name_by_field},
    {"enum_declaration", kEnum, name_by_field},
    {"delegate_declaration", kType, name_by_field},
    {"method_declaration", kMethod, name_by_field},
    {"local_function_statement", kFunction, name_by_field},
    {"constructor_declaration", kMethod, name_by_field},
    {"destructor_declaration", kMethod, name_of_c_sharp_destructor},
    {"operator_declaration", kMethod, name_of_c_sharp_operator},
    {"conversion_operator_declaration", kMethod, name_of_c_sharp_operator},
    {"indexer_declaration", kMethod, fixed_name, "this[]"},
    {"property_declaration", kField, name_by_field},
    {"field_declaration", kConstant, name_of_constant_field},
};

constexpr SyntaxRule kRuby[] = {
    {"module", kModule, name_by_field},
    {"class", kClass, name_by_field},
    {"method", kFunction, name_by_field, "", kMethodInType},
    {"singleton_method", kMethod, name_by_field},
    {"assignment", kConstant, name_of_ruby_constant},
    {"simple_symbol", kField, name_of_ruby_attribute, "", kNotInFunction},
};

constexpr SyntaxRule kPhp[] = {
    {"namespace_definition", kModule, name_by_field, "", kRuns},
    {"class_declaration", kClass, name_by_field},
    {"interface_declaration", kInterface, name_by_field},
    {"trait_declaration", kTrait, name_by_field},
    {"enum_declaration", kEnum, name_by_field},
    {"method_declaration", kMethod, name_by_field},
    {"function_definition", kFunction, name_by_field},
    {"const_element", kConstant, name_by_child, "name"},
    {"assignment_expression", kVariable, name_of_assignment, "left"},
};

constexpr SyntaxRule kKotlin[] = {
    {"class_declaration", kClass, name_of_type_by_keyword},
    {"object_declaration", kClass, name_by_field},
    {"companion_object", kClass, name_of_kotlin_companion, "", kScope},
    {"function_declaration", kFunction, name_by_field, "", kMethodInType},
    {"secondary_constructor", kMethod, fixed_name, "constructor"},
    {"property_declaration", kVariable, name_of_kotlin_property, "", kNotInFunction},
    {"type_alias", kType, name_by_field},
};

constexpr SyntaxRule kScala[] = {
    {"class_definition", kClass, name_by_field},
    {"object_definition", kClass, name_by_field},
    {"trait_definition", kTrait, name_by_field},
    {"enum_definition", kEnum, name_by_field},
    {"function_definition", kFunction, name_by_field, "", kMethodInType},
    {"function_declaration", kFunction, name_by_field, "", kMethodInType},
    {"type_definition", kType, name_by_field, "", kNotInFunction},
    {"val_definition", kVariable, name_by_field, "pattern", kNotInFunction},
};

constexpr SyntaxRule kBash[] = {
    {"function_definition", kFunction, name_by_field},
    {"variable_assignment", kConstant, name_in_capitals, "", kNotInFunction},
};

constexpr SyntaxRule kLua[] = {
    {"function_definition_statement", kFunction, name_of_lua_function},
    {"local_function_definition_statement", kFunction, name_by_field},
    {"variable_assignment", kFunction, name_of_lua_variable},
    {"local_variable_declaration", kFunction, name_of_lua_variable},
    {"field", kMethod, name_of_lua_field},
};

constexpr SyntaxRule kCommonlisp[] = {
    {"list_lit", kFunction, name_of_lisp_form},
};

constexpr SyntaxRule kElisp[] = {
    {"function_definition", kFunction, name_by_field},
    {"macro_definition", kMacro, name_by_field},
    {"special_form", kVariable, name_of_lisp_form},
    {"list", kFunction, name_of_lisp_form},
};

constexpr SyntaxRule kCss[] = {
    {"rule_set", kSection, name_by_descendant, "selectors"},
    {"media_statement", kSection, name_of_css_group},
    {"supports_statement", kSection, name_of_css_group},
    {"keyframes_statement", kSection, name_by_descendant, "keyframes_name"},
};

constexpr SyntaxRule kDockerfile[] = {
    {"from_instruction", kSection, name_of_docker_stage, "", kRuns},
};

constexpr SyntaxRule kDot[] = {
    {"source_file", kSection, name_by_field, "id"},
    {"subgraph", kSection, name_by_child, "id"},
};

constexpr SyntaxRule kElixir[] = {
    {"call", kFunction, name_of_elixir_call},
};

constexpr SyntaxRule kElm[] = {
    {"value_declaration", kFunction, name_by_descendant, "lower_case_identifier", kNotInFunction},
    {"type_alias_declaration", kType, name_by_field},
    {"type_declaration", kType, name_by_field},
    {"port_annotation", kFunction, name_by_field},
};

constexpr SyntaxRule kErlang[] = {
    {"fun_decl", kFunction, name_by_descendant, "atom"},
    {"pp_define", kMacro, name_by_descendant, "var atom"},
    {"record_decl", kStruct, name_by_field},
    {"type_alias", kType, name_by_descendant, "atom"},
    {"opaque", kType, name_by_descendant, "atom"},
};

constexpr SyntaxRule kFortran[] = {
    {"module", kModule, name_by_descendant, "name"},
    {"submodule", kModule, name_by_descendant, "name"},
    {"program", kModule, name_by_descendant, "name"},
    {"function", kFunction, name_by_descendant, "name"},
    {"subroutine", kFunction, name_by_descendant, "name"},
    {"module_procedure", kFunction, name_by_descendant, "name"},
    {"derived_type_definition", kStruct, name_by_descendant, "type_name"},
};

constexpr SyntaxRule kGomod[] = {
    {"module_directive", kModule, name_by_descendant, "module_path"},
    {"require_spec", kSection, name_by_descendant, "module_path"},
};

constexpr SyntaxRule kHack[] = {
    {"namespace_declaration", kModule, name_by_field, "", kRuns},
    {"class_declaration", kClass, name_by_field},
    {"interface_declaration", kInterface, name_by_field},
    {"trait_declaration", kTrait, name_by_field},
    {"enum_declaration", kEnum, name_by_field},
    {"alias_declaration", kType, name_by_child, "identifier"},
    {"function_declaration", kFunction, name_by_field},
    {"method_declaration", kMethod, name_by_field},
    {"const_declarator", kConstant, name_by_field},
};

constexpr SyntaxRule kHaskell[] = {
    {"signature", kFunction, name_by_field, "", kMethodInType | kNotInFunction},
    {"function", kFunction, name_by_field, "", kMethodInType | kNotInFunction},
    {"type_alias", kType, name_by_field},
    {"adt", kType, name_by_field},
    {"newtype", kType, name_by_field},
    {"class", kInterface, name_of_haskell_instance},
    {"instance", kType, name_of_haskell_instance, "", kScope},
};

constexpr SyntaxRule kHcl[] = {
    {"block", kSection, name_of_hcl_block},
};

constexpr SyntaxRule kHtml[] = {
    {"element", kSection, name_of_html_element},
};

constexpr SyntaxRule kJson[] = {
    {"pair", kSection, name_of_key},
};

constexpr SyntaxRule kJulia[] = {
    {"module_definition", kModule, name_by_field},
    {"function_definition", kFunction, name_by_field},
    {"short_function_definition", kFunction, name_by_field},
    {"macro_definition", kMacro, name_by_field},
    {"struct_definition", kStruct, name_by_field},
    {"abstract_definition", kType, name_by_field},
    {"const_statement", kConstant, name_by_descendant, "identifier", kNotInFunction},
};

constexpr SyntaxRule kMake[] = {
    {"rule", kFunction, name_of_make_rule},
    {"variable_assignment", kVariable, name_by_field},
    {"define_directive", kMacro, name_by_field},
};

constexpr SyntaxRule kObjc[] = {
    {"class_interface", kClass, name_by_field},
    {"category_interface", kClass, name_by_field},
    {"class_implementation", kClass, name_by_field},
    {"category_implementation", kClass, name_by_field},
    {"protocol_declaration", kInterface, name_by_field},
    {"method_declaration", kMethod, name_of_objc_method},
    {"method_definition", kMethod, name_of_objc_method},
    {"function_definition", kFunction, name_by_declarator},
    {"declaration", kVariable, name_of_c_declaration, "", kNotInFunction | kNotInPaths},
    {"struct_specifier", kStruct, name_by_field, "", kNeedsBody},
    {"union_specifier", kStruct, name_by_field, "", kNeedsBody},
    {"enum_specifier", kEnum, name_by_field, "", kNeedsBody},
    {"type_definition", kType, name_of_typedef, "", kNotInPaths},
    {"preproc_def", kMacro, name_by_field, "", kNotInFunction},
    {"preproc_function_def", kMacro, name_by_field, "", kNotInFunction},
};

constexpr SyntaxRule kOcaml[] = {
    {"let_binding", kFunction, name_of_ocaml_binding},
    {"external", kFunction, name_by_child, "value_name"},
    {"value_specification", kFunction, name_by_child, "value_name"},
    {"type_binding", kType, name_by_field},
    {"exception_definition", kType, name_by_descendant, "constructor_name"},
    {"module_binding", kModule, name_by_field},
    {"module_type_definition", kInterface, name_by_field},
    {"class_binding", kClass, name_by_field},
    {"method_definition", kMethod, name_by_field},
};

constexpr SyntaxRule kPerl[] = {
    {"package_statement", kModule, name_by_child, "package_name", kRuns},
    {"function_definition", kFunction, name_by_field},
};

constexpr SyntaxRule kQl[] = {
    {"dataclass", kClass, name_by_field},        {"charpred", kMethod, name_by_child, "className"},
    {"memberPredicate", kMethod, name_by_field}, {"classlessPredicate", kFunction, name_by_field},
    {"module", kModule, name_by_field},
};

constexpr SyntaxRule kR[] = {
    {"left_assignment", kFunction, name_of_r_assignment},
    {"equals_assignment", kFunction, name_of_r_assignment},
    {"super_assignment", kFunction, name_of_r_assignment},
    {"call", kFunction, name_of_r_call},
};

constexpr SyntaxRule kRegex[] = {
    {"named_capturing_group", kSection, name_by_child, "group_name"},
};

constexpr SyntaxRule kSql[] = {
    {"create_table_statement", kStruct, name_by_child, "identifier dotted_name"},
    {"create_type_statement", kType, name_by_child, "identifier dotted_name"},
    {"create_domain_statement", kType, name_by_child, "identifier dotted_name"},
    {"create_index_statement", kConstant, name_by_field},
    {"create_view_statement", kType, name_by_child, "identifier dotted_name"},
    {"create_materialized_view_statement", kType, name_by_child, "identifier dotted_name"},
    {"create_function_statement", kFunction, name_by_child, "identifier dotted_name"},
    {"create_procedure_statement", kFunction, name_by_child, "identifier dotted_name"},
    {"create_trigger_statement", kFunction, name_by_child, "identifier dotted_name"},
    {"create_schema_statement", kModule, name_by_child, "identifier dotted_name"},
};

constexpr SyntaxRule kSqlite[] = {
    {"create_table_stmt", kStruct, name_by_child, "identifier"},
    {"create_virtual_table_stmt", kStruct, name_by_child, "identifier"},
    {"create_index_stmt", kConstant, name_by_child, "identifier"},
    {"create_view_stmt", kType, name_by_child, "identifier"},
    {"create_trigger_stmt", kFunction, name_by_child, "identifier"},
};

constexpr SyntaxRule kSwift[] = {
    {"class_declaration", kClass, name_of_swift_type},
    {"protocol_declaration", kInterface, name_by_field},
    {"function_declaration", kFunction, name_by_field, "", kMethodInType},
    {"protocol_function_declaration", kMethod, name_by_field},
    {"init_declaration", kMethod, fixed_name, "init"},
    {"deinit_declaration", kMethod, fixed_name, "deinit"},
    {"subscript_declaration", kMethod, fixed_name, "subscript"},
    {"typealias_declaration", kType, name_by_field},
    {"property_declaration", kVariable, name_of_swift_property, "", kNotInFunction},
};

constexpr SyntaxRule kToml[] = {
    {"table", kSection, name_by_child, "bare_key dotted_key quoted_key"},
    {"table_array_element", kSection, name_by_child, "bare_key dotted_key quoted_key"},
    {"pair", kSection, name_of_key, "bare_key dotted_key quoted_key"},
};

constexpr SyntaxRule kYaml[] = {
    {"block_mapping_pair", kSection, name_of_key},
};

constexpr SyntaxRule kZig[] = {
    {"variable_declaration", kConstant, name_of_zig_variable},
    {"function_declaration", kFunction, name_by_field, "", kMethodInType},
};

// Where no function has others in it that are looked for by name, its body is not looked into. A
// body in C may be more than it seems, where macros confuse the grammar.
constexpr std::string_view kCExpressions =
    "expression_statement return_statement parameter_list argument_list call_expression "
    "initializer_list template_argument_list binary_expression field_expression preproc_include";
constexpr std::string_view kJsExpressions =
    "string template_string binary_expression formal_parameters import_statement jsx_element "
    "jsx_self_closing_element type_annotation subscript_expression";

constexpr std::string_view kJsWrappers =
    "export_statement lexical_declaration variable_declaration expression_statement "
    "ambient_declaration";

// Sorted by language.
constexpr LanguageRules kLanguages[] = {
    {.language = "bash", .rules = kBash, .wrappers = "declaration_command"},
    {.language = "c", .rules = kC, .opaque = kCExpressions},
    {.language = "c_sharp",
     .rules = kCSharp,
     .opaque = "invocation_expression argument_list parameter_list using_directive"},
    {.language = "commonlisp", .rules = kCommonlisp},
    {.language = "cpp",
     .rules = kCpp,
     .wrappers = "template_declaration linkage_specification",
     .opaque = kCExpressions},
    {.language = "css", .rules = kCss},
    {.language = "dockerfile", .rules = kDockerfile},
    {.language = "dot", .rules = kDot},
    {.language = "elisp", .rules = kElisp},
    {.language = "elixir", .rules = kElixir, .leading = "unary_operator", .joins_clauses = true},
    {.language = "elm", .rules = kElm, .leading = "type_annotation"},
    {.language = "erlang", .rules = kErlang, .leading = "spec", .joins_clauses = true},
    {.language = "fortran", .rules = kFortran},
    {.language = "go",
     .rules = kGo,
     .wrappers = "type_declaration const_declaration var_declaration",
     .opaque = "block parameter_list expression_list import_declaration"},
    {.language = "gomod", .rules = kGomod, .wrappers = "require_directive"},
    {.language = "hack", .rules = kHack, .wrappers = "const_declaration"},
    {.language = "haskell", .rules = kHaskell, .joins_clauses = true},
    {.language = "hcl", .rules = kHcl},
    {.language = "html", .rules = kHtml},
    {.language = "java",
     .rules = kJava,
     .opaque = "block constructor_body lambda_expression formal_parameters import_declaration"},
    {.language = "javascript",
     .rules = kJavascript,
     .wrappers = kJsWrappers,
     .leading = "decorator",
     .opaque = kJsExpressions},
    {.language = "json", .rules = kJson, .opaque = "array"},
    {.language = "julia", .rules = kJulia, .leading = "string_literal"},
    {.language = "kotlin",
     .rules = kKotlin,
     .opaque = "value_arguments function_value_parameters import_list"},
    {.language = "lua", .rules = kLua},
    {.language = "make", .rules = kMake, .wrappers = "override_directive export_directive"},
    {.language = "objc", .rules = kObjc, .opaque = kCExpressions},
    {.language = "ocaml",
     .rules = kOcaml,
     .wrappers = "value_definition type_definition module_definition class_definition"},
    {.language = "perl", .rules = kPerl},
    {.language = "php",
     .rules = kPhp,
     .wrappers = "expression_statement const_declaration",
     .opaque = "arguments formal_parameters namespace_use_declaration"},
    {.language = "python",
     .rules = kPython,
     .wrappers = "decorated_definition expression_statement",
     .opaque = "parameters argument_list call binary_operator boolean_operator comparison_operator "
               "string "
               "dictionary list tuple set subscript attribute return_statement import_statement "
               "import_from_statement raise_statement assert_statement list_comprehension"},
    {.language = "ql", .rules = kQl, .wrappers = "moduleMember classMember"},
    {.language = "r", .rules = kR},
    {.language = "regex", .rules = kRegex},
    {.language = "ruby", .rules = kRuby, .opaque = "method_parameters string array"},
    {.language = "rust",
     .rules = kRust,
     .leading = "attribute_item",
     .opaque =
         "token_tree call_expression type_arguments parameters use_declaration string_literal "
         "binary_expression match_pattern field_expression"},
    {.language = "scala", .rules = kScala},
    {.language = "sql", .rules = kSql},
    {.language = "sqlite", .rules = kSqlite, .wrappers = "sql_stmt"},
    {.language = "swift", .rules = kSwift},
    {.language = "toml", .rules = kToml, .opaque = "array inline_table"},
    {.language = "tsx",
     .rules = kTypescript,
     .wrappers = kJsWrappers,
     .leading = "decorator",
     .opaque = kJsExpressions},
    {.language = "typescript",
     .rules = kTypescript,
     .wrappers = kJsWrappers,
     .leading = "decorator",
     .opaque = kJsExpressions},
    {.language = "yaml", .rules = kYaml, .opaque = "block_sequence flow_node"},
    {.language = "zig", .rules = kZig},
};

}  // namespace

const LanguageRules* rules_of(std::string_view language) {
  const auto* const found = std::lower_bound(
      std::begin(kLanguages), std::end(kLanguages), language,
      [](const LanguageRules& rules, std::string_view name) { return rules.language < name; });
  return found != std::end(kLanguages) && found->language == language ? found : nullptr;
}

}  // namespace quern::apps
