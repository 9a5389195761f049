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

Value Machine::call(Builtin builtin, const Value& self, const Args& args) {
  const auto is_foreign = [](const auto& named) { return named.second.holds_foreign(); };
  const bool any = self.holds_foreign() ||
                   std::any_of(args.values.begin(), args.values.end(),
                               [](const Value& value) { return value.holds_foreign(); }) ||
                   std::any_of(args.named.begin(), args.named.end(), is_foreign);
  const Origin before = std::exchange(origin_, any ? Origin::kForeign : Origin::kTemplate);
  Value result = builtin(*this, self, args);
  origin_ = before;
  return result;
}

Value Machine::text(std::string made) { return text(Text::of(std::move(made), origin_)); }

Value Machine::text(Text made) {
  if (made.bytes.size() > limits_.max_text_bytes) return fail_length();
  return spend(made.bytes.size() / 64) ? Value(std::move(made)) : Value();
}

bool Machine::append(std::string_view more, std::string& out) {
  if (!spend(more.size() / 64)) return false;
  out += more;
  if (out.size() > limits_.max_text_bytes) fail_length();
  return !failed();
}

bool Machine::append(std::string_view more, Text& out, Origin origin) {
  if (!spend(more.size() / 64)) return false;
  out.append(more, origin);
  if (out.bytes.size() > limits_.max_text_bytes) fail_length();
  return !failed();
}

bool Machine::append(const Text& more, std::size_t begin, std::size_t end, Text& out) {
  if (!spend((end - begin) / 64)) return false;
  out.append(more, begin, end);
  if (out.bytes.size() > limits_.max_text_bytes) fail_length();
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

Text Machine::traced(const Value& value) {
  const Text* text = value.as_traced();
  if (text == nullptr) {
    return Text::of(printed(value), value.holds_foreign() ? Origin::kForeign : Origin::kTemplate);
  }
  return spend(text->bytes.size() / 64) ? *text : Text();
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
