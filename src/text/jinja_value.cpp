#include "text/jinja_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "text/jinja_machine.h"

namespace quern::text::jinja {
namespace {

// Python's repr of a float: the shortest digits that read back the same; exponents from 1e16 on.
void append_float(double value, std::string& out, bool as_json) {
  if (std::isnan(value)) {
    out += as_json ? "NaN" : "nan";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-" : "";
    out += as_json ? "Infinity" : "inf";
    return;
  }
  std::array<char, 64> digits;
  const double size = std::abs(value);
  const bool scientific = size != 0 && (size >= 1e16 || size < 1e-4);
  const auto end = std::to_chars(digits.begin(), digits.end(), value,
                                 scientific ? std::chars_format::scientific
                                            : std::chars_format::fixed);
  const std::string_view text(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
  out += text;
  if (!scientific && text.find('.') == std::string_view::npos) out += ".0";
}

void append_code(const char* format, unsigned code, std::string& out) {
  std::array<char, 16> escaped;
  std::snprintf(escaped.data(), escaped.size(), format, code);
  out += escaped.data();
}

// Python's repr of a string.
void append_quoted(std::string_view text, std::string& out) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  out += quote;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      append_code("\\x%02x", static_cast<unsigned char>(c), out);
    } else {
      out += c;
    }
  }
  out += quote;
}

void append_json_text(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          append_code("\\u%04x", static_cast<unsigned char>(c), out);
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_repr(const Value& value, std::string& out);

void append_list(const List& list, std::string& out) {
  out += list.is_tuple ? '(' : '[';
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) out += ", ";
    append_repr(list.items[i], out);
  }
  if (list.is_tuple && list.items.size() == 1) out += ',';
  out += list.is_tuple ? ')' : ']';
}

void append_dict(const Dict& dict, std::string& out) {
  if (dict.is_namespace) out += "<Namespace ";
  out += '{';
  for (std::size_t i = 0; i < dict.items.size(); ++i) {
    if (i > 0) out += ", ";
    append_repr(dict.items[i].first, out);
    out += ": ";
    append_repr(dict.items[i].second, out);
  }
  out += '}';
  if (dict.is_namespace) out += '>';
}

void append_repr(const Value& value, std::string& out) {
  if (const std::string* text = value.as_text()) return append_quoted(*text, out);
  if (value.is_undefined()) {
    out += "Undefined";
    return;
  }
  append_text(value, out);
}

double number_of(const Value& value) {
  if (const bool* b = value.as_bool()) return *b ? 1 : 0;
  if (const std::int64_t* i = value.as_int()) return static_cast<double>(*i);
  return *value.as_float();
}

void append_break(int indent, int level, std::string& out) {
  if (indent < 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent) * static_cast<std::size_t>(level), ' ');
}

}  // namespace

const char* Value::type_name() const {
  static constexpr const char* kNames[] = {"Undefined", "NoneType", "bool", "int",     "float",
                                           "str",       "list",     "dict", "function"};
  return kNames[data_.index()];
}

int Value::depth() const {
  if (const List* list = as_list()) return list->depth;
  if (const Dict* dict = as_dict()) return dict->depth;
  if (const Function* function = as_function()) return function->self.depth() + 1;
  return 0;
}

bool Value::holds_namespace() const {
  if (const List* list = as_list()) return list->holds_namespace;
  if (const Dict* dict = as_dict()) return dict->is_namespace || dict->holds_namespace;
  if (const Function* function = as_function()) return function->self.holds_namespace();
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

Value make_list(std::vector<Value> items, bool is_tuple) {
  auto list = std::make_shared<List>();
  for (const Value& item : items) {
    list->depth = std::max(list->depth, item.depth() + 1);
    list->holds_namespace = list->holds_namespace || item.holds_namespace();
  }
  list->items = std::move(items);
  list->is_tuple = is_tuple;
  return list;
}

Value make_dict(std::vector<std::pair<Value, Value>> items) {
  auto dict = std::make_shared<Dict>();
  for (const auto& [key, value] : items) {
    dict->depth = std::max({dict->depth, key.depth() + 1, value.depth() + 1});
    dict->holds_namespace =
        dict->holds_namespace || key.holds_namespace() || value.holds_namespace();
  }
  dict->items = std::move(items);
  return dict;
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

void append_text(const Value& value, std::string& out) {
  if (const std::string* text = value.as_text()) {
    out += *text;
  } else if (const bool* b = value.as_bool()) {
    out += *b ? "True" : "False";
  } else if (const std::int64_t* i = value.as_int()) {
    out += std::to_string(*i);
  } else if (const double* f = value.as_float()) {
    append_float(*f, out, false);
  } else if (const List* list = value.as_list()) {
    append_list(*list, out);
  } else if (const Dict* dict = value.as_dict()) {
    append_dict(*dict, out);
  } else if (value.is_none()) {
    out += "None";
  } else if (value.as_function() != nullptr) {
    out += "<function>";
  }
}

std::string text_of(const Value& value) {
  std::string out;
  append_text(value, out);
  return out;
}

bool append_json(const Value& value, int indent, int level, std::string& out) {
  if (const std::string* text = value.as_text()) {
    append_json_text(*text, out);
  } else if (const bool* b = value.as_bool()) {
    out += *b ? "true" : "false";
  } else if (const double* f = value.as_float()) {
    append_float(*f, out, true);
  } else if (value.is_none()) {
    out += "null";
  } else if (const List* list = value.as_list()) {
    out += '[';
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      if (i > 0) out += indent < 0 ? ", " : ",";
      append_break(indent, level + 1, out);
      if (!append_json(list->items[i], indent, level + 1, out)) return false;
    }
    if (!list->items.empty()) append_break(indent, level, out);
    out += ']';
  } else if (const Dict* dict = value.as_dict(); dict != nullptr && !dict->is_namespace) {
    out += '{';
    for (std::size_t i = 0; i < dict->items.size(); ++i) {
      if (i > 0) out += indent < 0 ? ", " : ",";
      append_break(indent, level + 1, out);
      const Value& key = dict->items[i].first;
      std::string name;
      if (key.as_text() == nullptr && !append_json(key, -1, 0, name)) return false;
      append_json_text(key.as_text() != nullptr ? *key.as_text() : name, out);
      out += ": ";
      if (!append_json(dict->items[i].second, indent, level + 1, out)) return false;
    }
    if (!dict->items.empty()) append_break(indent, level, out);
    out += '}';
  } else if (value.as_int() != nullptr) {
    append_text(value, out);
  } else {
    return false;
  }
  return true;
}

}  // namespace quern::text::jinja
