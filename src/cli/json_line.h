// The pieces of JSON and plain output.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::cli {

/// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string_view text, std::string& out);

/// Appends the shortest decimal that reads back as the same float; null if it is not finite.
void append_json_number(float value, std::string& out);

/// Appends "[a,b,...]".
void append_json_numbers(std::span<const float> values, std::string& out);

/// Appends ,"error":{"code":"bad_input","message":"..."}.
void append_json_error(const Status& status, std::string& out);

/// What may steer a terminal, or make a text look like another, becomes `in_place`: control
/// characters (C1 too, and their bytes outside UTF-8), U+2028 and U+2029, and marks that turn the
/// direction of text. Characters of `kept` stay.
std::string without_steering(std::string_view text, char in_place, std::string_view kept);

/// For plain output: without_steering, tabs and line ends among it, with spaces.
std::string in_one_line(std::string_view text);

}  // namespace quern::cli
