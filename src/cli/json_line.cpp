#include "cli/json_line.h"

#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace quern::cli {
namespace {

bool is_c1(CodePoint code) { return code >= 0x80 && code <= 0x9F; }

// Controls, ends of lines and paragraphs, and what turns the direction of text: marks, embeddings,
// overrides, isolates.
bool steers(CodePoint code) {
  const bool is_control = code < 0x20 || code == 0x7F || is_c1(code);
  const bool is_mark = code == 0x061C || code == 0x200E || code == 0x200F;
  return is_control || is_mark || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

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

std::string without_steering(std::string_view text, char in_place, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Decoded decoded = decode_utf8(text, at);
    const std::string_view bytes = text.substr(at, static_cast<std::size_t>(decoded.n_bytes));
    at += bytes.size();
    if (!decoded.valid) {
      // Terminals of one byte a character take C1 as it stands.
      for (const char c : bytes) out += is_c1(static_cast<unsigned char>(c)) ? in_place : c;
    } else if (steers(decoded.code) && kept.find(bytes) == std::string_view::npos) {
      out += in_place;
    } else {
      out += bytes;
    }
  }
  return out;
}

std::string in_one_line(std::string_view text) { return without_steering(text, ' ', ""); }

}  // namespace quern::cli
