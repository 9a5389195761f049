#include "jinja/format.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "base/utf8.h"

namespace quern::jinja {
namespace {

constexpr int kMaxWidth = 1000;

class PercentFormat {
 public:
  PercentFormat(Machine& machine, const Text& format, const Value& values)
      : machine_(machine), format_(format), rest_(format.bytes), values_(values) {
    const List* list = values.as_list();
    items_ = list != nullptr && list->is_tuple ? list->items : std::vector<Value>{values};
  }

  Value run() {
    Text out;
    while (!machine_.failed() && !rest_.empty()) {
      const std::size_t n = std::min(rest_.find('%'), rest_.size());
      append_part(rest_.substr(0, n), out);
      rest_.remove_prefix(n);
      if (!rest_.empty()) append_field(out);
    }
    // A list or a dict may be meant for names, so it need not be used up.
    const List* list = values_.as_list();
    const bool must_all_go = list != nullptr ? list->is_tuple : values_.is_scalar();
    if (must_all_go && n_used_ < items_.size()) {
      return machine_.fail("not all values were formatted");
    }
    return machine_.text(std::move(out));
  }

 private:
  struct Field {
    std::string flags;
    int width = 0;
    int precision = -1;
    char type = 0;
  };

  // Of the format itself.
  void append_part(std::string_view part, Text& out) {
    const auto begin = static_cast<std::size_t>(part.data() - format_.bytes.data());
    machine_.append(format_, begin, begin + part.size(), out);
  }

  int take_number() {
    int n = 0;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9' && n <= kMaxWidth) {
      n = n * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return n;
  }

  Field take_field() {
    Field field;
    rest_.remove_prefix(1);
    while (!rest_.empty() && std::string_view("-0+").find(rest_[0]) != std::string_view::npos) {
      if (field.flags.find(rest_[0]) == std::string::npos) field.flags += rest_[0];
      rest_.remove_prefix(1);
    }
    field.width = take_number();
    if (rest_.starts_with('.')) {
      rest_.remove_prefix(1);
      field.precision = take_number();
    }
    if (rest_.empty()) {
      machine_.fail("incomplete format");
    } else {
      field.type = rest_[0];
      rest_.remove_prefix(1);
    }
    if (field.width > kMaxWidth || field.precision > kMaxWidth) {
      machine_.fail("a format is wider than 1000", Code::kUnsupported);
    }
    return field;
  }

  void append_field(Text& out) {
    const Origin origin = format_.origin_of(format_.bytes.size() - rest_.size());
    const Field field = take_field();
    if (machine_.failed()) return;
    if (field.type == '%') {
      out.append("%", origin);
      return;
    }
    if (n_used_ == items_.size()) {
      machine_.fail("not enough values for the format");
      return;
    }
    const Value& value = items_[n_used_++];
    if (field.type == 's' || field.type == 'r') return append_shown(field, value, out);
    append_number(field, value, out);
  }

  void append_shown(const Field& field, const Value& value, Text& out) {
    Text text;
    if (field.type == 'r') {  // As it is shown inside a list.
      text = machine_.traced(machine_.list({value}));
      if (text.bytes.size() >= 2) text = text.part(1, text.bytes.size() - 1);
    } else {
      text = machine_.traced(value);
    }
    if (field.precision >= 0) {
      std::size_t end = 0;
      for (int i = 0; i < field.precision && end < text.bytes.size(); ++i) {
        end += static_cast<std::size_t>(decode_utf8(text.bytes, end).n_bytes);
      }
      text = text.part(0, end);
    }
    const std::size_t n_chars = count_chars(text.bytes);
    const auto width = static_cast<std::size_t>(field.width);
    const std::string pad(width > n_chars ? width - n_chars : 0, ' ');
    const bool is_left = field.flags.find('-') != std::string::npos;
    if (!is_left) machine_.append(pad, out);
    machine_.append(text, out);
    if (is_left) machine_.append(pad, out);
  }

  void append_number(const Field& field, const Value& value, Text& out) {
    const bool is_real = field.type == 'f';
    if (!is_real && std::string_view("dix").find(field.type) == std::string_view::npos) {
      machine_.fail(std::string("format '%") + field.type + "' is not known", Code::kUnsupported);
      return;
    }
    if (!value.is_number() || (field.type == 'x' && value.as_float() != nullptr)) {
      machine_.fail(std::string("'%") + field.type + "' needs a number, not " + value.type_name());
      return;
    }
    const double real = number_of(value);
    if (!is_real && !(real > -9e18 && real < 9e18)) {
      machine_.fail("number too large to format", Code::kUnsupported);
      return;
    }
    long long whole = value.as_int() != nullptr ? *value.as_int() : static_cast<long long>(real);
    std::string spec = "%" + field.flags + std::to_string(field.width);
    if (field.precision >= 0) spec += "." + std::to_string(field.precision);
    std::array<char, 2 * kMaxWidth + 400> shown;
    int n = 0;
    if (is_real) {
      n = std::snprintf(shown.data(), shown.size(), (spec + "f").c_str(), real);
    } else if (field.type == 'x' && whole < 0) {  // C would show the two's complement.
      machine_.fail("a negative number as hex", Code::kUnsupported);
    } else {
      n = std::snprintf(shown.data(), shown.size(),
                        (spec + (field.type == 'x' ? "llx" : "lld")).c_str(), whole);
    }
    machine_.append(std::string_view(shown.data(), static_cast<std::size_t>(std::max(n, 0))), out);
  }

  Machine& machine_;
  const Text& format_;
  std::string_view rest_;
  const Value& values_;
  std::vector<Value> items_;
  std::size_t n_used_ = 0;
};

}  // namespace

Value percent_format(Machine& machine, const Text& format, const Value& values) {
  return PercentFormat(machine, format, values).run();
}

Value brace_format(Machine& machine, const Value& self, const Args& args) {
  const Text& format = *self.as_traced();
  std::string_view rest = format.bytes;
  Text out;
  std::size_t next = 0;
  while (!machine.failed() && !rest.empty()) {
    const std::size_t n = std::min(rest.find_first_of("{}"), rest.size());
    const std::size_t at = format.bytes.size() - rest.size();
    machine.append(format, at, at + n, out);
    rest.remove_prefix(n);
    if (rest.empty()) break;
    if (rest.starts_with("{{") || rest.starts_with("}}")) {
      out.append(format, at + n, at + n + 1);
      rest.remove_prefix(2);
      continue;
    }
    const std::size_t end = rest.find('}');
    if (rest[0] == '}' || end == std::string_view::npos)
      return machine.fail("single brace in format");
    const std::string_view name = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (name.find_first_of(":!.[{") != std::string_view::npos) {
      return machine.fail("format '{" + std::string(name) + "}' is not supported",
                          Code::kUnsupported);
    }
    std::size_t place = next;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), place);
    const bool is_place = name.empty() || parsed.ptr == name.data() + name.size();
    if (name.empty()) ++next;
    const Value* value = args.find(is_place ? place : args.values.size(), name);
    if (value == nullptr) return machine.fail("no value for '{" + std::string(name) + "}'");
    machine.append(machine.traced(*value), out);
  }
  return machine.text(std::move(out));
}

}  // namespace quern::jinja
