// Writing an object of JSON member by member.

#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "serve/json/json_text.h"

namespace quern::serve {

/// Members of an object, one after the other, appended to `out`.
class JsonMembers {
 public:
  explicit JsonMembers(std::string& out) : out_(out) { out_ += '{'; }

  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  /// null for "".
  void text_or_null(std::string_view name, std::string_view value) {
    if (value.empty()) return raw(name, "null");
    text(name, value);
  }
  /// The fewest digits that read back the same; null for what is not finite.
  void number(std::string_view name, double value) {
    raw(name, std::isfinite(value) ? fmt::format("{}", value) : "null");
  }
  void integer(std::string_view name, std::int64_t value) { raw(name, fmt::format("{}", value)); }
  /// JSON as it is.
  void raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
  }
  void end() { out_ += '}'; }

 private:
  void key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
  }

  std::string& out_;
};

}  // namespace quern::serve
