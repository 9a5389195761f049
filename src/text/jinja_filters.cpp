// Filters, tests and global functions. Source: jinja2/filters.py, tests.py, and transformers'
// additions (tojson, raise_exception, strftime_now).

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "text/jinja_machine.h"
#include "text/utf8.h"

namespace quern::text::jinja {
namespace {

bool flag(const Args& args, std::size_t place, std::string_view name) {
  const Value* value = args.find(place, name);
  return value != nullptr && is_true(*value);
}

// Filters that are methods of text; other values are printed first.
template <const char* name>
Value text_method(Machine& machine, const Value& self, const Args& args) {
  const Value text = self.as_text() != nullptr ? self : Value(text_of(self));
  return find_method(text, name)(machine, text, args);
}
constexpr char kStrip[] = "strip";
constexpr char kUpper[] = "upper";
constexpr char kLower[] = "lower";
constexpr char kTitle[] = "title";
constexpr char kCapitalize[] = "capitalize";
constexpr char kReplace[] = "replace";

Value length(Machine& machine, const Value& self, const Args&) {
  if (const std::string* text = self.as_text()) {
    machine.spend(text->size() / 64);
    return static_cast<std::int64_t>(count_chars(*text));
  }
  if (const List* list = self.as_list()) return static_cast<std::int64_t>(list->items.size());
  if (const Dict* dict = self.as_dict()) return static_cast<std::int64_t>(dict->items.size());
  if (self.is_undefined()) return 0;
  return machine.fail(std::string("'") + self.type_name() + "' has no length");
}

Value tojson(Machine& machine, const Value& self, const Args& args) {
  const Value* indent = args.find(0, "indent");
  if (indent != nullptr && indent->is_none()) indent = nullptr;
  if (indent != nullptr && (indent->as_int() == nullptr || *indent->as_int() < 0 ||
                            *indent->as_int() > 16)) {
    return machine.fail("tojson takes an indent of 0 to 16", Code::kUnsupported);
  }
  std::string out;
  const int n = indent != nullptr ? static_cast<int>(*indent->as_int()) : -1;
  if (!append_json(self, n, 0, out)) {
    return machine.fail(std::string("'") + self.type_name() + "' has no JSON form");
  }
  return machine.text(std::move(out));
}

Value default_value(Machine&, const Value& self, const Args& args) {
  const bool replaced = self.is_undefined() || (flag(args, 1, "boolean") && !is_true(self));
  if (!replaced) return self;
  const Value* fallback = args.find(0, "default_value");
  return fallback != nullptr ? *fallback : Value("");
}

// "a.b.0": attributes and items of attributes.
Value path_of(Machine& machine, Value value, std::string_view path) {
  while (!path.empty() && !machine.failed()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string_view name = path.substr(0, dot);
    path.remove_prefix(std::min(dot + 1, path.size()));
    std::int64_t index = 0;
    const auto end = std::from_chars(name.data(), name.data() + name.size(), index);
    const bool is_index = end.ec == std::errc() && end.ptr == name.data() + name.size();
    value = item_of(machine, value, is_index ? Value(index) : Value(name));
  }
  return value;
}

Value attribute_arg(Machine& machine, const Value& item, const Value* attribute) {
  if (attribute == nullptr || attribute->is_none()) return item;
  return path_of(machine, item, text_of(*attribute));
}

Value join(Machine& machine, const Value& self, const Args& args) {
  const Value* separator = args.find(0, "d");
  const std::string between = separator != nullptr ? text_of(*separator) : "";
  std::string out;
  bool is_first = true;
  for (const Value& item : members_of(machine, self)) {
    if (!is_first) out += between;
    is_first = false;
    append_text(attribute_arg(machine, item, args.find(1, "attribute")), out);
    if (!machine.spend(1 + between.size() / 64)) return {};
  }
  return machine.text(std::move(out));
}

Value first(Machine& machine, const Value& self, const Args&) {
  const auto members = members_of(machine, self);
  return members.empty() ? Value() : members.front();
}
Value last(Machine& machine, const Value& self, const Args&) {
  const auto members = members_of(machine, self);
  return members.empty() ? Value() : members.back();
}
Value list(Machine& machine, const Value& self, const Args&) {
  return machine.list(members_of(machine, self));
}
Value string(Machine& machine, const Value& self, const Args&) {
  return machine.text(text_of(self));
}
Value same(Machine&, const Value& self, const Args&) { return self; }

Value to_int(Machine&, const Value& self, const Args& args) {
  if (self.as_int() != nullptr) return self;
  if (self.as_bool() != nullptr) return *self.as_bool() ? 1 : 0;
  if (const double* f = self.as_float(); f != nullptr && std::abs(*f) < 9e18) {
    return static_cast<std::int64_t>(*f);
  }
  if (const std::string* text = self.as_text()) {
    std::int64_t value = 0;
    double real = 0;
    const char* end = text->data() + text->size();
    if (std::from_chars(text->data(), end, value).ptr == end && !text->empty()) return value;
    if (std::from_chars(text->data(), end, real).ptr == end && std::abs(real) < 9e18) {
      return static_cast<std::int64_t>(real);
    }
  }
  const Value* fallback = args.find(0, "default");
  return fallback != nullptr ? *fallback : Value(0);
}

Value to_float(Machine& machine, const Value& self, const Args& args) {
  if (self.is_number()) return arithmetic(machine, "*", self, 1.0);
  if (const std::string* text = self.as_text()) {
    double value = 0;
    const char* end = text->data() + text->size();
    if (std::from_chars(text->data(), end, value).ptr == end && !text->empty()) return value;
  }
  const Value* fallback = args.find(0, "default");
  return fallback != nullptr ? *fallback : Value(0.0);
}

Value absolute(Machine& machine, const Value& self, const Args&) {
  return less(machine, self, 0) ? arithmetic(machine, "-", 0, self) : self;
}

Value round_number(Machine& machine, const Value& self, const Args& args) {
  const Value* digits = args.find(0, "precision");
  const Value number = arithmetic(machine, "*", self, 1.0);
  if (number.as_float() == nullptr) return {};
  const double scale = std::pow(
      10.0, digits != nullptr && digits->as_int() != nullptr ? static_cast<double>(*digits->as_int())
                                                             : 0.0);
  return std::nearbyint(*number.as_float() * scale) / scale;
}

Value reverse(Machine& machine, const Value& self, const Args&) {
  auto members = members_of(machine, self);
  std::reverse(members.begin(), members.end());
  if (self.as_text() == nullptr) return machine.list(std::move(members));
  std::string out;
  for (const Value& c : members) out += *c.as_text();
  return machine.text(std::move(out));
}

// Lower-case texts unless the case counts.
Value sort_key(Machine& machine, const Value& item, const Args& args, std::size_t place_of_case) {
  Value key = attribute_arg(machine, item, args.find(place_of_case + 1, "attribute"));
  const bool keep = key.as_text() == nullptr || flag(args, place_of_case, "case_sensitive");
  return keep ? key : find_method(key, "lower")(machine, key, {});
}

Value sort(Machine& machine, const Value& self, const Args& args) {
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : members_of(machine, self)) {
    keyed.emplace_back(sort_key(machine, item, args, 1), item);
  }
  if (!machine.spend(keyed.size() * 8)) return {};
  // All pairs are comparable if each is with the first; a comparison must not fail midway.
  for (const auto& k : keyed) less(machine, k.first, keyed.front().first);
  if (machine.failed()) return {};
  const bool descending = flag(args, 0, "reverse");
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return descending ? less(machine, b.first, a.first) : less(machine, a.first, b.first);
  });
  std::vector<Value> items;
  for (auto& k : keyed) items.push_back(std::move(k.second));
  return machine.list(std::move(items));
}

Value extreme(Machine& machine, const Value& self, bool largest) {
  Value best;
  for (const Value& item : members_of(machine, self)) {
    const bool better =
        best.is_undefined() || (largest ? less(machine, best, item) : less(machine, item, best));
    if (better) best = item;
    if (machine.failed()) return {};
  }
  return best;
}
Value minimum(Machine& m, const Value& self, const Args&) { return extreme(m, self, false); }
Value maximum(Machine& m, const Value& self, const Args&) { return extreme(m, self, true); }

Value sum(Machine& machine, const Value& self, const Args& args) {
  Value total = 0;
  for (const Value& item : members_of(machine, self)) {
    total = arithmetic(machine, "+", total,
                       attribute_arg(machine, item, args.find(0, "attribute")));
  }
  return total;
}

Value unique(Machine& machine, const Value& self, const Args&) {
  std::vector<Value> kept;
  for (const Value& item : members_of(machine, self)) {
    if (!machine.spend(kept.size() / 8)) return {};
    const bool known = std::any_of(kept.begin(), kept.end(),
                                   [&](const Value& other) { return equal(item, other); });
    if (!known) kept.push_back(item);
  }
  return machine.list(std::move(kept));
}

Value items(Machine& machine, const Value& self, const Args& args) {
  if (self.is_undefined()) return machine.list({});
  const Builtin method = find_method(self, "items");
  if (method == nullptr) return machine.fail("items needs a dict");
  return method(machine, self, args);
}

Value dictsort(Machine& machine, const Value& self, const Args& args) {
  const Value pairs = items(machine, self, {});
  Args by_key;
  by_key.values = {false, flag(args, 0, "case_sensitive"), "0"};
  return machine.failed() ? Value() : sort(machine, pairs, by_key);
}

Args after_first(const Args& args) {
  Args rest = args;
  if (!rest.values.empty()) rest.values.erase(rest.values.begin());
  return rest;
}

Value map(Machine& machine, const Value& self, const Args& args) {
  std::vector<Value> made;
  const Value* attribute = args.values.empty() ? args.find(1, "attribute") : nullptr;
  const Value* fallback = args.values.empty() ? args.find(1, "default") : nullptr;
  const Builtin filter =
      args.values.empty() ? nullptr : find_filter(text_of(args.values.front()));
  if (attribute == nullptr && filter == nullptr) {
    return machine.fail("map needs a filter or an attribute", Code::kUnsupported);
  }
  const Args rest = after_first(args);
  for (const Value& item : members_of(machine, self)) {
    if (!machine.spend(1)) return {};
    Value value = filter != nullptr ? filter(machine, item, rest)
                                    : attribute_arg(machine, item, attribute);
    if (value.is_undefined() && fallback != nullptr) value = *fallback;
    made.push_back(std::move(value));
  }
  return machine.list(std::move(made));
}

// select, reject, selectattr, rejectattr.
Value chosen(Machine& machine, const Value& self, Args args, bool by_attribute, bool wanted) {
  const Value attribute = by_attribute && !args.values.empty() ? args.values.front() : Value();
  if (by_attribute) args = after_first(args);
  const bool has_test = !args.values.empty();
  const Builtin test = has_test ? find_test(text_of(args.values.front())) : nullptr;
  if (has_test && test == nullptr) {
    return machine.fail("no test named '" + text_of(args.values.front()) + "'",
                        Code::kUnsupported);
  }
  args = after_first(args);
  std::vector<Value> kept;
  for (const Value& item : members_of(machine, self)) {
    if (!machine.spend(1)) return {};
    const Value value = by_attribute ? attribute_arg(machine, item, &attribute) : item;
    const bool holds = is_true(has_test ? test(machine, value, args) : value);
    if (holds == wanted) kept.push_back(item);
  }
  return machine.list(std::move(kept));
}
Value select(Machine& m, const Value& s, const Args& a) { return chosen(m, s, a, false, true); }
Value reject(Machine& m, const Value& s, const Args& a) { return chosen(m, s, a, false, false); }
Value selectattr(Machine& m, const Value& s, const Args& a) { return chosen(m, s, a, true, true); }
Value rejectattr(Machine& m, const Value& s, const Args& a) { return chosen(m, s, a, true, false); }

Value indent(Machine& machine, const Value& self, const Args& args) {
  const Value* width = args.find(0, "width");
  std::string margin = "    ";
  if (width != nullptr && width->as_text() != nullptr) margin = *width->as_text();
  if (width != nullptr && width->as_int() != nullptr) {
    margin.assign(static_cast<std::size_t>(std::clamp<std::int64_t>(*width->as_int(), 0, 256)), ' ');
  }
  const bool blank = flag(args, 2, "blank");
  std::string out;
  const std::string text = text_of(self);
  bool is_first = true;
  for (std::string_view rest = text;;) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const bool wants = is_first ? flag(args, 1, "first") : (blank || !line.empty());
    if (wants) out += margin;
    out += line;
    is_first = false;
    if (end == std::string_view::npos) break;
    out += '\n';
    rest.remove_prefix(end + 1);
    if (!machine.spend(1 + margin.size() / 64)) return {};
  }
  return machine.text(std::move(out));
}

Value escape(Machine& machine, const Value& self, const Args&) {
  std::string out;
  for (const char c : text_of(self)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return machine.text(std::move(out));
}

// --- tests ---
const Value& argument(const Args& args) {
  static const Value none;
  const Value* given = args.find(0, "other");
  return given != nullptr ? *given : none;
}
std::int64_t integer(const Value& value) { return value.as_int() != nullptr ? *value.as_int() : 0; }

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
  return v.as_text() || v.as_list() || v.as_dict() || v.is_undefined();
}
Value is_callable(Machine&, const Value& v, const Args&) { return v.as_function() != nullptr; }
Value is_odd(Machine&, const Value& v, const Args&) { return integer(v) % 2 != 0; }
Value is_even(Machine&, const Value& v, const Args&) { return v.as_int() && integer(v) % 2 == 0; }
Value is_divisible(Machine& m, const Value& v, const Args& args) {
  return equal(arithmetic(m, "%", v, argument(args)), 0);
}
Value is_in(Machine& m, const Value& v, const Args& args) { return contains(m, argument(args), v); }
Value is_equal(Machine&, const Value& v, const Args& args) { return equal(v, argument(args)); }
Value is_unequal(Machine&, const Value& v, const Args& args) { return !equal(v, argument(args)); }
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
Value is_same(Machine&, const Value& v, const Args& args) {
  return std::string_view(v.type_name()) == argument(args).type_name() && equal(v, argument(args));
}

// --- functions ---
Value raise_exception(Machine& machine, const Value&, const Args& args) {
  return machine.fail(text_of(args.find(0, "message") != nullptr ? *args.find(0, "message")
                                                                  : Value("template error")));
}

Value range(Machine& machine, const Value&, const Args& args) {
  std::int64_t bounds[3] = {0, 0, 1};
  const std::size_t n = args.values.size();
  if (n < 1 || n > 3) return machine.fail("range takes one to three numbers");
  for (std::size_t i = 0; i < n; ++i) {
    if (args.values[i].as_int() == nullptr) return machine.fail("range takes integers");
    bounds[n == 1 ? 1 : i] = *args.values[i].as_int();
  }
  if (bounds[2] == 0) return machine.fail("range step is zero");
  std::vector<Value> numbers;
  for (std::int64_t i = bounds[0]; bounds[2] > 0 ? i < bounds[1] : i > bounds[1];) {
    if (!machine.spend(1)) return {};
    numbers.emplace_back(i);
    if (__builtin_add_overflow(i, bounds[2], &i)) break;
  }
  return machine.list(std::move(numbers));
}

Value make_named(Machine& machine, const Args& args) {
  std::vector<std::pair<Value, Value>> made;
  if (!args.values.empty() && args.values[0].as_dict() != nullptr) {
    made = args.values[0].as_dict()->items;
  }
  for (const auto& [name, value] : args.named) made.emplace_back(name, value);
  return machine.dict(std::move(made));
}
Value dict(Machine& machine, const Value&, const Args& args) { return make_named(machine, args); }
Value name_space(Machine& machine, const Value&, const Args& args) {
  const Value made = make_named(machine, args);
  if (made.as_dict() == nullptr) return {};
  if (made.as_dict()->holds_namespace) {
    return machine.fail("a namespace may not hold one", Code::kUnsupported);
  }
  made.as_dict()->is_namespace = true;
  return made;
}

Value strftime_now(Machine& machine, const Value&, const Args& args) {
  const Value* format = args.find(0, "format");
  if (format == nullptr || format->as_text() == nullptr) {
    return machine.fail("strftime_now needs a format");
  }
  const std::time_t now = machine.now();
  std::tm parts{};
  localtime_r(&now, &parts);
  std::array<char, 512> shown;
  const std::size_t n = std::strftime(shown.data(), shown.size(), format->as_text()->c_str(), &parts);
  return machine.text(std::string(shown.data(), n));
}

struct Named {
  std::string_view name;
  Builtin builtin;
};

constexpr Named kFilters[] = {
    {"abs", absolute},       {"capitalize", text_method<kCapitalize>},
    {"count", length},       {"d", default_value},
    {"default", default_value}, {"dictsort", dictsort},
    {"e", escape},           {"escape", escape},
    {"first", first},        {"float", to_float},
    {"indent", indent},      {"int", to_int},
    {"items", items},        {"join", join},
    {"last", last},          {"length", length},
    {"list", list},          {"lower", text_method<kLower>},
    {"map", map},            {"max", maximum},
    {"min", minimum},        {"reject", reject},
    {"rejectattr", rejectattr}, {"replace", text_method<kReplace>},
    {"reverse", reverse},    {"round", round_number},
    {"safe", same},          {"select", select},
    {"selectattr", selectattr}, {"sort", sort},
    {"string", string},      {"sum", sum},
    {"title", text_method<kTitle>}, {"tojson", tojson},
    {"trim", text_method<kStrip>}, {"unique", unique},
    {"upper", text_method<kUpper>}};

constexpr Named kTests[] = {
    {"defined", is_defined},   {"undefined", is_undefined}, {"none", is_none},
    {"boolean", is_boolean},   {"true", is_true_value},     {"false", is_false_value},
    {"string", is_string},     {"number", is_number},       {"integer", is_integer},
    {"float", is_float},       {"mapping", is_mapping},     {"sequence", is_sequence},
    {"iterable", is_sequence}, {"callable", is_callable},   {"odd", is_odd},
    {"even", is_even},         {"divisibleby", is_divisible}, {"in", is_in},
    {"eq", is_equal},          {"equalto", is_equal},       {"==", is_equal},
    {"ne", is_unequal},        {"!=", is_unequal},          {"lt", is_less},
    {"lessthan", is_less},     {"<", is_less},              {"gt", is_greater},
    {"greaterthan", is_greater}, {">", is_greater},         {"le", is_at_most},
    {"<=", is_at_most},        {"ge", is_at_least},         {">=", is_at_least},
    {"sameas", is_same}};

constexpr Named kFunctions[] = {{"raise_exception", raise_exception}, {"range", range},
                                {"dict", dict},                       {"namespace", name_space},
                                {"strftime_now", strftime_now}};

template <std::size_t N>
Builtin find_in(const Named (&table)[N], std::string_view name) {
  for (const Named& named : table) {
    if (named.name == name) return named.builtin;
  }
  return nullptr;
}

}  // namespace

Builtin find_filter(std::string_view name) { return find_in(kFilters, name); }
Builtin find_test(std::string_view name) { return find_in(kTests, name); }
Builtin find_function(std::string_view name) { return find_in(kFunctions, name); }

}  // namespace quern::text::jinja
