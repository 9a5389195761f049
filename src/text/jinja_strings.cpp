// Methods of text, and of dicts and lists. Source: Python's str, dict and list.

#include <algorithm>
#include <array>

#include <utf8proc.h>

#include "text/char_class.h"
#include "text/jinja_machine.h"
#include "text/utf8.h"

namespace quern::text::jinja {
namespace {

const std::string kNoText;

const std::string& text_arg(const Args& args, std::size_t place, std::string_view name) {
  const Value* value = args.find(place, name);
  return value != nullptr && value->as_text() != nullptr ? *value->as_text() : kNoText;
}

std::int64_t int_arg(const Args& args, std::size_t place, std::string_view name,
                     std::int64_t fallback) {
  const Value* value = args.find(place, name);
  return value != nullptr && value->as_int() != nullptr ? *value->as_int() : fallback;
}

// Python's str.isspace: white space, and the four separators of ASCII.
bool is_py_space(CodePoint c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

// True if the characters `set`, or white space without one, hold `c`.
bool is_stripped(CodePoint c, const Value* set) {
  if (set == nullptr || set->as_text() == nullptr) return is_py_space(c);
  std::string one;
  append_utf8(c, one);
  return set->as_text()->find(one) != std::string::npos;
}

enum class Side { kLeft, kRight, kBoth };

Value stripped(Machine& machine, const Value& self, const Args& args, Side side) {
  std::string_view text = *self.as_text();
  const Value* set = args.find(0, "chars");
  while (side != Side::kRight && !text.empty()) {
    const Decoded c = decode_utf8(text, 0);
    if (!is_stripped(c.code, set)) break;
    text.remove_prefix(static_cast<std::size_t>(c.n_bytes));
  }
  while (side != Side::kLeft && !text.empty()) {
    const std::size_t last = last_char(text);
    if (!is_stripped(decode_utf8(text, last).code, set)) break;
    text.remove_suffix(text.size() - last);
  }
  return machine.text(std::string(text));
}

Value strip(Machine& m, const Value& s, const Args& a) { return stripped(m, s, a, Side::kBoth); }
Value lstrip(Machine& m, const Value& s, const Args& a) { return stripped(m, s, a, Side::kLeft); }
Value rstrip(Machine& m, const Value& s, const Args& a) { return stripped(m, s, a, Side::kRight); }

// Calls `test` with the text argument, or with each of a tuple of them.
template <typename Test>
Value any_text(Machine& machine, const Args& args, const Test& test) {
  const Value* given = args.find(0, "");
  if (given != nullptr && given->as_text() != nullptr) return test(*given->as_text());
  const List* list = given != nullptr ? given->as_list() : nullptr;
  if (list == nullptr) return machine.fail("needs text or a tuple of texts");
  return std::any_of(list->items.begin(), list->items.end(), [&](const Value& item) {
    return item.as_text() != nullptr && test(*item.as_text());
  });
}

Value startswith(Machine& machine, const Value& self, const Args& args) {
  return any_text(machine, args, [&](const std::string& t) { return self.as_text()->starts_with(t); });
}

Value endswith(Machine& machine, const Value& self, const Args& args) {
  return any_text(machine, args, [&](const std::string& t) { return self.as_text()->ends_with(t); });
}

// At white space; runs of it count once, and none makes an empty part.
Value split_at_space(Machine& machine, std::string_view text, std::int64_t max_splits) {
  std::vector<Value> parts;
  const auto skip = [&](bool spaces) {
    std::size_t end = 0;
    while (end < text.size()) {
      const Decoded c = decode_utf8(text, end);
      if (is_py_space(c.code) != spaces) break;
      end += static_cast<std::size_t>(c.n_bytes);
    }
    const std::string_view skipped = text.substr(0, end);
    text.remove_prefix(end);
    return skipped;
  };
  for (skip(true); !text.empty(); skip(true)) {
    if (max_splits-- == 0) {
      while (is_py_space(decode_utf8(text, last_char(text)).code)) {
        text.remove_suffix(text.size() - last_char(text));
      }
      parts.emplace_back(text);
      break;
    }
    parts.emplace_back(skip(false));
  }
  return machine.list(std::move(parts));
}

Value split(Machine& machine, const Value& self, const Args& args) {
  std::string_view text = *self.as_text();
  if (!machine.spend(text.size() / 8)) return {};
  const Value* separator = args.find(0, "sep");
  std::int64_t max_splits = int_arg(args, 1, "maxsplit", -1);
  if (separator == nullptr || separator->is_none()) {
    return split_at_space(machine, text, max_splits);
  }
  if (separator->as_text() == nullptr || separator->as_text()->empty()) {
    return machine.fail("empty separator");
  }
  std::vector<Value> parts;
  for (std::size_t at; max_splits != 0; --max_splits) {
    if ((at = text.find(*separator->as_text())) == std::string_view::npos) break;
    parts.emplace_back(text.substr(0, at));
    text.remove_prefix(at + separator->as_text()->size());
  }
  parts.emplace_back(text);
  return machine.list(std::move(parts));
}

Value rsplit(Machine& machine, const Value& self, const Args& args) {
  const std::string& separator = text_arg(args, 0, "sep");
  std::int64_t max_splits = int_arg(args, 1, "maxsplit", -1);
  if (max_splits < 0) return split(machine, self, args);
  if (separator.empty()) return machine.fail("rsplit needs a separator", Code::kUnsupported);
  std::string_view text = *self.as_text();
  std::vector<Value> parts;
  for (std::size_t at; max_splits > 0; --max_splits) {
    if ((at = text.rfind(separator)) == std::string_view::npos) break;
    parts.emplace_back(text.substr(at + separator.size()));
    text = text.substr(0, at);
  }
  parts.emplace_back(text);
  std::reverse(parts.begin(), parts.end());
  return machine.list(std::move(parts));
}

Value splitlines(Machine& machine, const Value& self, const Args& args) {
  std::string_view text = *self.as_text();
  const bool keep = is_true(args.find(0, "keepends") != nullptr ? *args.find(0, "keepends") : Value());
  std::vector<Value> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::size_t n_break = text.substr(end).starts_with("\r\n") ? 2 : end < text.size() ? 1 : 0;
    lines.emplace_back(text.substr(0, keep ? end + n_break : end));
    text.remove_prefix(end + n_break);
  }
  return machine.list(std::move(lines));
}

template <typename Change>
Value each_char(Machine& machine, const Value& self, const Change& change) {
  std::string out;
  bool after_letter = false;
  const std::string_view text = *self.as_text();
  for (std::size_t pos = 0; pos < text.size();) {
    const Decoded c = decode_utf8(text, pos);
    append_utf8(static_cast<CodePoint>(
                    change(static_cast<utf8proc_int32_t>(c.code), pos == 0, after_letter)),
                out);
    after_letter = is_letter(c.code);
    pos += static_cast<std::size_t>(c.n_bytes);
  }
  return machine.text(std::move(out));
}

Value upper(Machine& m, const Value& self, const Args&) {
  return each_char(m, self, [](auto c, bool, bool) { return utf8proc_toupper(c); });
}
Value lower(Machine& m, const Value& self, const Args&) {
  return each_char(m, self, [](auto c, bool, bool) { return utf8proc_tolower(c); });
}
Value title(Machine& m, const Value& self, const Args&) {
  return each_char(m, self, [](auto c, bool, bool after_letter) {
    return after_letter ? utf8proc_tolower(c) : utf8proc_totitle(c);
  });
}
Value capitalize(Machine& m, const Value& self, const Args&) {
  return each_char(m, self, [](auto c, bool is_first, bool) {
    return is_first ? utf8proc_totitle(c) : utf8proc_tolower(c);
  });
}

Value replace(Machine& machine, const Value& self, const Args& args) {
  const std::string& from = text_arg(args, 0, "old");
  const std::string& to = text_arg(args, 1, "new");
  std::int64_t n_left = int_arg(args, 2, "count", -1);
  std::string_view text = *self.as_text();
  if (from.empty()) return machine.fail("replace of empty text", Code::kUnsupported);
  if (!machine.spend(text.size() / 64)) return {};
  std::string out;
  constexpr std::size_t kMaxBytes = 64u << 20;  // Stops long before memory does.
  for (std::size_t at; n_left != 0 && (at = text.find(from)) != std::string_view::npos; --n_left) {
    out.append(text.substr(0, at)).append(to);
    if (out.size() > kMaxBytes) break;
    text.remove_prefix(at + from.size());
  }
  out += text;
  return machine.text(std::move(out));
}

Value join(Machine& machine, const Value& self, const Args& args) {
  const Value* given = args.find(0, "");
  std::string out;
  const auto members = members_of(machine, given != nullptr ? *given : Value());
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].as_text() == nullptr) return machine.fail("join needs texts");
    if (i > 0) out += *self.as_text();
    out += *members[i].as_text();
    if (!machine.spend((self.as_text()->size() + members[i].as_text()->size()) / 64)) return {};
  }
  return machine.text(std::move(out));
}

Value found_at(const std::string& text, std::size_t at) {
  if (at == std::string::npos) return -1;
  return static_cast<std::int64_t>(count_chars(std::string_view(text).substr(0, at)));
}
Value find(Machine&, const Value& self, const Args& args) {
  return found_at(*self.as_text(), self.as_text()->find(text_arg(args, 0, "")));
}
Value rfind(Machine&, const Value& self, const Args& args) {
  return found_at(*self.as_text(), self.as_text()->rfind(text_arg(args, 0, "")));
}

Value count(Machine& machine, const Value& self, const Args& args) {
  const std::string& part = text_arg(args, 0, "");
  if (part.empty()) return machine.fail("count of empty text", Code::kUnsupported);
  std::int64_t n = 0;
  std::string_view text = *self.as_text();
  for (std::size_t at; (at = text.find(part)) != std::string_view::npos; ++n) {
    text.remove_prefix(at + part.size());
  }
  return n;
}

template <typename Test>
bool all_chars(const Value& self, const Test& test) {
  const std::string_view text = *self.as_text();
  for (std::size_t pos = 0; pos < text.size();) {
    const Decoded c = decode_utf8(text, pos);
    if (!test(c.code)) return false;
    pos += static_cast<std::size_t>(c.n_bytes);
  }
  return !text.empty();
}
Value isdigit(Machine&, const Value& self, const Args&) {
  return all_chars(self, [](CodePoint c) { return c >= '0' && c <= '9'; });
}
Value isalpha(Machine&, const Value& self, const Args&) { return all_chars(self, is_letter); }
Value isalnum(Machine&, const Value& self, const Args&) {
  return all_chars(self, [](CodePoint c) { return is_letter(c) || is_number(c); });
}
Value isspace(Machine&, const Value& self, const Args&) { return all_chars(self, is_py_space); }

Value removeprefix(Machine& machine, const Value& self, const Args& args) {
  const std::string& part = text_arg(args, 0, "");
  const bool has = self.as_text()->starts_with(part);
  return has ? machine.text(self.as_text()->substr(part.size())) : self;
}
Value removesuffix(Machine& machine, const Value& self, const Args& args) {
  const std::string& part = text_arg(args, 0, "");
  const bool has = self.as_text()->ends_with(part);
  return has ? machine.text(self.as_text()->substr(0, self.as_text()->size() - part.size())) : self;
}

Value dict_get(Machine&, const Value& self, const Args& args) {
  const Value* key = args.find(0, "key");
  const Value* found = key != nullptr ? self.as_dict()->find(*key) : nullptr;
  if (found != nullptr) return *found;
  const Value* fallback = args.find(1, "default");
  return fallback != nullptr ? *fallback : Value(None{});
}
Value dict_keys(Machine& machine, const Value& self, const Args&) {
  return machine.list(members_of(machine, self));
}
Value dict_values(Machine& machine, const Value& self, const Args&) {
  std::vector<Value> values;
  for (const auto& item : self.as_dict()->items) values.push_back(item.second);
  return machine.list(std::move(values));
}
Value dict_items(Machine& machine, const Value& self, const Args&) {
  std::vector<Value> items;
  for (const auto& [key, value] : self.as_dict()->items) {
    items.push_back(machine.list({key, value}, true));
  }
  return machine.list(std::move(items));
}

Value list_index(Machine& machine, const Value& self, const Args& args) {
  const Value* member = args.find(0, "");
  const auto& items = self.as_list()->items;
  for (std::size_t i = 0; member != nullptr && i < items.size(); ++i) {
    if (equal(items[i], *member)) return static_cast<std::int64_t>(i);
  }
  return machine.fail("value is not in the list");
}
Value list_count(Machine&, const Value& self, const Args& args) {
  const Value* member = args.find(0, "");
  const auto& items = self.as_list()->items;
  return static_cast<std::int64_t>(std::count_if(items.begin(), items.end(), [&](const Value& item) {
    return member != nullptr && equal(item, *member);
  }));
}

struct Named {
  std::string_view name;
  Builtin builtin;
};

constexpr Named kTextMethods[] = {
    {"strip", strip},           {"lstrip", lstrip},       {"rstrip", rstrip},
    {"startswith", startswith}, {"endswith", endswith},   {"split", split},
    {"rsplit", rsplit},         {"splitlines", splitlines}, {"upper", upper},
    {"lower", lower},           {"title", title},         {"capitalize", capitalize},
    {"replace", replace},       {"join", join},           {"find", find},
    {"rfind", rfind},           {"count", count},         {"isdigit", isdigit},
    {"isalpha", isalpha},       {"isalnum", isalnum},     {"isspace", isspace},
    {"removeprefix", removeprefix}, {"removesuffix", removesuffix}};
constexpr Named kDictMethods[] = {
    {"get", dict_get}, {"keys", dict_keys}, {"values", dict_values}, {"items", dict_items}};
constexpr Named kListMethods[] = {{"index", list_index}, {"count", list_count}};

template <std::size_t N>
Builtin find_in(const Named (&table)[N], std::string_view name) {
  for (const Named& named : table) {
    if (named.name == name) return named.builtin;
  }
  return nullptr;
}

}  // namespace

Builtin find_method(const Value& self, std::string_view name) {
  if (self.as_text() != nullptr) return find_in(kTextMethods, name);
  if (self.as_list() != nullptr) return find_in(kListMethods, name);
  if (const Dict* dict = self.as_dict(); dict != nullptr && !dict->is_namespace) {
    return find_in(kDictMethods, name);
  }
  return nullptr;
}

}  // namespace quern::text::jinja
