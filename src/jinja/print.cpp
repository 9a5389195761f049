#include "jinja/print.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include <utf8proc.h>

#include "base/utf8.h"

namespace quern::jinja {
namespace {

void append_code(const char* format, unsigned code, std::string& out) {
  std::array<char, 16> escaped;
  std::snprintf(escaped.data(), escaped.size(), format, code);
  out += escaped.data();
}

// Python's repr of a float: the shortest digits that read back the same; exponents from 1e16 on.
void append_float(double value, bool as_json, std::string& out) {
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
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value,
                    scientific ? std::chars_format::scientific : std::chars_format::fixed);
  const std::string_view text(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
  out += text;
  if (!scientific && text.find('.') == std::string_view::npos) out += ".0";
}

// Python's str.isprintable of one character.
bool is_printable(CodePoint code) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    case UTF8PROC_CATEGORY_ZS:
      return code == ' ';
    default:
      return true;
  }
}

void append_unprintable(CodePoint code, std::string& out) {
  if (code == '\n') {
    out += "\\n";
  } else if (code == '\r') {
    out += "\\r";
  } else if (code == '\t') {
    out += "\\t";
  } else {
    append_code(code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x", code, out);
  }
}

// Python's repr of a string.
void append_quoted(std::string_view text, std::string& out) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  out += quote;
  for (std::size_t pos = 0; pos < text.size();) {
    const Decoded c = decode_utf8(text, pos);
    const auto n = static_cast<std::size_t>(c.n_bytes);
    if (!is_printable(c.code)) {
      append_unprintable(c.code, out);
    } else {
      if (text[pos] == quote || text[pos] == '\\') out += '\\';
      out += text.substr(pos, n);
    }
    pos += n;
  }
  out += quote;
}

void append_scalar(const Value& value, std::string& out) {
  if (const std::string* text = value.as_text()) {
    out += *text;
  } else if (const bool* b = value.as_bool()) {
    out += *b ? "True" : "False";
  } else if (const std::int64_t* i = value.as_int()) {
    out += std::to_string(*i);
  } else if (const double* f = value.as_float()) {
    append_float(*f, false, out);
  } else if (value.is_none()) {
    out += "None";
  } else if (value.as_function() != nullptr) {
    out += "<function>";
  }
}

class TextPrinter {
 public:
  TextPrinter(std::size_t max_bytes, std::string& out) : max_bytes_(max_bytes), out_(out) {}

  bool print(const Value& value) {
    if (const List* list = value.as_list()) return print_list(*list);
    if (const Dict* dict = value.as_dict()) return print_dict(*dict);
    append_scalar(value, out_);
    return fits();
  }

 private:
  bool fits() const { return out_.size() <= max_bytes_; }

  // Inside a container texts are quoted.
  bool print_item(const Value& value) {
    if (const std::string* text = value.as_text()) {
      out_ += value.is_markup() ? "Markup(" : "";
      append_quoted(*text, out_);
      out_ += value.is_markup() ? ")" : "";
    } else if (value.is_undefined()) {
      out_ += "Undefined";
    } else {
      return print(value);
    }
    return fits();
  }

  bool print_list(const List& list) {
    out_ += list.is_tuple ? '(' : '[';
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) out_ += ", ";
      if (!print_item(list.items[i])) return false;
    }
    if (list.is_tuple && list.items.size() == 1) out_ += ',';
    out_ += list.is_tuple ? ')' : ']';
    return fits();
  }

  bool print_dict(const Dict& dict) {
    if (dict.is_namespace) out_ += "<Namespace ";
    out_ += '{';
    for (std::size_t i = 0; i < dict.items.size(); ++i) {
      if (i > 0) out_ += ", ";
      if (!print_item(dict.items[i].first)) return false;
      out_ += ": ";
      if (!print_item(dict.items[i].second)) return false;
    }
    out_ += dict.is_namespace ? "}>" : "}";
    return fits();
  }

  const std::size_t max_bytes_;
  std::string& out_;
};

class JsonPrinter {
 public:
  JsonPrinter(const JsonStyle& style, std::size_t max_bytes, std::string& out)
      : style_(style), max_bytes_(max_bytes), out_(out) {}

  Printed print(const Value& value) {
    if (const List* list = value.as_list()) return print_list(*list);
    if (const Dict* dict = value.as_dict()) {
      return dict->is_namespace ? Printed::kNoForm : print_dict(*dict);
    }
    if (const std::string* text = value.as_text()) {
      append_string(*text);
      return done();
    }
    return append_plain(value, out_) ? done() : Printed::kNoForm;
  }

 private:
  Printed done() const { return out_.size() <= max_bytes_ ? Printed::kDone : Printed::kTooLong; }

  static bool append_plain(const Value& value, std::string& out) {
    if (const bool* b = value.as_bool()) {
      out += *b ? "true" : "false";
    } else if (const double* f = value.as_float()) {
      append_float(*f, true, out);
    } else if (value.is_none()) {
      out += "null";
    } else if (value.as_int() != nullptr) {
      append_scalar(value, out);
    } else {
      return false;
    }
    return true;
  }

  void append_escaped(CodePoint code) {
    if (code >= 0x10000) {
      append_code("\\u%04x", 0xD800 + ((code - 0x10000) >> 10), out_);
      code = 0xDC00 + ((code - 0x10000) & 0x3FF);
    }
    append_code("\\u%04x", code, out_);
  }

  void append_string(std::string_view text) {
    constexpr std::string_view kNamed = "\"\\\n\r\t\b\f";
    constexpr std::string_view kNames = "\"\\nrtbf";
    out_ += '"';
    for (std::size_t pos = 0; pos < text.size();) {
      const auto byte = static_cast<unsigned char>(text[pos]);
      const std::size_t named = kNamed.find(text[pos]);
      if (named != std::string_view::npos) {
        out_ += '\\';
        out_ += kNames[named];
      } else if (byte < 0x20 || (style_.ensure_ascii && byte == 0x7F)) {
        append_escaped(byte);
      } else if (byte < 0x80 || !style_.ensure_ascii) {
        out_ += text[pos];
      } else {
        const Decoded c = decode_utf8(text, pos);
        append_escaped(c.code);
        pos += static_cast<std::size_t>(c.n_bytes) - 1;
      }
      ++pos;
    }
    out_ += '"';
  }

  void begin_item(bool is_first) {
    if (!is_first) out_ += style_.item_separator;
    break_line();
  }

  void break_line() {
    if (style_.indent < 0) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(style_.indent) * level_, ' ');
  }

  Printed print_list(const List& list) {
    out_ += '[';
    ++level_;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      begin_item(i == 0);
      if (const Printed p = print(list.items[i]); p != Printed::kDone) return p;
    }
    --level_;
    if (!list.items.empty()) break_line();
    out_ += ']';
    return done();
  }

  // Keys of other types become texts.
  bool append_key(const Value& key) {
    if (const std::string* text = key.as_text()) {
      append_string(*text);
      return true;
    }
    std::string plain;
    if (!append_plain(key, plain)) return false;
    append_string(plain);
    return true;
  }

  Printed print_dict(const Dict& dict) {
    std::vector<const std::pair<Value, Value>*> items;
    for (const auto& item : dict.items) items.push_back(&item);
    if (style_.sort_keys) {
      const bool texts = std::all_of(items.begin(), items.end(),
                                     [](const auto* item) { return item->first.as_text(); });
      if (!texts) return Printed::kNoForm;
      std::sort(items.begin(), items.end(), [](const auto* a, const auto* b) {
        return *a->first.as_text() < *b->first.as_text();
      });
    }
    out_ += '{';
    ++level_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      begin_item(i == 0);
      if (!append_key(items[i]->first)) return Printed::kNoForm;
      out_ += style_.key_separator;
      if (const Printed p = print(items[i]->second); p != Printed::kDone) return p;
    }
    --level_;
    if (!items.empty()) break_line();
    out_ += '}';
    return done();
  }

  const JsonStyle& style_;
  const std::size_t max_bytes_;
  std::string& out_;
  std::size_t level_ = 0;
};

}  // namespace

Printed append_text(const Value& value, std::size_t max_bytes, std::string& out) {
  return TextPrinter(max_bytes, out).print(value) ? Printed::kDone : Printed::kTooLong;
}

Printed append_json(const Value& value, const JsonStyle& style, std::size_t max_bytes,
                    std::string& out) {
  return JsonPrinter(style, max_bytes, out).print(value);
}

}  // namespace quern::jinja
