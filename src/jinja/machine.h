// What evaluation and built-in functions share: the first error, and the limits on work.

#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "jinja/value.h"

namespace quern::jinja {

struct Limits {
  std::int64_t max_steps = 2'000'000;      // Nodes evaluated, and 64 bytes of text each.
  std::size_t max_text_bytes = 16u << 20;  // Of any one text, the output included.
};

/// The first error stays; what is computed after it does not count.
class Machine {
 public:
  Machine(const Limits& limits, std::time_t now) : limits_(limits), now_(now) {}

  bool failed() const { return !status_.ok(); }
  const Status& status() const { return status_; }
  std::time_t now() const { return now_; }
  std::size_t max_text_bytes() const { return limits_.max_text_bytes; }

  /// Records the error; returns Undefined, for `return machine.fail(...)`.
  Value fail(std::string message, Code code = Code::kBadInput);
  /// The same for a text that is too long.
  Value fail_length();

  /// Counts work; fails when the limit is reached. False once failed.
  bool spend(std::size_t n_steps);

  /// Counts a text that was made, and refuses one that is too long.
  Value text(std::string made);

  /// Adds to a text in the making. False, and an error, when that gets too long.
  bool append(std::string_view more, std::string& out);

  /// Counts a container that was made, and refuses one that is too deep or too heavy.
  Value list(std::vector<Value> items, bool is_tuple = false);
  Value dict(std::vector<std::pair<Value, Value>> items);

  /// The value as {{ value }} prints it; "" once failed.
  std::string printed(const Value& value);

  /// a == b, counted.
  bool same(const Value& a, const Value& b);

 private:
  Value checked(Value made);

  const Limits limits_;
  const std::time_t now_;
  std::int64_t n_steps_ = 0;
  Status status_;
};

struct Args {
  std::vector<Value> values;
  std::vector<std::pair<std::string, Value>> named;

  /// By place or by name; null if it was not given.
  const Value* find(std::size_t place, std::string_view name) const;
  bool is_set(std::size_t place, std::string_view name) const;  // Given, and true.
  std::int64_t integer_or(std::size_t place, std::string_view name, std::int64_t fallback) const;
};

/// A function, filter, test or method of the language. `self` is what stands before the bar, the
/// "is" or the dot.
using Builtin = Value (*)(Machine& machine, const Value& self, const Args& args);

struct NamedBuiltin {
  std::string_view name;
  Builtin builtin;
};

struct Stmt;

struct Function {
  const Stmt* macro = nullptr;  // One of these two.
  Builtin builtin = nullptr;
  Value self = {};
  std::uint64_t scope = 0;  // Of a macro: the number of the scope that it was made in.
};

/// Null if there is none of that name.
Builtin find_filter(std::string_view name);
Builtin find_test(std::string_view name);
Builtin find_function(std::string_view name);
Builtin find_method(const Value& self, std::string_view name);

template <std::size_t N>
Builtin find_builtin(const NamedBuiltin (&table)[N], std::string_view name) {
  for (const NamedBuiltin& named : table) {
    if (named.name == name) return named.builtin;
  }
  return nullptr;
}

}  // namespace quern::jinja
