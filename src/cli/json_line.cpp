#include "cli/json_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

namespace quern::cli {

void append_json_string(std::string_view text, std::string& out) {
  using nlohmann::json;
  out += json(std::string(text)).dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_json_number(float value, std::string& out) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value);
  out.append(digits, end.ptr);
}

void append_json_numbers(std::span<const float> values, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    append_json_number(values[i], out);
  }
  out += ']';
}

void append_json_error(const Status& status, std::string& out) {
  out += ",\"error\":{\"code\":\"";
  out += code_name(status.code());
  out += "\",\"message\":";
  append_json_string(status.message(), out);
  out += '}';
}

std::string in_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

}  // namespace quern::cli
