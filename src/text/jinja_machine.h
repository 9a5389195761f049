// What evaluation and built-in functions share: the first error, and the limits on work.

#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "text/jinja_value.h"

namespace quern::text::jinja {

struct Limits {
  std::int64_t max_steps = 2'000'000;         // Nodes evaluated, and 64 bytes of text each.
  std::size_t max_text_bytes = 16u << 20;     // Of any one text, the output included.
};

/// The first error stays; what is computed after it does not count.
class Machine {
 public:
  Machine(const Limits& limits, std::time_t now) : limits_(limits), now_(now) {}

  bool failed() const { return !status_.ok(); }
  const Status& status() const { return status_; }
  std::time_t now() const { return now_; }

  /// Records the error; returns Undefined, for `return machine.fail(...)`.
  Value fail(std::string message, Code code = Code::kBadInput);

  /// Counts work; fails when the limit is reached. False once failed.
  bool spend(std::size_t n_steps);

  /// Counts a text that was made, and refuses one that is too long.
  Value text(std::string made);

  /// Counts a list that was made, and refuses one that nests too deeply.
  Value list(std::vector<Value> items, bool is_tuple = false);
  Value dict(std::vector<std::pair<Value, Value>> items);

 private:
  Value checked_depth(Value made);

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
};

/// A function, filter, test or method of the language. `self` is what stands before the bar, the
/// "is" or the dot.
using Builtin = Value (*)(Machine& machine, const Value& self, const Args& args);

struct Stmt;

struct Function {
  const Stmt* macro = nullptr;  // One of these two.
  Builtin builtin = nullptr;
  Value self;
};

/// Null if there is none of that name.
Builtin find_filter(std::string_view name);
Builtin find_test(std::string_view name);
Builtin find_function(std::string_view name);
Builtin find_method(const Value& self, std::string_view name);

/// The members of a list, the keys of a dict, the characters of a text.
std::vector<Value> members_of(Machine& machine, const Value& value);

/// self.name and self[key] as the language defines them.
Value attribute_of(Machine& machine, const Value& self, std::string_view name);
Value item_of(Machine& machine, const Value& self, const Value& key);
Value slice_of(Machine& machine, const Value& self, const Value* start, const Value* stop,
               const Value* step);

bool contains(Machine& machine, const Value& container, const Value& member);

/// a < b; fails for types that have no order.
bool less(Machine& machine, const Value& a, const Value& b);

/// "+", "-", "*", "/", "//", "%", "**", "~".
Value arithmetic(Machine& machine, std::string_view op, const Value& a, const Value& b);

}  // namespace quern::text::jinja
