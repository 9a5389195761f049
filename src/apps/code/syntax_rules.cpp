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
constexpr unsigned kNotInPaths = SyntaxRule::kNotInPaths;

constexpr SyntaxRule kPython[] = {
    {"function_definition", kFunction, name_by_field, nullptr, kMethodInType},
    {"class_definition", kClass, name_by_field},
    {"assignment", kVariable, name_of_assignment, "left"},
};

constexpr SyntaxRule kC[] = {
    {"function_definition", kFunction, name_by_declarator, nullptr, kMethodInType},
    {"declaration", kVariable, name_of_c_declaration, nullptr, kNotInFunction | kNotInPaths},
    {"struct_specifier", kStruct, name_by_field, nullptr, kNeedsBody},
    {"union_specifier", kStruct, name_by_field, nullptr, kNeedsBody},
    {"enum_specifier", kEnum, name_by_field, nullptr, kNeedsBody},
    {"type_definition", kType, name_of_typedef, nullptr, kNotInPaths},
    {"preproc_def", kMacro, name_by_field, nullptr, kNotInFunction},
    {"preproc_function_def", kMacro, name_by_field, nullptr, kNotInFunction},
};

constexpr SyntaxRule kCpp[] = {
    {"function_definition", kFunction, name_by_declarator, nullptr, kMethodInType},
    {"declaration", kVariable, name_of_c_declaration, nullptr, kNotInFunction | kNotInPaths},
    {"field_declaration", kField, name_of_c_declaration, nullptr, kNotInPaths},
    {"struct_specifier", kStruct, name_by_field, nullptr, kNeedsBody},
    {"class_specifier", kClass, name_by_field, nullptr, kNeedsBody},
    {"union_specifier", kStruct, name_by_field, nullptr, kNeedsBody},
    {"enum_specifier", kEnum, name_by_field, nullptr, kNeedsBody},
    {"namespace_definition", kModule, name_by_field},
    {"type_definition", kType, name_of_typedef, nullptr, kNotInPaths},
    {"alias_declaration", kType, name_by_field},
    {"concept_definition", kTrait, name_by_field},
    {"preproc_def", kMacro, name_by_field, nullptr, kNotInFunction},
    {"preproc_function_def", kMacro, name_by_field, nullptr, kNotInFunction},
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
    {"const_spec", kConstant, name_by_field, nullptr, kNotInFunction},
    {"var_spec", kVariable, name_by_field, nullptr, kNotInFunction},
};

constexpr SyntaxRule kRust[] = {
    {"function_item", kFunction, name_by_field, nullptr, kMethodInType},
    {"function_signature_item", kFunction, name_by_field, nullptr, kMethodInType},
    {"struct_item", kStruct, name_by_field},
    {"union_item", kStruct, name_by_field},
    {"enum_item", kEnum, name_by_field},
    {"trait_item", kTrait, name_by_field},
    {"type_item", kType, name_by_field},
    {"impl_item", kType, name_of_rust_impl, nullptr, kScope},
    {"mod_item", kModule, name_by_field, nullptr, kNeedsBody},
    {"macro_definition", kMacro, name_by_field},
    {"const_item", kConstant, name_by_field, nullptr, kNotInFunction},
    {"static_item", kVariable, name_by_field, nullptr, kNotInFunction},
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
    {"method", kFunction, name_by_field, nullptr, kMethodInType},
    {"singleton_method", kMethod, name_by_field},
    {"assignment", kConstant, name_of_ruby_constant},
};

constexpr SyntaxRule kPhp[] = {
    {"namespace_definition", kModule, name_by_field, nullptr, kNeedsBody},
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
    {"companion_object", kClass, fixed_name, "Companion", kScope},
    {"function_declaration", kFunction, name_by_field, nullptr, kMethodInType},
    {"secondary_constructor", kMethod, fixed_name, "constructor"},
    {"property_declaration", kVariable, name_of_kotlin_property, nullptr, kNotInFunction},
    {"type_alias", kType, name_by_field},
};

constexpr SyntaxRule kScala[] = {
    {"class_definition", kClass, name_by_field},
    {"object_definition", kClass, name_by_field},
    {"trait_definition", kTrait, name_by_field},
    {"enum_definition", kEnum, name_by_field},
    {"function_definition", kFunction, name_by_field, nullptr, kMethodInType},
    {"function_declaration", kFunction, name_by_field, nullptr, kMethodInType},
    {"type_definition", kType, name_by_field, nullptr, kNotInFunction},
    {"val_definition", kVariable, name_by_field, "pattern", kNotInFunction},
};

constexpr SyntaxRule kBash[] = {
    {"function_definition", kFunction, name_by_field},
    {"variable_assignment", kConstant, name_in_capitals, nullptr, kNotInFunction},
};

constexpr SyntaxRule kLua[] = {
    {"function_definition_statement", kFunction, name_of_lua_function},
    {"local_function_definition_statement", kFunction, name_by_field},
    {"variable_assignment", kFunction, name_of_lua_variable},
    {"local_variable_declaration", kFunction, name_of_lua_variable},
    {"field", kMethod, name_of_lua_field},
};

constexpr const char* kJsWrappers =
    "export_statement lexical_declaration variable_declaration expression_statement "
    "ambient_declaration";

// Sorted by language.
constexpr LanguageRules kLanguages[] = {
    {.language = "bash", .rules = kBash, .wrappers = "declaration_command"},
    {.language = "c", .rules = kC},
    {.language = "c_sharp", .rules = kCSharp},
    {.language = "cpp", .rules = kCpp, .wrappers = "template_declaration linkage_specification"},
    {.language = "go",
     .rules = kGo,
     .wrappers = "type_declaration const_declaration var_declaration"},
    {.language = "java", .rules = kJava},
    {.language = "javascript",
     .rules = kJavascript,
     .wrappers = kJsWrappers,
     .leading = "decorator"},
    {.language = "kotlin", .rules = kKotlin},
    {.language = "lua", .rules = kLua},
    {.language = "php", .rules = kPhp, .wrappers = "expression_statement const_declaration"},
    {.language = "python",
     .rules = kPython,
     .wrappers = "decorated_definition expression_statement"},
    {.language = "ruby", .rules = kRuby},
    {.language = "rust", .rules = kRust, .leading = "attribute_item"},
    {.language = "scala", .rules = kScala},
    {.language = "tsx", .rules = kTypescript, .wrappers = kJsWrappers, .leading = "decorator"},
    {.language = "typescript",
     .rules = kTypescript,
     .wrappers = kJsWrappers,
     .leading = "decorator"},
};

}  // namespace

const LanguageRules* rules_of(std::string_view language) {
  const auto* const found = std::lower_bound(
      std::begin(kLanguages), std::end(kLanguages), language,
      [](const LanguageRules& rules, std::string_view name) { return rules.language < name; });
  return found != std::end(kLanguages) && found->language == language ? found : nullptr;
}

}  // namespace quern::apps
