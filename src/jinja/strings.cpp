// Methods of text, and of dicts and lists. Source: Python's str, dict and list.

#include <algorithm>
#include <array>

#include <utf8proc.h>

#include "base/char_class.h"
#include "base/utf8.h"
#include "jinja/format.h"
#include "jinja/ops.h"

namespace quern::jinja {
namespace {

const std::string kNoText;

const std::string& text_arg(const Args& args, std::size_t place, std::string_view name) {
  const Value* value = args.find(place, name);
  return value != nullptr && value->as_text() != nullptr ? *value->as_text() : kNoText;
}

// Python's str.isspace: white space, and the four separators of ASCII.
bool is_py_space(CodePoint c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

// True if the characters `set`, or white space without one, hold `c`.
bool is_stripped(Machine& machine, CodePoint c, const Value* set) {
  if (set == nullptr || set->as_text() == nullptr) return is_py_space(c);
  std::string one;
  append_utf8(c, one);
  return machine.spend(set->as_text()->size() / 64) &&
         set->as_text()->find(one) != std::string::npos;
}

enum class Side { kLeft, kRight, kBoth };

Value stripped(Machine& machine, const Value& self, const Args& args, Side side) {
  std::string_view text = *self.as_text();
  const Value* set = args.find(0, "chars");
  while (side != Side::kRight && !text.empty()) {
    const Decoded c = decode_utf8(text, 0);
    if (!is_stripped(machine, c.code, set)) break;
    text.remove_prefix(static_cast<std::size_t>(c.n_bytes));
  }
  while (side != Side::kLeft && !text.empty()) {
    const std::size_t last = last_char(text);
    if (!is_stripped(machine, decode_utf8(text, last).code, set)) break;
    text.remove_suffix(text.size() - last);
  }
  return machine.text(self.as_traced()->part(text));
}

Value strip(Machine& m, const Value& s, const Args& a) { return stripped(m, s, a, Side::kBoth); }
Value lstrip(Machine& m, const Value& s, const Args& a) { return stripped(m, s, a, Side::kLeft); }
Value rstrip(Machine& m, const Value& s, const Args& a) { return stripped(m, s, a, Side::kRight); }

// Calls `test` with the text argument, or with each of a tuple of them.
template <typename Test>
Value any_text(Machine& machine, const Args& args, const Test& test) {
  const Value* given = args.find(0, "");
  if (given != nullptr && given->as_text() != nullptr) {
    return machine.spend(given->as_text()->size() / 64) && test(*given->as_text());
  }
  const List* list = given != nullptr ? given->as_list() : nullptr;
  if (list == nullptr) return machine.fail("needs text or a tuple of texts");
  return std::any_of(list->items.begin(), list->items.end(), [&](const Value& item) {
    return item.as_text() != nullptr && machine.spend(1 + item.as_text()->size() / 64) &&
           test(*item.as_text());
  });
}

Value startswith(Machine& machine, const Value& self, const Args& args) {
  return any_text(machine, args,
                  [&](const std::string& t) { return self.as_text()->starts_with(t); });
}

Value endswith(Machine& machine, const Value& self, const Args& args) {
  return any_text(machine, args,
                  [&](const std::string& t) { return self.as_text()->ends_with(t); });
}

// At white space; runs of it count once, and none makes an empty part.
Value split_at_space(Machine& machine, const Text& whole, std::int64_t max_splits) {
  std::string_view text = whole.bytes;
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
      parts.push_back(part_of(whole, text));
      break;
    }
    parts.push_back(part_of(whole, skip(false)));
  }
  return machine.list(std::move(parts));
}

Value split(Machine& machine, const Value& self, const Args& args) {
  std::string_view text = *self.as_text();
  if (!machine.spend(text.size() / 8)) return {};
  const Value* separator = args.find(0, "sep");
  std::int64_t max_splits = args.integer_or(1, "maxsplit", -1);
  if (separator == nullptr || separator->is_none()) {
    return split_at_space(machine, *self.as_traced(), max_splits);
  }
  if (separator->as_text() == nullptr || separator->as_text()->empty()) {
    return machine.fail("empty separator");
  }
  std::vector<Value> parts;
  for (std::size_t at; max_splits != 0; --max_splits) {
    if ((at = find_text(text, *separator->as_text())) == std::string_view::npos) break;
    parts.push_back(part_of(*self.as_traced(), text.substr(0, at)));
    text.remove_prefix(at + separator->as_text()->size());
  }
  parts.push_back(part_of(*self.as_traced(), text));
  return machine.list(std::move(parts));
}

Value rsplit(Machine& machine, const Value& self, const Args& args) {
  const std::string& separator = text_arg(args, 0, "sep");
  std::int64_t max_splits = args.integer_or(1, "maxsplit", -1);
  if (max_splits < 0) return split(machine, self, args);
  if (separator.empty()) return machine.fail("rsplit needs a separator", Code::kUnsupported);
  std::string_view text = *self.as_text();
  std::vector<Value> parts;
  for (std::size_t at; max_splits > 0; --max_splits) {
    if ((at = find_last_text(machine, text, separator)) == std::string_view::npos) break;
    parts.push_back(part_of(*self.as_traced(), text.substr(at + separator.size())));
    text = text.substr(0, at);
  }
  parts.push_back(part_of(*self.as_traced(), text));
  std::reverse(parts.begin(), parts.end());
  return machine.list(std::move(parts));
}

// The first line break of str.splitlines: where it begins, and its bytes (0 at the end).
std::pair<std::size_t, std::size_t> find_line_break(std::string_view text) {
  for (std::size_t pos = 0; pos < text.size();) {
    const Decoded c = decode_utf8(text, pos);
    const auto n = static_cast<std::size_t>(c.n_bytes);
    if (c.code == '\r' && text.substr(pos + 1).starts_with('\n')) return {pos, 2};
    const bool is_break = (c.code >= '\n' && c.code <= '\r') ||
                          (c.code >= 0x1C && c.code <= 0x1E) || c.code == 0x85 ||
                          c.code == 0x2028 || c.code == 0x2029;
    if (is_break) return {pos, n};
    pos += n;
  }
  return {text.size(), 0};
}

Value splitlines(Machine& machine, const Value& self, const Args& args) {
  std::string_view text = *self.as_text();
  if (!machine.spend(text.size() / 8)) return {};
  const bool keep = args.is_set(0, "keepends");
  std::vector<Value> lines;
  while (!text.empty()) {
    const auto [end, n_break] = find_line_break(text);
    lines.push_back(part_of(*self.as_traced(), text.substr(0, keep ? end + n_break : end)));
    text.remove_prefix(end + n_break);
  }
  return machine.list(std::move(lines));
}

// Upper and lower case of one character that are more than one.
void append_upper(CodePoint c, std::string& out) {
  if (c == 0xDF) {
    out += "SS";
  } else if (c == 0x149) {
    out += "\u02BCN";
  } else if (c >= 0xFB00 && c <= 0xFB06) {  // Latin ligatures.
    constexpr std::string_view kLigatures[] = {"FF", "FI", "FL", "FFI", "FFL", "ST", "ST"};
    out += kLigatures[c - 0xFB00];
  } else {
    append_utf8(static_cast<CodePoint>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))), out);
  }
}
void append_lower(CodePoint c, std::string& out) {
  if (c == 0x130) {
    out += "i\u0307";
  } else {
    append_utf8(static_cast<CodePoint>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))), out);
  }
}
void append_title(CodePoint c, std::string& out) {
  if (c == 0xDF) {
    out += "Ss";
  } else {
    append_utf8(static_cast<CodePoint>(utf8proc_totitle(static_cast<utf8proc_int32_t>(c))), out);
  }
}

bool is_cased(CodePoint code) {
  const auto c = static_cast<utf8proc_int32_t>(code);
  return utf8proc_toupper(c) != c || utf8proc_tolower(c) != c || utf8proc_totitle(c) != c ||
         code == 0xDF;
}

// Calls `append(code, is_first, after_cased, out)` for each character.
template <typename Append>
Value each_char(Machine& machine, const Value& self, const Append& append) {
  Text out;
  std::string changed;
  const std::string_view text = *self.as_text();
  if (!machine.spend(text.size() / 16)) return {};
  bool after_cased = false;
  for (std::size_t pos = 0; pos < text.size();) {
    const Decoded c = decode_utf8(text, pos);
    changed.clear();
    append(c.code, pos == 0, after_cased, changed);
    out.append(changed, self.as_traced()->origin_of(pos));
    after_cased = is_cased(c.code);
    pos += static_cast<std::size_t>(c.n_bytes);
  }
  return machine.text(std::move(out));
}

Value upper(Machine& m, const Value& self, const Args&) {
  return each_char(m, self, [](auto c, bool, bool, std::string& out) { append_upper(c, out); });
}
Value lower(Machine& m, const Value& self, const Args&) {
  return each_char(m, self, [](auto c, bool, bool, std::string& out) { append_lower(c, out); });
}
Value title(Machine& m, const Value& self, const Args&) {
  return each_char(m, self, [](auto c, bool, bool after_cased, std::string& out) {
    after_cased ? append_lower(c, out) : append_title(c, out);
  });
}
Value capitalize(Machine& m, const Value& self, const Args&) {
  return each_char(m, self, [](auto c, bool is_first, bool, std::string& out) {
    is_first ? append_title(c, out) : append_lower(c, out);
  });
}

Value replace(Machine& machine, const Value& self, const Args& args) {
  const std::string& from = text_arg(args, 0, "old");
  const Value* given = args.find(1, "new");
  const Text to = given != nullptr && given->as_text() != nullptr ? *given->as_traced() : Text();
  const Text& whole = *self.as_traced();
  std::int64_t n_left = args.integer_or(2, "count", -1);
  std::string_view text = *self.as_text();
  if (from.empty()) return machine.fail("replace of empty text", Code::kUnsupported);
  Text out;
  for (std::size_t at; n_left != 0 && (at = find_text(text, from)) != std::string_view::npos;
       --n_left) {
    const std::size_t begin = whole.bytes.size() - text.size();
    if (!machine.append(whole, begin, begin + at, out) || !machine.append(to, out)) return {};
    text.remove_prefix(at + from.size());
  }
  machine.append(whole, whole.bytes.size() - text.size(), whole.bytes.size(), out);
  return machine.text(std::move(out));
}

Value join(Machine& machine, const Value& self, const Args& args) {
  const Value* given = args.find(0, "");
  Text out;
  const auto members = members_of(machine, given != nullptr ? *given : Value());
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].as_text() == nullptr) return machine.fail("join needs texts");
    if (i > 0 && !machine.append(*self.as_traced(), out)) return {};
    if (!machine.append(*members[i].as_traced(), out)) return {};
  }
  return machine.text(std::move(out));
}

Value found_at(Machine& machine, std::string_view text, std::size_t at) {
  if (!machine.spend(text.size() / 64) || at == std::string_view::npos) return -1;
  return static_cast<std::int64_t>(count_chars(text.substr(0, at)));
}
Value find(Machine& machine, const Value& self, const Args& args) {
  const std::string& text = *self.as_text();
  return found_at(machine, text, find_text(text, text_arg(args, 0, "")));
}
Value rfind(Machine& machine, const Value& self, const Args& args) {
  const std::string& text = *self.as_text();
  return found_at(machine, text, find_last_text(machine, text, text_arg(args, 0, "")));
}

Value found_or_fail(Machine& machine, const Value& at) {
  const bool is_found = at.as_int() != nullptr && *at.as_int() >= 0;
  return is_found ? at : machine.fail("substring not found");
}
Value index(Machine& machine, const Value& self, const Args& args) {
  return found_or_fail(machine, find(machine, self, args));
}
Value rindex(Machine& machine, const Value& self, const Args& args) {
  return found_or_fail(machine, rfind(machine, self, args));
}

// ("before", separator, "after"); without the separator the text stands alone, first or last.
Value parted(Machine& machine, const Value& self, const Args& args, bool from_right) {
  const std::string_view text = *self.as_text();
  const std::string& separator = text_arg(args, 0, "sep");
  if (separator.empty()) return machine.fail("empty separator");
  const std::size_t at =
      from_right ? find_last_text(machine, text, separator) : find_text(text, separator);
  if (!machine.spend(text.size() / 64)) return {};
  if (at == std::string_view::npos) {
    return from_right ? machine.list({"", "", self}, true) : machine.list({self, "", ""}, true);
  }
  const Text& whole = *self.as_traced();
  const std::size_t end = at + separator.size();
  return machine.list({part_of(whole, text.substr(0, at)),
                       part_of(whole, text.substr(at, end - at)), part_of(whole, text.substr(end))},
                      true);
}
Value partition(Machine& m, const Value& self, const Args& a) { return parted(m, self, a, false); }
Value rpartition(Machine& m, const Value& self, const Args& a) { return parted(m, self, a, true); }

Value count(Machine& machine, const Value& self, const Args& args) {
  const std::string& part = text_arg(args, 0, "");
  if (part.empty()) return machine.fail("count of empty text", Code::kUnsupported);
  std::int64_t n = 0;
  std::string_view text = *self.as_text();
  if (!machine.spend(text.size() / 64)) return {};
  for (std::size_t at; (at = find_text(text, part)) != std::string_view::npos; ++n) {
    text.remove_prefix(at + part.size());
  }
  return n;
}

template <typename Test>
Value all_chars(Machine& machine, const Value& self, const Test& test) {
  const std::string_view text = *self.as_text();
  if (!machine.spend(text.size() / 16)) return {};
  for (std::size_t pos = 0; pos < text.size();) {
    const Decoded c = decode_utf8(text, pos);
    if (!test(c.code)) return false;
    pos += static_cast<std::size_t>(c.n_bytes);
  }
  return !text.empty();
}
Value isdigit(Machine& m, const Value& self, const Args&) {
  return all_chars(m, self, [](CodePoint c) { return c >= '0' && c <= '9'; });
}
Value isalpha(Machine& m, const Value& self, const Args&) { return all_chars(m, self, is_letter); }
Value isalnum(Machine& m, const Value& self, const Args&) {
  return all_chars(m, self, [](CodePoint c) { return is_letter(c) || is_number(c); });
}
Value isspace(Machine& m, const Value& self, const Args&) {
  return all_chars(m, self, is_py_space);
}
Value islower(Machine& m, const Value& self, const Args& args) {
  return m.same(lower(m, self, args), self) && !m.same(upper(m, self, args), self);
}
Value isupper(Machine& m, const Value& self, const Args& args) {
  return m.same(upper(m, self, args), self) && !m.same(lower(m, self, args), self);
}

Value removeprefix(Machine& machine, const Value& self, const Args& args) {
  const std::string& part = text_arg(args, 0, "");
  const bool has = self.as_text()->starts_with(part);
  return has ? machine.text(self.as_traced()->part(part.size(), self.as_text()->size())) : self;
}
Value removesuffix(Machine& machine, const Value& self, const Args& args) {
  const std::string& part = text_arg(args, 0, "");
  const bool has = self.as_text()->ends_with(part);
  return has ? machine.text(self.as_traced()->part(0, self.as_text()->size() - part.size())) : self;
}

Value dict_get(Machine& machine, const Value& self, const Args& args) {
  machine.spend(self.as_dict()->items.size() / 8);
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
  machine.spend(self.as_dict()->items.size() / 4);
  for (const auto& item : self.as_dict()->items) values.push_back(item.second);
  return machine.list(std::move(values));
}
Value dict_items(Machine& machine, const Value& self, const Args&) {
  std::vector<Value> items;
  for (const auto& [key, value] : self.as_dict()->items) {
    if (!machine.spend(1)) return {};
    items.push_back(machine.list({key, value}, true));
  }
  return machine.list(std::move(items));
}
Value copy(Machine&, const Value& self, const Args&) { return self; }  // Nothing changes either.

Value list_index(Machine& machine, const Value& self, const Args& args) {
  const Value* member = args.find(0, "");
  const auto& items = self.as_list()->items;
  for (std::size_t i = 0; member != nullptr && i < items.size(); ++i) {
    if (!machine.spend(1)) return {};
    if (machine.same(items[i], *member)) return static_cast<std::int64_t>(i);
  }
  return machine.fail("value is not in the list");
}
Value list_count(Machine& machine, const Value& self, const Args& args) {
  const Value* member = args.find(0, "");
  const auto& items = self.as_list()->items;
  if (member == nullptr || !machine.spend(items.size())) return {};
  return static_cast<std::int64_t>(std::count_if(
      items.begin(), items.end(), [&](const Value& item) { return machine.same(item, *member); }));
}

constexpr NamedBuiltin kTextMethods[] = {{"format", brace_format},
                                         {"index", index},
                                         {"rindex", rindex},
                                         {"strip", strip},
                                         {"lstrip", lstrip},
                                         {"rstrip", rstrip},
                                         {"startswith", startswith},
                                         {"endswith", endswith},
                                         {"split", split},
                                         {"rsplit", rsplit},
                                         {"splitlines", splitlines},
                                         {"upper", upper},
                                         {"lower", lower},
                                         {"title", title},
                                         {"capitalize", capitalize},
                                         {"replace", replace},
                                         {"join", join},
                                         {"find", find},
                                         {"rfind", rfind},
                                         {"count", count},
                                         {"isdigit", isdigit},
                                         {"isalpha", isalpha},
                                         {"isalnum", isalnum},
                                         {"isspace", isspace},
                                         {"isdecimal", isdigit},
                                         {"isnumeric", isdigit},
                                         {"islower", islower},
                                         {"isupper", isupper},
                                         {"partition", partition},
                                         {"rpartition", rpartition},
                                         {"removeprefix", removeprefix},
                                         {"removesuffix", removesuffix}};
constexpr NamedBuiltin kDictMethods[] = {{"get", dict_get},
                                         {"keys", dict_keys},
                                         {"values", dict_values},
                                         {"items", dict_items},
                                         {"copy", copy}};
constexpr NamedBuiltin kListMethods[] = {
    {"index", list_index}, {"count", list_count}, {"copy", copy}};

}  // namespace

Builtin find_method(const Value& self, std::string_view name) {
  if (self.as_text() != nullptr) return find_builtin(kTextMethods, name);
  if (self.as_list() != nullptr) return find_builtin(kListMethods, name);
  if (const Dict* dict = self.as_dict(); dict != nullptr && !dict->is_namespace) {
    return find_builtin(kDictMethods, name);
  }
  return nullptr;
}

}  // namespace quern::jinja
