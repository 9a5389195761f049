// The tests of the template language: what may stand behind "is". Source: jinja2/tests.py.

#include "jinja/ops.h"

namespace quern::jinja {
namespace {

const Value& argument(const Args& args) {
  static const Value none;
  const Value* given = args.find(0, "other");
  return given != nullptr ? *given : none;
}
Value is_defined(Machine&, const Value& v, const Args&) { return !v.is_undefined(); }
Value is_undefined(Machine&, const Value& v, const Args&) { return v.is_undefined(); }
Value is_none(Machine&, const Value& v, const Args&) { return v.is_none(); }
Value is_boolean(Machine&, const Value& v, const Args&) { return v.as_bool() != nullptr; }
Value is_true_value(Machine&, const Value& v, const Args&) { return v.as_bool() && *v.as_bool(); }
Value is_false_value(Machine&, const Value& v, const Args&) { return v.as_bool() && !*v.as_bool(); }
Value is_string(Machine&, const Value& v, const Args&) { return v.as_text() != nullptr; }
Value is_number(Machine&, const Value& v, const Args&) { return v.is_number(); }
Value is_integer(Machine&, const Value& v, const Args&) { return v.as_int() != nullptr; }
Value is_float(Machine&, const Value& v, const Args&) { return v.as_float() != nullptr; }
Value is_mapping(Machine&, const Value& v, const Args&) {
  return v.as_dict() != nullptr && !v.as_dict()->is_namespace;
}
Value is_sequence(Machine&, const Value& v, const Args&) {
  const bool is_dict = v.as_dict() != nullptr && !v.as_dict()->is_namespace;
  return v.as_text() || v.as_list() || is_dict || v.is_undefined();
}
Value is_callable(Machine&, const Value& v, const Args&) {
  return v.as_function() != nullptr || v.is_undefined();  // To call the latter is an error.
}
Value is_odd(Machine& m, const Value& v, const Args&) {
  return m.same(arithmetic(m, "%", v, 2), 1);
}
Value is_even(Machine& m, const Value& v, const Args&) {
  return m.same(arithmetic(m, "%", v, 2), 0);
}
Value is_divisible(Machine& m, const Value& v, const Args& args) {
  return equal(arithmetic(m, "%", v, argument(args)), 0);
}
Value is_in(Machine& m, const Value& v, const Args& args) { return contains(m, argument(args), v); }
Value is_equal(Machine& m, const Value& v, const Args& args) { return m.same(v, argument(args)); }
Value is_unequal(Machine& m, const Value& v, const Args& args) {
  return !m.same(v, argument(args));
}
Value is_less(Machine& m, const Value& v, const Args& args) { return less(m, v, argument(args)); }
Value is_greater(Machine& m, const Value& v, const Args& args) {
  return less(m, argument(args), v);
}
Value is_at_most(Machine& m, const Value& v, const Args& args) {
  return !less(m, argument(args), v);
}
Value is_at_least(Machine& m, const Value& v, const Args& args) {
  return !less(m, v, argument(args));
}
Value is_same(Machine& m, const Value& v, const Args& args) {
  return std::string_view(v.type_name()) == argument(args).type_name() && m.same(v, argument(args));
}

// True if the text is that of its own method `name`, and holds a letter with a case.
bool has_case(Machine& machine, const Value& value, const char* name, const char* other) {
  const Value text = value.as_text() != nullptr ? value : Value(machine.printed(value));
  return machine.same(find_method(text, name)(machine, text, {}), text) &&
         !machine.same(find_method(text, other)(machine, text, {}), text);
}
Value is_lower(Machine& m, const Value& v, const Args&) { return has_case(m, v, "lower", "upper"); }
Value is_upper(Machine& m, const Value& v, const Args&) { return has_case(m, v, "upper", "lower"); }
Value is_escaped(Machine&, const Value&, const Args&) { return false; }
Value is_filter(Machine& m, const Value& v, const Args&) {
  return find_filter(m.printed(v)) != nullptr;
}
Value is_test(Machine& m, const Value& v, const Args&) {
  return find_test(m.printed(v)) != nullptr;
}

constexpr NamedBuiltin kTests[] = {{"defined", is_defined},
                                   {"undefined", is_undefined},
                                   {"none", is_none},
                                   {"boolean", is_boolean},
                                   {"true", is_true_value},
                                   {"false", is_false_value},
                                   {"string", is_string},
                                   {"number", is_number},
                                   {"integer", is_integer},
                                   {"float", is_float},
                                   {"mapping", is_mapping},
                                   {"sequence", is_sequence},
                                   {"iterable", is_sequence},
                                   {"callable", is_callable},
                                   {"odd", is_odd},
                                   {"even", is_even},
                                   {"divisibleby", is_divisible},
                                   {"in", is_in},
                                   {"eq", is_equal},
                                   {"equalto", is_equal},
                                   {"==", is_equal},
                                   {"ne", is_unequal},
                                   {"!=", is_unequal},
                                   {"lt", is_less},
                                   {"lessthan", is_less},
                                   {"<", is_less},
                                   {"gt", is_greater},
                                   {"greaterthan", is_greater},
                                   {">", is_greater},
                                   {"le", is_at_most},
                                   {"<=", is_at_most},
                                   {"ge", is_at_least},
                                   {">=", is_at_least},
                                   {"sameas", is_same},
                                   {"lower", is_lower},
                                   {"upper", is_upper},
                                   {"filter", is_filter},
                                   {"test", is_test},
                                   {"escaped", is_escaped}};

}  // namespace

Builtin find_test(std::string_view name) { return find_builtin(kTests, name); }

}  // namespace quern::jinja
