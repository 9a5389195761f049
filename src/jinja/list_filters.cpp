// Filters of lists, and of what can be made one. Source: jinja2/filters.py.

#include <algorithm>
#include <charconv>

#include "jinja/filters.h"
#include "jinja/ops.h"

namespace quern::jinja {
namespace {

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

Value attribute_or_item(Machine& machine, const Value& item, const Value* attribute) {
  if (attribute == nullptr || attribute->is_none()) return item;
  return path_of(machine, item, machine.printed(*attribute));
}

Value join(Machine& machine, const Value& self, const Args& args) {
  const Value* separator = args.find(0, "d");
  const Text between = separator != nullptr ? machine.traced(*separator) : Text();
  Text out;
  bool is_first = true;
  for (const Value& item : members_of(machine, self)) {
    if (!is_first && !machine.append(between, out)) return {};
    is_first = false;
    const Value part = attribute_or_item(machine, item, args.find(1, "attribute"));
    if (!machine.spend(1) || !machine.append(machine.traced(part), out)) return {};
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

Value reverse(Machine& machine, const Value& self, const Args&) {
  auto members = members_of(machine, self);
  std::reverse(members.begin(), members.end());
  if (self.as_text() == nullptr) return machine.list(std::move(members));
  std::string out;
  for (const Value& c : members) out += *c.as_text();
  return machine.text(std::move(out));
}

// Texts are compared in lower case unless the case counts.
Value key_of(Machine& machine, const Value& item, const Value* attribute, bool case_sensitive) {
  Value key = attribute_or_item(machine, item, attribute);
  if (key.as_text() == nullptr || case_sensitive) return key;
  return find_method(key, "lower")(machine, key, {});
}

struct SortRules {
  const Value* attribute = nullptr;
  bool case_sensitive = false;
  bool descending = false;
};

Value sorted(Machine& machine, const std::vector<Value>& items, const SortRules& rules) {
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : items) {
    keyed.emplace_back(key_of(machine, item, rules.attribute, rules.case_sensitive), item);
  }
  if (!machine.spend(keyed.size() * 8)) return {};
  // After a failure nothing is less than anything: an order that no sort trips over.
  const auto is_less = [&](const Value& a, const Value& b) {
    return !machine.failed() && less(machine, a, b) && !machine.failed();
  };
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return rules.descending ? is_less(b.first, a.first) : is_less(a.first, b.first);
  });
  std::vector<Value> made;
  for (auto& [key, item] : keyed) made.push_back(std::move(item));
  return machine.list(std::move(made));
}

Value sort(Machine& machine, const Value& self, const Args& args) {
  return sorted(machine, members_of(machine, self),
                {.attribute = args.find(2, "attribute"),
                 .case_sensitive = args.is_set(1, "case_sensitive"),
                 .descending = args.is_set(0, "reverse")});
}

Value dictsort(Machine& machine, const Value& self, const Args& args) {
  const Dict* dict = self.as_dict();
  if (dict == nullptr) return machine.fail("dictsort needs a dict");
  std::vector<Value> pairs;
  for (const auto& [key, value] : dict->items) pairs.push_back(machine.list({key, value}, true));
  const Value* by = args.find(1, "by");
  const Value place = by != nullptr && machine.printed(*by) == "value" ? 1 : 0;
  return sorted(machine, pairs,
                {.attribute = &place,
                 .case_sensitive = args.is_set(0, "case_sensitive"),
                 .descending = args.is_set(2, "reverse")});
}

Value extreme(Machine& machine, const Value& self, const Args& args, bool largest) {
  Value best;
  Value best_key;
  bool is_first = true;
  for (const Value& item : members_of(machine, self)) {
    const Value key =
        key_of(machine, item, args.find(1, "attribute"), args.is_set(0, "case_sensitive"));
    if (is_first || (largest ? less(machine, best_key, key) : less(machine, key, best_key))) {
      best = item;
      best_key = key;
    }
    is_first = false;
    if (machine.failed()) return {};
  }
  return best;
}
Value minimum(Machine& m, const Value& self, const Args& a) { return extreme(m, self, a, false); }
Value maximum(Machine& m, const Value& self, const Args& a) { return extreme(m, self, a, true); }

Value sum(Machine& machine, const Value& self, const Args& args) {
  const Value* start = args.find(1, "start");
  Value total = start != nullptr ? *start : Value(0);
  for (const Value& item : members_of(machine, self)) {
    if (!machine.spend(1)) return {};
    total = arithmetic(machine, "+", total,
                       attribute_or_item(machine, item, args.find(0, "attribute")));
  }
  return total;
}

Value unique(Machine& machine, const Value& self, const Args& args) {
  std::vector<Value> kept;
  std::vector<Value> keys;
  for (const Value& item : members_of(machine, self)) {
    Value key = key_of(machine, item, args.find(1, "attribute"), args.is_set(0, "case_sensitive"));
    if (!machine.spend(1 + keys.size() / 8)) return {};
    const bool known = std::any_of(keys.begin(), keys.end(),
                                   [&](const Value& other) { return machine.same(key, other); });
    if (known) continue;
    kept.push_back(item);
    keys.push_back(std::move(key));
  }
  return machine.list(std::move(kept));
}

Args after_first(const Args& args) {
  Args rest = args;
  if (!rest.values.empty()) rest.values.erase(rest.values.begin());
  return rest;
}

// What is false has none, whatever its type.
std::vector<Value> members_or_none(Machine& machine, const Value& value) {
  return is_true(value) ? members_of(machine, value) : std::vector<Value>();
}

Value map(Machine& machine, const Value& self, const Args& args) {
  const bool by_name = !args.values.empty();
  const Value* attribute = by_name ? nullptr : args.find(0, "attribute");
  const Value* fallback = by_name ? nullptr : args.find(1, "default");
  const Builtin filter = by_name ? find_filter(machine.printed(args.values.front())) : nullptr;
  if (attribute == nullptr && filter == nullptr) {
    return machine.fail("map needs a known filter or an attribute", Code::kUnsupported);
  }
  const Args rest = after_first(args);
  std::vector<Value> made;
  for (const Value& item : members_or_none(machine, self)) {
    if (!machine.spend(1)) return {};
    Value value = filter != nullptr ? filter(machine, item, rest)
                                    : attribute_or_item(machine, item, attribute);
    if (value.is_undefined() && fallback != nullptr) value = *fallback;
    made.push_back(std::move(value));
  }
  return machine.list(std::move(made));
}

enum class Keep { kWhatHolds, kWhatDoesNot };

// The items for which a test holds (without one: that are true), or an attribute of theirs.
Value chosen(Machine& machine, const Value& self, Args args, const Value* attribute, Keep keep) {
  const bool has_test = !args.values.empty();
  const std::string name = has_test ? machine.printed(args.values.front()) : "";
  const Builtin test = has_test ? find_test(name) : nullptr;
  if (has_test && test == nullptr) {
    return machine.fail("no test named '" + name + "'", Code::kUnsupported);
  }
  args = after_first(args);
  std::vector<Value> kept;
  for (const Value& item : members_or_none(machine, self)) {
    if (!machine.spend(1)) return {};
    const Value value = attribute_or_item(machine, item, attribute);
    const bool holds = is_true(test != nullptr ? test(machine, value, args) : value);
    if (holds == (keep == Keep::kWhatHolds)) kept.push_back(item);
  }
  return machine.list(std::move(kept));
}

Value chosen_by_attribute(Machine& machine, const Value& self, const Args& args, Keep keep) {
  if (args.values.empty()) return machine.fail("the name of an attribute is missing");
  const Value attribute = args.values.front();
  return chosen(machine, self, after_first(args), &attribute, keep);
}

Value select(Machine& m, const Value& self, const Args& args) {
  return chosen(m, self, args, nullptr, Keep::kWhatHolds);
}
Value reject(Machine& m, const Value& self, const Args& args) {
  return chosen(m, self, args, nullptr, Keep::kWhatDoesNot);
}
Value selectattr(Machine& m, const Value& self, const Args& args) {
  return chosen_by_attribute(m, self, args, Keep::kWhatHolds);
}
Value rejectattr(Machine& m, const Value& self, const Args& args) {
  return chosen_by_attribute(m, self, args, Keep::kWhatDoesNot);
}

constexpr std::int64_t kMostParts = 100'000;

// Lists of n items each; the last is filled up.
Value batch(Machine& machine, const Value& self, const Args& args) {
  const std::int64_t n = args.integer_or(0, "linecount", 0);
  if (n < 1 || n > kMostParts) return machine.fail("batch takes the number of items");
  const Value* fill = args.find(1, "fill_with");
  std::vector<Value> parts;
  std::vector<Value> part;
  const auto members = members_of(machine, self);
  for (const Value& item : members) {
    part.push_back(item);
    if (part.size() == static_cast<std::size_t>(n)) {
      parts.push_back(machine.list(std::exchange(part, {})));
    }
  }
  if (!part.empty()) {
    if (fill != nullptr && !fill->is_none()) part.resize(static_cast<std::size_t>(n), *fill);
    parts.push_back(machine.list(std::move(part)));
  }
  return machine.list(std::move(parts));
}

// n lists of about the same length; the shorter ones are filled up.
Value slice(Machine& machine, const Value& self, const Args& args) {
  const std::int64_t n = args.integer_or(0, "slices", 0);
  if (n < 1 || n > kMostParts) return machine.fail("slice takes the number of lists");
  if (!machine.spend(static_cast<std::size_t>(n))) return {};
  const Value* fill = args.find(1, "fill_with");
  const auto members = members_of(machine, self);
  const auto n_parts = static_cast<std::size_t>(n);
  const std::size_t n_longer = members.size() % n_parts;
  std::vector<Value> parts;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < n_parts; ++i) {
    const std::size_t end = begin + members.size() / n_parts + (i < n_longer ? 1 : 0);
    std::vector<Value> part(members.begin() + static_cast<std::ptrdiff_t>(begin),
                            members.begin() + static_cast<std::ptrdiff_t>(end));
    if (fill != nullptr && !fill->is_none() && i >= n_longer) part.push_back(*fill);
    parts.push_back(machine.list(std::move(part)));
    begin = end;
  }
  return machine.list(std::move(parts));
}

constexpr NamedBuiltin kFilters[] = {{"batch", batch},
                                     {"dictsort", dictsort},
                                     {"first", first},
                                     {"join", join},
                                     {"last", last},
                                     {"list", list},
                                     {"map", map},
                                     {"max", maximum},
                                     {"min", minimum},
                                     {"reject", reject},
                                     {"rejectattr", rejectattr},
                                     {"reverse", reverse},
                                     {"select", select},
                                     {"selectattr", selectattr},
                                     {"slice", slice},
                                     {"sort", sort},
                                     {"sum", sum},
                                     {"unique", unique}};

}  // namespace

Builtin find_list_filter(std::string_view name) { return find_builtin(kFilters, name); }

}  // namespace quern::jinja
