#include "formats/toml_tree.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

// The parser asserts what files can break ("[.": no key) and then answers with an error.
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace quern::formats {
namespace {

constexpr std::size_t kMaxQuoted = 60;
constexpr int kMaxDots = 1'000;  // Of a line: each may be a table in a table.

std::string time_text(const toml::node& node) {
  std::ostringstream out;
  if (const auto* date = node.as_date()) out << date->get();
  if (const auto* time = node.as_time()) out << time->get();
  if (const auto* both = node.as_date_time()) out << both->get();
  return out.str();
}

// Whole numbers of a float keep their point: 4.0 is not the integer 4.
std::string float_text(double value) { return fmt::format("{}", value); }

void fill_scalar(const toml::node& node, TomlNode& out) {
  if (const auto* text = node.as_string()) {
    out.kind = TomlKind::kString;
    out.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out.kind = TomlKind::kInteger;
    out.text = std::to_string(integer->get());
  } else if (const auto* number = node.as_floating_point()) {
    out.kind = TomlKind::kFloat;
    out.text = float_text(number->get());
  } else if (const auto* truth = node.as_boolean()) {
    out.kind = TomlKind::kBoolean;
    out.text = truth->get() ? "true" : "false";
  } else {
    out.kind = TomlKind::kTime;
    out.text = time_text(node);
  }
}

// The parser bounds the depth of values (TOML_MAX_NESTED_VALUES), has_too_many_dots that of keys.
TomlNode tree_of(const toml::node& node, std::string_view key) {
  TomlNode out;
  out.key = key;
  out.line = static_cast<int>(node.source().begin.line);
  if (const auto* table = node.as_table()) {
    out.kind = TomlKind::kTable;
    for (const auto& [name, child] : *table) out.children.push_back(tree_of(child, name.str()));
  } else if (const auto* array = node.as_array()) {
    out.kind = TomlKind::kArray;
    for (const auto& child : *array) out.children.push_back(tree_of(child, ""));
  } else {
    fill_scalar(node, out);
  }
  return out;
}

// Tables are freed one inside the other: a dotted key of many parts would run out of stack.
bool has_too_many_dots(std::string_view text) {
  int n = 0;
  for (const char c : text) {
    if (c == '\n') n = 0;
    if (c == '.' && ++n > kMaxDots) return true;
  }
  return false;
}

}  // namespace

const char* toml_kind_text(TomlKind kind) {
  switch (kind) {
    case TomlKind::kString:
      return "a string";
    case TomlKind::kInteger:
      return "a whole number";
    case TomlKind::kFloat:
      return "a number";
    case TomlKind::kBoolean:
      return "true or false";
    case TomlKind::kTime:
      return "a date or time";
    case TomlKind::kArray:
      return "a list";
    case TomlKind::kTable:
      break;
  }
  return "a table";
}

std::string toml_value_text(const TomlNode& node) {
  switch (node.kind) {
    case TomlKind::kString:
      return fmt::format("the string \"{}\"", node.text.size() > kMaxQuoted
                                                  ? node.text.substr(0, kMaxQuoted) + "..."
                                                  : node.text);
    case TomlKind::kInteger:
    case TomlKind::kFloat:
      return "the number " + node.text;
    case TomlKind::kBoolean:
      return node.text;
    default:
      return toml_kind_text(node.kind);
  }
}

const TomlNode* TomlNode::find(std::string_view wanted) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [wanted](const TomlNode& child) { return child.key == wanted; });
  return found == children.end() ? nullptr : &*found;
}

Result<TomlNode> parse_toml(std::string_view text, const std::string& label) {
  if (text.size() > kMaxTomlBytes) {
    return Status(Code::kBadInput, fmt::format("'{}' has {} bytes, want at most {}", label,
                                               text.size(), kMaxTomlBytes));
  }
  if (has_too_many_dots(text)) {
    return Status(Code::kBadInput,
                  fmt::format("'{}' has a line of more than {} dots", label, kMaxDots));
  }
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Status(Code::kBadInput,
                  fmt::format("'{}', line {}, column {}: {}", label, error.source().begin.line,
                              error.source().begin.column, error.description()));
  }
  return tree_of(parsed.table(), "");
}

}  // namespace quern::formats
