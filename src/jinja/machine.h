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

struct Args;

/// A function, filter, test or method of the language. `self` is what stands before the bar, the
/// "is" or the dot.
using Builtin = Value (*)(class Machine& machine, const Value& self, const Args& args);

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

  Value call(Builtin builtin, const Value& self, const Args& args);

  /// Counts a text that was made, and refuses one that is too long. Without origins all of it is
  /// foreign if something that the built-in was called with is.
  Value text(std::string made);
  Value text(Text made);

  /// Adds to a text in the making. False, and an error, when that gets too long.
  bool append(std::string_view more, std::string& out);
  bool append(std::string_view more, Text& out, Origin origin = Origin::kTemplate);
  bool append(const Text& more, std::size_t begin, std::size_t end, Text& out);
  bool append(const Text& more, Text& out) { return append(more, 0, more.bytes.size(), out); }

  /// Counts a container that was made, and refuses one that is too deep or too heavy.
  Value list(std::vector<Value> items, bool is_tuple = false);
  Value dict(std::vector<std::pair<Value, Value>> items);

  /// The value as {{ value }} prints it; "" once failed.
  std::string printed(const Value& value);

  /// The same with the origin of its bytes; a container that holds foreign text is foreign as a
  /// whole.
  Text traced(const Value& value);

  /// a == b, counted.
  bool same(const Value& a, const Value& b);

 private:
  Value checked(Value made);

  const Limits limits_;
  const std::time_t now_;
  std::int64_t n_steps_ = 0;
  Origin origin_ = Origin::kTemplate;  // Of what the running built-in makes.
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
