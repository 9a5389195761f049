// The functions of the template language. Source: jinja2's globals, and transformers' additions
// (raise_exception, strftime_now).

#include <array>
#include <ctime>

#include "jinja/ops.h"

namespace quern::jinja {
namespace {

Value raise_exception(Machine& machine, const Value&, const Args& args) {
  const Value* message = args.find(0, "message");
  return machine.fail(message != nullptr ? machine.printed(*message) : "template error");
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
  constexpr std::size_t kMaxNumbers = 100'000;  // As jinja2's sandbox.
  std::vector<Value> numbers;
  for (std::int64_t i = bounds[0]; bounds[2] > 0 ? i < bounds[1] : i > bounds[1];) {
    if (!machine.spend(1)) return {};
    if (numbers.size() == kMaxNumbers) {
      return machine.fail("range makes too many numbers", Code::kExhausted);
    }
    numbers.emplace_back(i);
    if (__builtin_add_overflow(i, bounds[2], &i)) break;
  }
  return machine.list(std::move(numbers));
}

// Of a dict, or of pairs; then the named arguments.
Value make_named(Machine& machine, const Args& args) {
  Dict made;
  const Value* first = args.values.empty() ? nullptr : &args.values[0];
  if (first != nullptr && first->as_dict() != nullptr) {
    made.items = first->as_dict()->items;
  } else if (first != nullptr) {
    for (const Value& pair : members_of(machine, *first)) {
      const List* list = pair.as_list();
      if (list == nullptr || list->items.size() != 2 || !list->items[0].is_scalar()) {
        return machine.fail("dict takes pairs of key and value");
      }
      if (!machine.spend(1 + made.items.size() / 8)) return {};
      made.set(list->items[0], list->items[1]);
    }
  }
  for (const auto& [name, value] : args.named) {
    if (!machine.spend(1 + made.items.size() / 8)) return {};
    made.set(name, value);
  }
  return machine.dict(std::move(made.items));
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

// Letters alone behind the percent sign ("%-d" too): widths could ask for any number of spaces.
bool is_time_format(std::string_view format) {
  if (format.size() > 100) return false;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (i + 2 < format.size() && format[i + 1] == '-') ++i;
    if (++i >= format.size()) return false;
    const char c = format[i];
    if (c != '%' && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')) return false;
  }
  return true;
}

Value strftime_now(Machine& machine, const Value&, const Args& args) {
  const Value* format = args.find(0, "format");
  if (format == nullptr || format->as_text() == nullptr || !is_time_format(*format->as_text())) {
    return machine.fail("strftime_now needs a format such as '%d %b %Y'");
  }
  const std::time_t now = machine.now();
  std::tm parts{};
  localtime_r(&now, &parts);
  std::array<char, 4096> shown;
  const std::size_t n =
      std::strftime(shown.data(), shown.size(), format->as_text()->c_str(), &parts);
  return machine.text(std::string(shown.data(), n));
}

constexpr NamedBuiltin kFunctions[] = {{"raise_exception", raise_exception},
                                       {"range", range},
                                       {"dict", dict},
                                       {"namespace", name_space},
                                       {"strftime_now", strftime_now}};

}  // namespace

Builtin find_function(std::string_view name) { return find_builtin(kFunctions, name); }

}  // namespace quern::jinja
