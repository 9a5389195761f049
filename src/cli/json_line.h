// One line of JSON lines input, and the pieces of JSON output.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::cli {

/// Reads objects with a "text" field; keeps its parser between lines.
class JsonLineParser {
 public:
  JsonLineParser();
  JsonLineParser(JsonLineParser&&) noexcept;
  JsonLineParser& operator=(JsonLineParser&&) noexcept;
  ~JsonLineParser();

  /// Sets `text` and `text_pair`. Errors: kBadInput saying what the line holds instead.
  Status parse(std::string_view line, std::string& text, std::optional<std::string>& text_pair);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string_view text, std::string& out);

/// Appends the shortest decimal that reads back as the same float; null if it is not finite.
void append_json_number(float value, std::string& out);

/// Appends "[a,b,...]".
void append_json_numbers(std::span<const float> values, std::string& out);

/// Appends ,"error":{"code":"bad_input","message":"..."}.
void append_json_error(const Status& status, std::string& out);

}  // namespace quern::cli
