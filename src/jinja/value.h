// Values of the template language: Python's, as far as chat templates see them.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "jinja/text.h"

namespace quern::jinja {

struct List;
struct Dict;
struct Function;

struct Undefined {};
struct None {};

/// A text that "safe" or "escape" made: what is added to it gets escaped. Rare, but the templates
/// that use it depend on it.
struct Markup {
  std::shared_ptr<const Text> text;
};

/// Cheap to copy: text, lists and dicts are shared. Only namespaces change after they are made.
class Value {
 public:
  Value() = default;  // Undefined.
  Value(None) : data_(None{}) {}
  Value(bool value) : data_(value) {}
  Value(int value) : data_(static_cast<std::int64_t>(value)) {}
  Value(std::int64_t value) : data_(value) {}
  Value(double value) : data_(value) {}
  Value(Text text) : data_(std::make_shared<const Text>(std::move(text))) {}
  Value(std::string text) : Value(Text{std::move(text), {}}) {}
  Value(std::string_view text) : Value(std::string(text)) {}
  Value(const char* text) : Value(std::string(text)) {}
  Value(Markup markup) : data_(std::move(markup)) {}
  Value(std::shared_ptr<List> list) : data_(std::move(list)) {}
  Value(std::shared_ptr<Dict> dict) : data_(std::move(dict)) {}
  Value(std::shared_ptr<const Function> function) : data_(std::move(function)) {}

  bool is_undefined() const { return std::holds_alternative<Undefined>(data_); }
  bool is_none() const { return std::holds_alternative<None>(data_); }
  bool is_number() const { return as_int() || as_float() || as_bool(); }
  bool is_scalar() const { return is_none() || is_number() || as_text() != nullptr; }

  /// Null unless the value is of that type.
  const bool* as_bool() const { return std::get_if<bool>(&data_); }
  const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&data_); }
  const double* as_float() const { return std::get_if<double>(&data_); }
  const std::string* as_text() const {
    const Text* text = as_traced();
    return text != nullptr ? &text->bytes : nullptr;
  }
  /// The text with the origin of its bytes.
  const Text* as_traced() const {
    const auto* markup = std::get_if<Markup>(&data_);
    return markup != nullptr ? markup->text.get() : pointee<const Text>();
  }
  bool is_markup() const { return std::holds_alternative<Markup>(data_); }
  List* as_list() const { return pointee<List>(); }
  Dict* as_dict() const { return pointee<Dict>(); }
  const Function* as_function() const { return pointee<const Function>(); }

  /// "dict", "str", ...: Python's name of the type, for messages.
  const char* type_name() const;

  /// How deep containers nest: 0 for scalars.
  int depth() const;

  /// What walking the value costs: its scalars (each time they occur), and 64 bytes of text each.
  std::size_t weight() const;
  bool holds_namespace() const;

  /// True if a text in it, at whatever depth, has bytes from outside the template.
  bool holds_foreign() const;

 private:
  template <typename T>
  T* pointee() const {
    const auto* shared = std::get_if<std::shared_ptr<T>>(&data_);
    return shared == nullptr ? nullptr : shared->get();
  }

  std::variant<Undefined, None, bool, std::int64_t, double, std::shared_ptr<const Text>,
               std::shared_ptr<List>, std::shared_ptr<Dict>, std::shared_ptr<const Function>,
               Markup>
      data_;
};

struct List {
  std::vector<Value> items;
  bool is_tuple = false;
  int depth = 1;
  std::size_t weight = 1;
  bool holds_namespace = false;
  bool holds_foreign = false;
};

struct Dict {
  std::vector<std::pair<Value, Value>> items;  // In order of insertion; keys are scalars, differ.
  bool is_namespace = false;
  int depth = 1;
  std::size_t weight = 1;
  bool holds_namespace = false;
  bool holds_foreign = false;

  const Value* find(std::string_view key) const;
  const Value* find(const Value& key) const;
  void set(Value key, Value value);  // Of a dict that nobody else holds yet.
};

/// Deeper and heavier values are refused where they are made, so walking them needs no check. (One
/// value can occur in many places: without a limit, few steps make one that takes years to walk.)
constexpr int kMaxValueDepth = 200;
constexpr std::size_t kMaxValueWeight = 4'000'000;

Value make_list(std::vector<Value> items, bool is_tuple = false);
Value make_dict(std::vector<std::pair<Value, Value>> items);

/// The same value, all of whose texts are from outside the template; ill-formed UTF-8 is repaired.
Value foreign_copy(const Value& value);

bool is_true(const Value& value);

/// Cost: the lesser weight of the two.
bool equal(const Value& a, const Value& b);

/// Of a number.
double number_of(const Value& value);

}  // namespace quern::jinja
