// Reading the JSON of a request field by field: each value into place, or an error that says what
// was got, what was wanted, and where. simdjson's on-demand parser: every value is read once.

#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "serve/http/http_error.h"
#include "text/tokenizer_spec.h"

namespace quern::serve {

using JsonValue = simdjson::ondemand::value;
using JsonType = simdjson::ondemand::json_type;
using Problem = std::optional<HttpError>;

/// Where in the body something is: "input", "input[3]", "messages[3].content[1]". Made text only
/// for errors.
struct JsonPlace {
  std::string_view field{};  // Of the body; what errors name as their parameter.
  long i = -1;
  std::string_view member{};
  long j = -1;

  std::string text() const;
};

HttpError not_json(simdjson::error_code error, const JsonPlace& place);
HttpError wrong_type(const JsonPlace& place, std::string_view got, std::string_view wanted);
std::string_view name_of(JsonType type);

/// Calls read_field for each field of the object that `body` is (which may be grown, to make room
/// for padding). Stops at the first problem, and finds what is wrong with the JSON itself.
Problem read_fields(
    std::string& body,
    const std::function<Problem(std::string_view key, JsonValue value)>& read_field);

/// The same with each field going to `reader.read_field`.
template <typename Reader>
Problem read_fields_into(std::string& body, Reader& reader) {
  return read_fields(body, [&reader](std::string_view key, JsonValue value) {
    return reader.read_field(key, value);
  });
}

/// Reads the whole of a value nobody wants, so that bad JSON is refused wherever it is.
Problem skip_json(JsonValue value, const JsonPlace& place);
/// As the official API: an optional field may be null. Reads the value when it is.
Problem read_null(JsonValue value, const JsonPlace& place, bool& is_null);

Problem read_string(JsonValue value, const JsonPlace& place, std::string& out);
Problem read_flag(JsonValue value, const JsonPlace& place, bool& out);
Problem read_number(JsonValue value, const JsonPlace& place, double low, double high, float& out);

/// An integer may be spelled 3.0, as clients do whose language has no other numbers.
struct IntegerRange {
  std::int64_t low = 0;
  std::int64_t high = std::numeric_limits<int>::max();  // If this: without end, and cut to this.
};
Problem read_integer(JsonValue value, const JsonPlace& place, const IntegerRange& range,
                     std::int64_t& out);
/// An integer from 1 on.
Problem read_count(JsonValue value, const JsonPlace& place, int& out);

/// Sets `i_word` to the place of the word in `words`.
Problem read_word(JsonValue value, const JsonPlace& place, std::span<const std::string_view> words,
                  std::size_t& i_word);

/// One of a few words, each of which means a value.
template <typename T>
Problem read_choice(JsonValue value, const JsonPlace& place,
                    std::initializer_list<std::pair<std::string_view, T>> choices, T& out) {
  std::vector<std::string_view> words;
  for (const auto& [word, meaning] : choices) words.push_back(word);
  std::size_t i_word = 0;
  if (Problem problem = read_word(value, place, words, i_word)) return problem;
  out = choices.begin()[i_word].second;
  return {};
}

Problem read_id(JsonValue value, const JsonPlace& place, text::TokenId& out);
/// Places are place[0], place[1], ...
Problem read_ids(JsonValue value, const JsonPlace& place, std::vector<text::TokenId>& out);

/// Calls read_element(element, its place) for each element of a list.
Problem read_list(JsonValue value, const JsonPlace& place, std::string_view wanted,
                  const std::function<Problem(JsonValue, const JsonPlace&)>& read_element);
/// Calls read_member(key, value) for each member of an object.
Problem read_object(JsonValue value, const JsonPlace& place,
                    const std::function<Problem(std::string_view, JsonValue)>& read_member);

}  // namespace quern::serve
