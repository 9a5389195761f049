#include "jinja/machine.h"

#include <algorithm>

#include "jinja/print.h"

namespace quern::jinja {

Value Machine::fail(std::string message, Code code) {
  if (status_.ok()) status_ = Status(code, std::move(message));
  return {};
}

Value Machine::fail_length() {
  return fail(
      "the template makes more than " + std::to_string(limits_.max_text_bytes) + " bytes of text",
      Code::kExhausted);
}

bool Machine::spend(std::size_t n_steps) {
  if (failed()) return false;
  const auto left = static_cast<std::uint64_t>(limits_.max_steps - n_steps_);
  if (n_steps > left) {
    fail("the template takes more than " + std::to_string(limits_.max_steps) + " steps",
         Code::kExhausted);
    return false;
  }
  n_steps_ += static_cast<std::int64_t>(n_steps);
  return true;
}

Value Machine::text(std::string made) {
  if (made.size() > limits_.max_text_bytes) return fail_length();
  return spend(made.size() / 64) ? Value(std::move(made)) : Value();
}

bool Machine::append(std::string_view more, std::string& out) {
  if (!spend(more.size() / 64)) return false;
  out += more;
  if (out.size() > limits_.max_text_bytes) fail_length();
  return !failed();
}

Value Machine::checked(Value made) {
  if (made.depth() > kMaxValueDepth) return fail("value nests too deeply", Code::kUnsupported);
  if (made.weight() > kMaxValueWeight) return fail("value is too large", Code::kExhausted);
  return made;
}

Value Machine::list(std::vector<Value> items, bool is_tuple) {
  if (!spend(items.size() / 4)) return {};
  return checked(make_list(std::move(items), is_tuple));
}

Value Machine::dict(std::vector<std::pair<Value, Value>> items) {
  if (!spend(items.size() / 2)) return {};
  return checked(make_dict(std::move(items)));
}

std::string Machine::printed(const Value& value) {
  std::string out;
  if (failed()) return out;
  if (append_text(value, limits_.max_text_bytes, out) != Printed::kDone) fail_length();
  if (!spend(out.size() / 64)) out.clear();
  return out;
}

bool Machine::same(const Value& a, const Value& b) {
  return spend(std::min(a.weight(), b.weight()) / 8) && equal(a, b);
}

const Value* Args::find(std::size_t place, std::string_view name) const {
  if (place < values.size()) return &values[place];
  for (const auto& [key, value] : named) {
    if (key == name) return &value;
  }
  return nullptr;
}

bool Args::is_set(std::size_t place, std::string_view name) const {
  const Value* value = find(place, name);
  return value != nullptr && is_true(*value);
}

std::int64_t Args::integer_or(std::size_t place, std::string_view name,
                              std::int64_t fallback) const {
  const Value* value = find(place, name);
  return value != nullptr && value->as_int() != nullptr ? *value->as_int() : fallback;
}

}  // namespace quern::jinja
