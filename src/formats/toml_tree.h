// A TOML file as a plain tree: what each key holds, and on which line it is said.
//
// Source: TOML 1.0.0. The parser is toml++, which no other file sees.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace quern::formats {

enum class TomlKind { kString, kInteger, kFloat, kBoolean, kTime, kArray, kTable };

/// "a string", "a table", ...: for messages.
const char* toml_kind_text(TomlKind kind);

struct TomlNode {
  std::string key;  // "" of the whole file and of an array's elements.
  int line = 0;     // Counted from 1, where the key's value stands.
  TomlKind kind = TomlKind::kTable;
  std::string text;                // Of a scalar: "4", "0.5", "true", the string itself.
  std::vector<TomlNode> children;  // Of a table, in the order of their keys; of an array.

  const TomlNode* find(std::string_view wanted) const;  // Null where there is no such key.
};

inline constexpr std::size_t kMaxTomlBytes = 1u << 20;

/// The table that the file is. `label` stands for the file in messages.
/// Errors: kBadInput naming line and column: no TOML, too long, too deeply nested.
Result<TomlNode> parse_toml(std::string_view text, const std::string& label);

/// What a node holds, as messages quote it: "the string \"four\"", "the number 4", "a table".
std::string toml_value_text(const TomlNode& node);

}  // namespace quern::formats
