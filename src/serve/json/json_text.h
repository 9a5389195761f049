// Writing JSON fast: strings, floats, base64 of floats, appended to one buffer.

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace quern::serve {

/// Appends `text` quoted and escaped. Bytes that are not UTF-8 become U+FFFD, so the result is
/// always valid JSON.
void append_json_string(std::string& out, std::string_view text);

/// Appends "name":["a",...].
void append_json_strings(std::string& out, std::string_view name,
                         std::span<const std::string> texts);

/// Appends the fewest digits that read back as the same float, which must be finite: JSON has no
/// other numbers.
void append_json_float(std::string& out, float value);

/// Appends [a,b,...].
void append_json_floats(std::string& out, std::span<const float> values);

/// Appends the base64 (with padding, without quotes) of the values' little-endian bytes.
/// Source: RFC 4648 section 4.
void append_base64(std::string& out, std::span<const float> values);

}  // namespace quern::serve
