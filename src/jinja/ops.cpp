#include "jinja/ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/utf8.h"
#include "jinja/format.h"

namespace quern::jinja {
namespace {

// Bools count as integers.
const std::int64_t* int_of(const Value& value, std::int64_t& storage) {
  if (value.as_int() != nullptr) return value.as_int();
  if (value.as_bool() == nullptr) return nullptr;
  storage = *value.as_bool() ? 1 : 0;
  return &storage;
}

/// The characters of a text by index; plain ASCII needs no table.
class Chars {
 public:
  Chars(Machine& machine, std::string_view text) : text_(text) {
    is_ascii_ = find_non_ascii(text, 0) == text.size();
    if (!machine.spend(text.size() / (is_ascii_ ? 64 : 8))) {
      text_ = {};
      is_ascii_ = true;
    }
    if (is_ascii_) return;
    for (std::size_t pos = 0; pos < text.size();) {
      starts_.push_back(pos);
      pos += static_cast<std::size_t>(decode_utf8(text, pos).n_bytes);
    }
    starts_.push_back(text.size());
  }

  std::size_t size() const { return is_ascii_ ? text_.size() : starts_.size() - 1; }
  std::string_view operator[](std::size_t i) const {
    return is_ascii_ ? text_.substr(i, 1) : text_.substr(starts_[i], starts_[i + 1] - starts_[i]);
  }

 private:
  std::string_view text_;
  bool is_ascii_ = true;
  std::vector<std::size_t> starts_;
};

Value repeated(Machine& machine, const Value& value, std::int64_t count) {
  const auto n = static_cast<std::size_t>(std::max<std::int64_t>(0, count));
  const List* list = value.as_list();
  const std::size_t each = list != nullptr ? list->items.size() : value.as_text()->size();
  if (each > 0 && n > (1u << 26) / each) {
    return machine.fail("repetition makes too much", Code::kExhausted);
  }
  if (!machine.spend(n * each / (list != nullptr ? 4 : 64) + 1)) return {};
  if (list != nullptr) {
    std::vector<Value> items;
    for (std::size_t i = 0; i < n; ++i) {
      items.insert(items.end(), list->items.begin(), list->items.end());
    }
    return machine.list(std::move(items), list->is_tuple);
  }
  std::string made;
  made.reserve(n * each);
  for (std::size_t i = 0; i < n; ++i) made += *value.as_text();
  const Origin origin = value.holds_foreign() ? Origin::kForeign : Origin::kTemplate;
  return machine.text(Text::of(std::move(made), origin));
}

Value int_arithmetic(Machine& machine, std::string_view op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool overflow = false;
  if (op == "+") {
    overflow = __builtin_add_overflow(a, b, &result);
  } else if (op == "-") {
    overflow = __builtin_sub_overflow(a, b, &result);
  } else if (op == "*") {
    overflow = __builtin_mul_overflow(a, b, &result);
  } else if (op == "**") {
    if (b < 0 && a == 0) return machine.fail("division by zero");
    if (b < 0) return std::pow(static_cast<double>(a), static_cast<double>(b));
    result = 1;
    if (b > 64 && a != 0 && a != 1 && a != -1) overflow = true;
    for (std::int64_t i = b > 64 ? 62 + b % 2 : b; !overflow && i > 0; --i) {
      overflow = __builtin_mul_overflow(result, a, &result);
    }
  } else {
    if (b == 0) return machine.fail("division by zero");
    if (op == "/") return static_cast<double>(a) / static_cast<double>(b);
    if (b == -1) {  // The one quotient that may not fit.
      if (op == "%") return 0;
      overflow = __builtin_sub_overflow(std::int64_t{0}, a, &result);
    } else {  // Python rounds quotients down.
      const std::int64_t rest = a % b;
      const bool is_below = rest != 0 && (rest < 0) != (b < 0);
      result = op == "//" ? a / b - is_below : is_below ? rest + b : rest;
    }
  }
  return overflow ? machine.fail("integer overflow") : Value(result);
}

Value float_arithmetic(Machine& machine, std::string_view op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "**") return a == 0 && b < 0 ? machine.fail("division by zero") : Value(std::pow(a, b));
  if (b == 0) return machine.fail("division by zero");
  if (op == "/") return a / b;
  double rest = std::fmod(a, b);  // Of the sign of a; Python's has that of b.
  if (rest != 0 && (rest < 0) != (b < 0)) rest += b;
  return op == "//" ? std::round((a - rest) / b) : rest;
}

Value unordered(Machine& machine, const char* what, const Value& a, const Value& b) {
  return machine.fail(std::string("'") + what + "' does not work on " + a.type_name() + " and " +
                      b.type_name());
}

Value joined(Machine& machine, Text a, const Text& b) {
  a.append(b);
  return machine.text(std::move(a));
}

// What is not markup yet becomes it.
Value added_markup(Machine& machine, const Value& a, const Value& b) {
  const Value x = escaped(machine, a);
  const Value y = escaped(machine, b);
  if (machine.failed()) return {};
  const Value sum = joined(machine, *x.as_traced(), *y.as_traced());
  if (machine.failed()) return {};
  return Markup{std::make_shared<const Text>(*sum.as_traced())};
}

}  // namespace

std::vector<Value> members_of(Machine& machine, const Value& value) {
  std::vector<Value> members;
  if (value.is_undefined()) return members;
  if (const List* list = value.as_list()) {
    machine.spend(list->items.size() / 4);
    return list->items;
  }
  if (const Dict* dict = value.as_dict(); dict != nullptr && !dict->is_namespace) {
    machine.spend(dict->items.size() / 4);
    for (const auto& [key, unused] : dict->items) members.push_back(key);
    return members;
  }
  if (const Text* text = value.as_traced()) {
    if (!machine.spend(text->bytes.size())) return members;
    const Chars chars(machine, text->bytes);
    for (std::size_t i = 0; i < chars.size(); ++i) members.push_back(part_of(*text, chars[i]));
    return members;
  }
  machine.fail(std::string("'") + value.type_name() + "' is not iterable");
  return members;
}

Value attribute_of(Machine& machine, const Value& self, std::string_view name) {
  if (self.is_undefined()) {
    return machine.fail("attribute '" + std::string(name) + "' of an undefined value");
  }
  if (const Builtin method = find_method(self, name)) {
    auto bound = std::make_shared<Function>();
    bound->builtin = method;
    bound->self = self;
    return std::shared_ptr<const Function>(std::move(bound));
  }
  const Dict* dict = self.as_dict();
  const Value* found = dict != nullptr ? dict->find(name) : nullptr;
  return found != nullptr ? *found : Value();
}

Value item_of(Machine& machine, const Value& self, const Value& key) {
  if (self.is_undefined()) return machine.fail("item of an undefined value");
  if (const Dict* dict = self.as_dict()) {
    machine.spend(dict->items.size() / 8);
    if (const Value* found = dict->find(key)) return *found;
  } else if (std::int64_t storage = 0; const std::int64_t* index = int_of(key, storage)) {
    const List* list = self.as_list();
    const std::string* text = self.as_text();
    if (list == nullptr && text == nullptr) return {};
    const Chars chars(machine, text != nullptr ? std::string_view(*text) : "");
    const auto n = static_cast<std::int64_t>(list != nullptr ? list->items.size() : chars.size());
    const std::int64_t i = *index < 0 ? *index + n : *index;
    if (i < 0 || i >= n) return {};
    const auto at = static_cast<std::size_t>(i);
    return list != nullptr ? list->items[at] : part_of(*self.as_traced(), chars[at]);
  }
  return key.as_text() != nullptr ? attribute_of(machine, self, *key.as_text()) : Value();
}

Value slice_of(Machine& machine, const Value& self, const Value* start, const Value* stop,
               const Value* step) {
  const List* list = self.as_list();
  const std::string* text = self.as_text();
  if (list == nullptr && text == nullptr) {
    return machine.fail(std::string("'[:]' does not work on ") + self.type_name());
  }
  const Chars chars(machine, text != nullptr ? std::string_view(*text) : "");
  const auto n = static_cast<std::int64_t>(list != nullptr ? list->items.size() : chars.size());
  const auto bound = [&](const Value* given, std::int64_t fallback, std::int64_t low,
                         std::int64_t high) {
    if (given == nullptr || given->is_none() || given->as_int() == nullptr) return fallback;
    const std::int64_t i = *given->as_int();
    return std::clamp(i < 0 ? i + n : i, low, high);
  };
  const std::int64_t by = step != nullptr && step->as_int() != nullptr ? *step->as_int() : 1;
  if (by == 0) return machine.fail("slice step is zero");
  const std::int64_t from = by > 0 ? bound(start, 0, 0, n) : bound(start, n - 1, -1, n - 1);
  const std::int64_t to = by > 0 ? bound(stop, n, 0, n) : bound(stop, -1, -1, n - 1);
  std::vector<Value> items;
  Text joined;
  for (std::int64_t i = from; by > 0 ? i < to : i > to;) {
    const auto at = static_cast<std::size_t>(i);
    if (list != nullptr) {
      items.push_back(list->items[at]);
    } else {
      const auto begin = static_cast<std::size_t>(chars[at].data() - text->data());
      joined.append(*self.as_traced(), begin, begin + chars[at].size());
    }
    if (__builtin_add_overflow(i, by, &i)) break;
  }
  return list != nullptr ? machine.list(std::move(items), list->is_tuple)
                         : machine.text(std::move(joined));
}

bool contains(Machine& machine, const Value& container, const Value& member) {
  if (const std::string* text = container.as_text()) {
    if (member.as_text() == nullptr) {
      machine.fail("'in <str>' needs text on the left");
      return false;
    }
    machine.spend(text->size() / 64);
    return find_text(*text, *member.as_text()) != std::string_view::npos;
  }
  if (const Dict* dict = container.as_dict()) {
    machine.spend(dict->items.size() / 8);
    return dict->find(member) != nullptr;
  }
  if (const List* list = container.as_list()) {
    return machine.spend(list->items.size() / 8) &&
           std::any_of(list->items.begin(), list->items.end(),
                       [&](const Value& item) { return machine.same(item, member); });
  }
  if (!container.is_undefined()) unordered(machine, "in", member, container);
  return false;
}

bool less(Machine& machine, const Value& a, const Value& b) {
  if (!machine.spend(std::min(a.weight(), b.weight()) / 8)) return false;
  if (a.as_int() && b.as_int()) return *a.as_int() < *b.as_int();
  if (a.is_number() && b.is_number()) return number_of(a) < number_of(b);
  if (a.as_text() && b.as_text()) return *a.as_text() < *b.as_text();
  if (a.as_list() && b.as_list()) {
    const auto& x = a.as_list()->items;
    const auto& y = b.as_list()->items;
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal(x[i], y[i])) return less(machine, x[i], y[i]);
    }
    return x.size() < y.size();
  }
  unordered(machine, "<", a, b);
  return false;
}

bool compare(Machine& machine, std::string_view op, const Value& a, const Value& b) {
  if (op == "==") return machine.same(a, b);
  if (op == "!=") return !machine.same(a, b);
  if (op == "<") return less(machine, a, b);
  if (op == ">") return less(machine, b, a);
  if (op == "<=") return !less(machine, b, a);
  if (op == ">=") return !less(machine, a, b);
  if (op == "in") return contains(machine, b, a);
  return !contains(machine, b, a);
}

Value escaped(Machine& machine, const Value& value) {
  if (value.is_markup()) return value;
  const Text text = machine.traced(value);
  Text out;
  for (std::size_t i = 0; i < text.bytes.size(); ++i) {
    const char c = text.bytes[i];
    constexpr std::string_view kSpecial = "&<>\"'";
    constexpr std::string_view kNames[] = {"&amp;", "&lt;", "&gt;", "&#34;", "&#39;"};
    const std::size_t at = kSpecial.find(c);
    if (at == std::string_view::npos) {
      out.append(text, i, i + 1);
    } else {
      out.append(kNames[at], text.origin_of(i));
    }
  }
  const Value made = machine.text(std::move(out));
  return machine.failed() ? Value() : Markup{std::make_shared<const Text>(*made.as_traced())};
}

Value arithmetic(Machine& machine, std::string_view op, const Value& a, const Value& b) {
  if (op == "~") return joined(machine, machine.traced(a), machine.traced(b));
  std::int64_t x_storage = 0;
  std::int64_t y_storage = 0;
  const std::int64_t* x = int_of(a, x_storage);
  const std::int64_t* y = int_of(b, y_storage);
  if (x != nullptr && y != nullptr) return int_arithmetic(machine, op, *x, *y);
  if (a.is_number() && b.is_number()) {
    return float_arithmetic(machine, op, number_of(a), number_of(b));
  }
  if (op == "%" && a.as_text()) return percent_format(machine, *a.as_traced(), b);
  if (op == "+" && a.as_text() && b.as_text() && (a.is_markup() || b.is_markup())) {
    return added_markup(machine, a, b);
  }
  if (op == "+" && a.as_text() && b.as_text()) {
    return joined(machine, *a.as_traced(), *b.as_traced());
  }
  if (op == "+" && a.as_list() && b.as_list()) {
    std::vector<Value> items = a.as_list()->items;
    items.insert(items.end(), b.as_list()->items.begin(), b.as_list()->items.end());
    return machine.list(std::move(items), a.as_list()->is_tuple);
  }
  if (op == "*" && y != nullptr && (a.as_text() || a.as_list())) return repeated(machine, a, *y);
  if (op == "*" && x != nullptr && (b.as_text() || b.as_list())) return repeated(machine, b, *x);
  return unordered(machine, std::string(op).c_str(), a, b);
}

Value part_of(const Text& whole, std::string_view view) {
  return whole.foreign.empty() ? Value(view) : Value(whole.part(view));
}

// memmem is linear in the worst case, std::string::find is not.
std::size_t find_text(std::string_view text, std::string_view part) {
  if (part.empty()) return 0;
  // The address sanitizer looks at all of the text in each memmem: many of them would take minutes.
  if (part.size() == 1) return text.find(part.front());
  const void* at = ::memmem(text.data(), text.size(), part.data(), part.size());
  if (at == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

std::size_t find_last_text(Machine& machine, std::string_view text, std::string_view part) {
  // The worst case is the product of the lengths: it has to be paid for.
  if (!machine.spend(text.size() / 64 * (1 + part.size() / 64))) return std::string_view::npos;
  return text.rfind(part);
}

}  // namespace quern::jinja
