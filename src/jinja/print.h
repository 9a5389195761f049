// Values as text: what {{ value }} prints, and JSON. Both stop when the text gets too long.

#pragma once

#include <cstddef>
#include <string>

#include "jinja/value.h"

namespace quern::jinja {

enum class Printed { kDone, kTooLong, kNoForm };

/// Python's str(): appends what {{ value }} prints; Undefined prints nothing. kTooLong when `out`
/// grows beyond `max_bytes` (by one scalar at most).
Printed append_text(const Value& value, std::size_t max_bytes, std::string& out);

/// The arguments of Python's json.dumps.
struct JsonStyle {
  int indent = -1;  // < 0: on one line.
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool ensure_ascii = false;
  bool sort_keys = false;
};

/// kNoForm for what JSON cannot say: Undefined, functions.
Printed append_json(const Value& value, const JsonStyle& style, std::size_t max_bytes,
                    std::string& out);

}  // namespace quern::jinja
