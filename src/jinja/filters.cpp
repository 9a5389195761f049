// Filters of single values; those of lists are in jinja_list_filters.cpp.
// Source: jinja2/filters.py, and transformers' tojson.

#include "jinja/filters.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/char_class.h"
#include "base/utf8.h"
#include "jinja/format.h"
#include "jinja/ops.h"
#include "jinja/print.h"

namespace quern::jinja {
namespace {

Value text_from(Machine& machine, const Value& value) {
  return value.as_text() != nullptr ? value : machine.text(machine.printed(value));
}

// Filters that are methods of text; other values are printed first.
template <const char* name>
Value text_method(Machine& machine, const Value& self, const Args& args) {
  const Value text = text_from(machine, self);
  return machine.failed() ? Value() : find_method(text, name)(machine, text, args);
}
constexpr char kStrip[] = "strip";
constexpr char kUpper[] = "upper";
constexpr char kLower[] = "lower";
constexpr char kCapitalize[] = "capitalize";
constexpr char kReplace[] = "replace";

bool is_title_separator(CodePoint c) {
  return is_py_space(c) || (c < 0x80 && std::string_view("-([{<").find(static_cast<char>(c)) !=
                                            std::string_view::npos);
}

// The first character of each part between separators becomes upper case, what follows lower case:
// not what the method of that name does.
Value title(Machine& machine, const Value& self, const Args&) {
  const std::string text = machine.printed(self);
  if (!machine.spend(text.size() / 16)) return {};
  const auto cased = [&](std::string_view part, const char* method) {
    const Value whole(part);
    return find_method(whole, method)(machine, whole, {});
  };
  std::string out;
  for (std::size_t pos = 0; pos < text.size();) {
    const Decoded first = decode_utf8(text, pos);
    std::size_t end = pos + static_cast<std::size_t>(first.n_bytes);
    const std::size_t second = end;
    while (end < text.size() && !is_title_separator(first.code)) {
      const Decoded c = decode_utf8(text, end);
      if (is_title_separator(c.code)) break;
      end += static_cast<std::size_t>(c.n_bytes);
    }
    const std::string_view part = std::string_view(text).substr(pos, end - pos);
    const Value head = cased(part.substr(0, second - pos), kUpper);
    const Value rest = cased(part.substr(second - pos), kLower);
    if (machine.failed() || !machine.append(*head.as_text(), out)) return {};
    if (!machine.append(*rest.as_text(), out)) return {};
    pos = end;
  }
  return machine.text(std::move(out));
}

Value length(Machine& machine, const Value& self, const Args&) {
  if (const std::string* text = self.as_text()) {
    machine.spend(text->size() / 64);
    return static_cast<std::int64_t>(count_chars(*text));
  }
  if (const List* list = self.as_list()) return static_cast<std::int64_t>(list->items.size());
  if (const Dict* dict = self.as_dict()) return static_cast<std::int64_t>(dict->items.size());
  if (self.is_undefined()) return 0;
  return machine.fail(std::string("'") + self.type_name() + "' has no length");
}

bool read_indent(Machine& machine, const Args& args, JsonStyle& style) {
  const Value* indent = args.find(1, "indent");
  if (indent == nullptr || indent->is_none()) return true;
  const std::int64_t* n = indent->as_int();
  if (n == nullptr || *n < 0 || *n > 16) {
    machine.fail("tojson takes an indent of 0 to 16", Code::kUnsupported);
    return false;
  }
  style.indent = static_cast<int>(*n);
  style.item_separator = ",";
  return true;
}

bool read_separators(Machine& machine, const Args& args, JsonStyle& style) {
  const Value* given = args.find(2, "separators");
  if (given == nullptr || given->is_none()) return true;
  const List* pair = given->as_list();
  if (pair == nullptr || pair->items.size() != 2 || pair->items[0].as_text() == nullptr ||
      pair->items[1].as_text() == nullptr) {
    machine.fail("tojson takes two separators");
    return false;
  }
  style.item_separator = *pair->items[0].as_text();
  style.key_separator = *pair->items[1].as_text();
  return true;
}

Value tojson(Machine& machine, const Value& self, const Args& args) {
  JsonStyle style;
  style.ensure_ascii = args.is_set(0, "ensure_ascii");
  style.sort_keys = args.is_set(3, "sort_keys");
  if (!read_indent(machine, args, style) || !read_separators(machine, args, style)) return {};
  std::string out;
  switch (append_json(self, style, machine.max_text_bytes(), out)) {
    case Printed::kNoForm:
      return machine.fail(std::string("'") + self.type_name() + "' has no JSON form");
    case Printed::kTooLong:
      return machine.fail_length();
    case Printed::kDone:
      break;
  }
  return machine.text(std::move(out));
}

Value default_value(Machine&, const Value& self, const Args& args) {
  const bool replaced = self.is_undefined() || (args.is_set(1, "boolean") && !is_true(self));
  if (!replaced) return self;
  const Value* fallback = args.find(0, "default_value");
  return fallback != nullptr ? *fallback : Value("");
}

Value string(Machine& machine, const Value& self, const Args&) { return text_from(machine, self); }

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n\r\f\v");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\n\r\f\v") - begin + 1);
}

// Digits may be parted by single underscores; "" if there are others.
std::string without_underscores(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    const bool between = i > 0 && i + 1 < text.size() &&
                         std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0 &&
                         std::isalnum(static_cast<unsigned char>(text[i + 1])) != 0;
    if (!between) return "";
  }
  return out;
}

// The base that a prefix such as "0x" stands for; 0 for none.
int base_of_prefix(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return 0;
  const char letter = static_cast<char>(text[1] | 0x20);
  return letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
}

enum class Read { kNothing, kNumber, kTooLarge };

// The whole text as Python's int(text, base) reads it (of ASCII digits).
Read read_int(std::string_view text, std::int64_t base, std::int64_t& value) {
  text = trimmed(text);
  if (base != 0 && (base < 2 || base > 36)) return Read::kNothing;
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  const int prefix = base_of_prefix(text);
  if (prefix != 0 && (base == 0 || base == prefix)) {
    base = prefix;
    text.remove_prefix(text.size() > 3 && text[2] == '_' ? 3 : 2);
  } else if (base == 0) {
    base = 10;
    if (text.starts_with('0') && text.find_first_not_of("0_") != std::string_view::npos) {
      return Read::kNothing;
    }
  }
  const std::string digits = (is_negative ? "-" : "") + without_underscores(text);
  if (digits.empty() || digits == "-" || text.starts_with('-')) return Read::kNothing;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value, static_cast<int>(base));
  if (read.ptr != end) return Read::kNothing;
  return read.ec == std::errc::result_out_of_range ? Read::kTooLarge : Read::kNumber;
}

// The whole text as Python's float(text) reads it.
bool read_float(std::string_view text, double& value) {
  const std::string digits = without_underscores(trimmed(text));
  std::string_view rest = digits;
  if (rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.empty() || rest.front() == '+' || (rest != digits && rest.front() == '-')) return false;
  const char* end = rest.data() + rest.size();
  const auto read = std::from_chars(rest.data(), end, value);
  if (read.ptr != end || rest.find('(') != std::string_view::npos) return false;
  if (read.ec == std::errc::result_out_of_range)
    value = std::strtod(std::string(rest).c_str(), nullptr);
  return true;
}

// Through float where int does not read it, as jinja2 has it: "42.23" is 42.
Value to_int(Machine& machine, const Value& self, const Args& args) {
  if (self.is_undefined()) return machine.fail("int of an undefined value");
  if (self.as_int() != nullptr) return self;
  if (self.as_bool() != nullptr) return *self.as_bool() ? 1 : 0;
  double real = NAN;
  if (const double* f = self.as_float()) {
    real = *f;
  } else if (const std::string* text = self.as_text()) {
    std::int64_t whole = 0;
    switch (read_int(*text, args.integer_or(1, "base", 10), whole)) {
      case Read::kNumber:
        return whole;
      case Read::kTooLarge:
        return machine.fail("number too large for an integer", Code::kUnsupported);
      case Read::kNothing:
        if (!read_float(*text, real)) real = NAN;
    }
  }
  if (std::isfinite(real) && std::abs(real) >= 9e18) {
    return machine.fail("number too large for an integer", Code::kUnsupported);
  }
  if (std::isfinite(real)) return static_cast<std::int64_t>(real);
  const Value* fallback = args.find(0, "default");
  return fallback != nullptr ? *fallback : Value(0);
}

Value to_float(Machine& machine, const Value& self, const Args& args) {
  if (self.is_undefined()) return machine.fail("float of an undefined value");
  if (self.is_number()) return number_of(self);
  double value = 0;
  if (self.as_text() != nullptr && read_float(*self.as_text(), value)) return value;
  const Value* fallback = args.find(0, "default");
  return fallback != nullptr ? *fallback : Value(0.0);
}

Value absolute(Machine& machine, const Value& self, const Args&) {
  return arithmetic(machine, less(machine, self, 0) ? "-" : "+", 0, self);
}

// Halves of the last digit go by the exact value, as printf and Python do it.
Value round_number(Machine& machine, const Value& self, const Args& args) {
  const auto digits =
      static_cast<int>(std::clamp<std::int64_t>(args.integer_or(0, "precision", 0), 0, 30));
  const Value* method = args.find(1, "method");
  const std::string how = method != nullptr ? machine.printed(*method) : "common";
  if (!self.is_number()) return machine.fail("round takes a number");
  const double value = number_of(self);
  if (how != "common") {
    const double scale = std::pow(10.0, digits);
    return (how == "ceil" ? std::ceil(value * scale) : std::floor(value * scale)) / scale;
  }
  if (self.as_float() == nullptr) return arithmetic(machine, "+", 0, self);
  std::array<char, 400> shown;
  const int n = std::snprintf(shown.data(), shown.size(), "%.*f", digits, value);
  double rounded = value;
  if (n > 0) std::from_chars(shown.data(), shown.data() + n, rounded);
  return rounded;
}

Value items(Machine& machine, const Value& self, const Args& args) {
  if (self.is_undefined()) return machine.list({});
  const Builtin method = self.as_dict() != nullptr ? find_method(self, "items") : nullptr;
  if (method == nullptr) return machine.fail("items needs a dict");
  return method(machine, self, args);
}

// Attributes alone: the items of a dict are none.
Value attribute(Machine& machine, const Value& self, const Args& args) {
  if (self.as_dict() != nullptr) return Value();
  const Value* name = args.find(0, "name");
  return name != nullptr ? attribute_of(machine, self, machine.printed(*name)) : Value();
}

std::string margin_of(const Args& args) {
  const Value* width = args.find(0, "width");
  if (width != nullptr && width->as_text() != nullptr) return *width->as_text();
  const std::int64_t n = std::clamp<std::int64_t>(args.integer_or(0, "width", 4), 0, 256);
  return std::string(static_cast<std::size_t>(n), ' ');
}

Value indent(Machine& machine, const Value& self, const Args& args) {
  if (self.as_text() == nullptr) return machine.fail("indent needs a text");
  const std::string margin = margin_of(args);
  const bool blank = args.is_set(2, "blank");
  const Text text = machine.traced(self);
  Text out;
  bool is_first = true;
  for (std::string_view rest = text.bytes;;) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const bool wants = is_first ? args.is_set(1, "first") : (blank || !line.empty());
    if (wants && !machine.append(margin, out)) return {};
    const auto at = static_cast<std::size_t>(line.data() - text.bytes.data());
    if (!machine.spend(1) || !machine.append(text, at, at + line.size(), out)) return {};
    is_first = false;
    if (end == std::string_view::npos) break;
    out.append(text, at + line.size(), at + line.size() + 1);
    rest.remove_prefix(end + 1);
  }
  return machine.text(std::move(out));
}

Value escape(Machine& machine, const Value& self, const Args&) { return escaped(machine, self); }
Value safe(Machine& machine, const Value& self, const Args&) {
  return Markup{std::make_shared<const Text>(machine.traced(self))};
}

// Runs of what a regex calls \w.
Value wordcount(Machine& machine, const Value& self, const Args&) {
  const std::string text = machine.printed(self);
  if (!machine.spend(text.size() / 16)) return {};
  std::int64_t n = 0;
  bool in_word = false;
  for (std::size_t pos = 0; pos < text.size();) {
    const Decoded c = decode_utf8(text, pos);
    const bool is_word = is_letter(c.code) || is_number(c.code) || c.code == '_';
    if (is_word && !in_word) ++n;
    in_word = is_word;
    pos += static_cast<std::size_t>(c.n_bytes);
  }
  return n;
}

Value format(Machine& machine, const Value& self, const Args& args) {
  if (!args.named.empty()) return machine.fail("format takes no names", Code::kUnsupported);
  return percent_format(machine, machine.traced(self), make_list(args.values, true));
}

constexpr NamedBuiltin kFilters[] = {{"abs", absolute},
                                     {"attr", attribute},
                                     {"capitalize", text_method<kCapitalize>},
                                     {"count", length},
                                     {"d", default_value},
                                     {"default", default_value},
                                     {"e", escape},
                                     {"escape", escape},
                                     {"float", to_float},
                                     {"forceescape", escape},
                                     {"format", format},
                                     {"indent", indent},
                                     {"int", to_int},
                                     {"items", items},
                                     {"length", length},
                                     {"lower", text_method<kLower>},
                                     {"replace", text_method<kReplace>},
                                     {"round", round_number},
                                     {"safe", safe},
                                     {"string", string},
                                     {"title", title},
                                     {"tojson", tojson},
                                     {"trim", text_method<kStrip>},
                                     {"upper", text_method<kUpper>},
                                     {"wordcount", wordcount}};

}  // namespace

Builtin find_filter(std::string_view name) {
  const Builtin found = find_builtin(kFilters, name);
  return found != nullptr ? found : find_list_filter(name);
}

}  // namespace quern::jinja
