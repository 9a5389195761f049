#include "jinja/value.h"

#include <algorithm>

#include "base/utf8.h"
#include "jinja/machine.h"

namespace quern::jinja {
namespace {

// Stops above the limit, far from overflow.
std::size_t added(std::size_t a, std::size_t b) { return std::min(a + b, kMaxValueWeight + 1); }

}  // namespace

double number_of(const Value& value) {
  if (const bool* b = value.as_bool()) return *b ? 1 : 0;
  if (const std::int64_t* i = value.as_int()) return static_cast<double>(*i);
  return *value.as_float();
}

const char* Value::type_name() const {
  static constexpr const char* kNames[] = {"Undefined", "NoneType", "bool", "int",      "float",
                                           "str",       "list",     "dict", "function", "Markup"};
  return kNames[data_.index()];
}

int Value::depth() const {
  if (const List* list = as_list()) return list->depth;
  if (const Dict* dict = as_dict()) return dict->depth;
  if (const Function* function = as_function()) return function->self.depth() + 1;
  return 0;
}

std::size_t Value::weight() const {
  if (const std::string* text = as_text()) return 1 + text->size() / 64;
  if (const List* list = as_list()) return list->weight;
  if (const Dict* dict = as_dict()) return dict->weight;
  if (const Function* function = as_function()) return function->self.weight() + 1;
  return 1;
}

bool Value::holds_namespace() const {
  if (const List* list = as_list()) return list->holds_namespace;
  if (const Dict* dict = as_dict()) return dict->is_namespace || dict->holds_namespace;
  if (const Function* function = as_function()) return function->self.holds_namespace();
  return false;
}

bool Value::holds_foreign() const {
  if (const Text* text = as_traced()) return !text->foreign.empty();
  if (const List* list = as_list()) return list->holds_foreign;
  if (const Dict* dict = as_dict()) return dict->holds_foreign;
  if (const Function* function = as_function()) return function->self.holds_foreign();
  return false;
}

const Value* Dict::find(std::string_view key) const {
  for (const auto& [k, v] : items) {
    if (k.as_text() != nullptr && *k.as_text() == key) return &v;
  }
  return nullptr;
}

const Value* Dict::find(const Value& key) const {
  for (const auto& [k, v] : items) {
    if (equal(k, key)) return &v;
  }
  return nullptr;
}

void Dict::set(Value key, Value value) {
  holds_foreign = holds_foreign || key.holds_foreign() || value.holds_foreign();
  for (auto& [k, v] : items) {
    if (!equal(k, key)) continue;
    v = std::move(value);
    return;
  }
  items.emplace_back(std::move(key), std::move(value));
}

Value make_list(std::vector<Value> items, bool is_tuple) {
  auto list = std::make_shared<List>();
  for (const Value& item : items) {
    list->depth = std::max(list->depth, item.depth() + 1);
    list->weight = added(list->weight, item.weight());
    list->holds_namespace = list->holds_namespace || item.holds_namespace();
    list->holds_foreign = list->holds_foreign || item.holds_foreign();
  }
  list->items = std::move(items);
  list->is_tuple = is_tuple;
  return list;
}

Value make_dict(std::vector<std::pair<Value, Value>> items) {
  auto dict = std::make_shared<Dict>();
  for (const auto& [key, value] : items) {
    dict->depth = std::max({dict->depth, key.depth() + 1, value.depth() + 1});
    dict->weight = added(dict->weight, added(key.weight(), value.weight()));
    dict->holds_namespace =
        dict->holds_namespace || key.holds_namespace() || value.holds_namespace();
    dict->holds_foreign = dict->holds_foreign || key.holds_foreign() || value.holds_foreign();
  }
  dict->items = std::move(items);
  return dict;
}

Value foreign_copy(const Value& value) {
  if (const std::string* text = value.as_text()) {
    std::string storage;
    return Text::of(std::string(repair_utf8(*text, storage)), Origin::kForeign);
  }
  if (const List* list = value.as_list()) {
    std::vector<Value> items;
    for (const Value& item : list->items) items.push_back(foreign_copy(item));
    return make_list(std::move(items), list->is_tuple);
  }
  if (const Dict* dict = value.as_dict()) {
    std::vector<std::pair<Value, Value>> items;
    for (const auto& [key, item] : dict->items) {
      items.emplace_back(foreign_copy(key), foreign_copy(item));
    }
    return make_dict(std::move(items));
  }
  return value;
}

bool is_true(const Value& value) {
  if (value.is_undefined() || value.is_none()) return false;
  if (value.is_number()) return number_of(value) != 0;
  if (const std::string* text = value.as_text()) return !text->empty();
  if (const List* list = value.as_list()) return !list->items.empty();
  if (const Dict* dict = value.as_dict()) return dict->is_namespace || !dict->items.empty();
  return true;
}

bool equal(const Value& a, const Value& b) {
  if (a.as_int() && b.as_int()) return *a.as_int() == *b.as_int();
  if (a.is_number() && b.is_number()) return number_of(a) == number_of(b);
  if (a.as_text() && b.as_text()) return *a.as_text() == *b.as_text();
  if (a.as_list() && b.as_list()) {
    const List& x = *a.as_list();
    const List& y = *b.as_list();
    return x.is_tuple == y.is_tuple &&
           std::equal(x.items.begin(), x.items.end(), y.items.begin(), y.items.end(), equal);
  }
  if (a.as_dict() && b.as_dict()) {
    const Dict& x = *a.as_dict();
    const Dict& y = *b.as_dict();
    if (&x == &y) return true;
    if (x.is_namespace || y.is_namespace || x.items.size() != y.items.size()) return false;
    return std::all_of(x.items.begin(), x.items.end(), [&](const auto& item) {
      const Value* other = y.find(item.first);
      return other != nullptr && equal(item.second, *other);
    });
  }
  if (a.as_function() || b.as_function()) return a.as_function() == b.as_function();
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

}  // namespace quern::jinja
