#include "serve/json/json_reader.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace quern::serve {
namespace {

namespace ondemand = simdjson::ondemand;

static_assert(kBodyPadding >= simdjson::SIMDJSON_PADDING);

constexpr int kMaxDepth = 64;

simdjson::error_code skip(ondemand::value value, int depth) {
  if (depth > kMaxDepth) return simdjson::DEPTH_ERROR;
  JsonType type{};
  if (const auto error = value.type().get(type)) return error;
  if (type == JsonType::array) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    for (auto element : array) {
      ondemand::value item;
      if (const auto error = element.get(item)) return error;
      if (const auto error = skip(item, depth + 1)) return error;
    }
    return simdjson::SUCCESS;
  }
  if (type == JsonType::object) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    for (auto member : object) {
      std::string_view key;
      ondemand::value item;
      if (const auto error = member.unescaped_key().get(key)) return error;
      if (const auto error = member.value().get(item)) return error;
      if (const auto error = skip(item, depth + 1)) return error;
    }
    return simdjson::SUCCESS;
  }
  if (type == JsonType::string) return value.get_string().error();
  if (type == JsonType::number) return value.get_double().error();
  if (type == JsonType::boolean) return value.get_bool().error();
  bool is_null = false;
  if (const auto error = value.is_null().get(is_null)) return error;
  return is_null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
}

struct Whole {
  std::int64_t value = 0;
  bool is_whole = false;  // Not 3.5.
  bool is_cut = false;    // Beyond what an int64 holds, whose end on that side `value` is.
};

/// An integer however it is spelled: 3, 3.0, 3e0.
simdjson::error_code read_whole(JsonValue value, Whole& out) {
  out.is_whole = true;
  if (!value.get_int64().get(out.value)) return simdjson::SUCCESS;
  double number = 0;
  if (const auto error = value.get_double().get(number)) return error;
  using Limits = std::numeric_limits<std::int64_t>;
  constexpr double kBeyond = 9223372036854775808.0;
  out.is_whole = std::trunc(number) == number;
  out.is_cut = number >= kBeyond || number < -kBeyond;
  if (out.is_cut) {
    out.value = number > 0 ? Limits::max() : Limits::min();
  } else {
    out.value = static_cast<std::int64_t>(number);
  }
  return simdjson::SUCCESS;
}

/// The value's type, if it is the one that is wanted.
Problem want_type(JsonValue value, const JsonPlace& place, JsonType wanted,
                  std::string_view wanted_text) {
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (type != wanted) return wrong_type(place, name_of(type), wanted_text);
  return {};
}

}  // namespace

std::string JsonPlace::text() const {
  std::string out(field);
  if (i >= 0) out += fmt::format("[{}]", i);
  if (!member.empty()) out += fmt::format(".{}", member);
  if (j >= 0) out += fmt::format("[{}]", j);
  return out;
}

HttpError not_json(simdjson::error_code error, const JsonPlace& place) {
  const std::string where = place.text();
  switch (error) {
    case simdjson::UTF8_ERROR:
      return bad_request("the body is not valid UTF-8");
    case simdjson::EMPTY:
      return bad_request("the body is empty, wanted a JSON object");
    case simdjson::STRING_ERROR:
      return bad_request(fmt::format("{}: a string has an escape that is no character", where));
    default:
      break;
  }
  return bad_request(fmt::format("the body is not valid JSON, at or after {}: {}", where,
                                 simdjson::error_message(error)));
}

std::string_view name_of(JsonType type) {
  switch (type) {
    case JsonType::array:
      return "a list";
    case JsonType::object:
      return "an object";
    case JsonType::number:
      return "a number";
    case JsonType::string:
      return "a string";
    case JsonType::boolean:
      return "a boolean";
    case JsonType::null:
      return "null";
  }
  return "something else";
}

HttpError wrong_type(const JsonPlace& place, std::string_view got, std::string_view wanted) {
  return bad_request(fmt::format("{}: got {}, wanted {}", place.text(), got, wanted),
                     std::string(place.field));
}

Problem read_fields(
    std::string& body,
    const std::function<Problem(std::string_view key, JsonValue value)>& read_field) {
  body.reserve(body.size() + kBodyPadding);
  ondemand::parser parser;
  ondemand::document document;
  const JsonPlace beginning{"its beginning"};
  const simdjson::padded_string_view bytes(body.data(), body.size(), body.capacity());
  if (const auto error = parser.iterate(bytes).get(document)) return not_json(error, beginning);
  JsonType type{};
  if (const auto error = document.type().get(type)) return not_json(error, beginning);
  if (type != JsonType::object) {
    return bad_request(fmt::format("the body is {}, wanted a JSON object", name_of(type)));
  }
  ondemand::object object;
  if (const auto error = document.get_object().get(object)) return not_json(error, beginning);
  std::string last(beginning.field);
  for (auto member : object) {
    std::string_view key;
    ondemand::value value;
    if (const auto error = member.unescaped_key().get(key)) return not_json(error, {last});
    last = key;
    if (const auto error = member.value().get(value)) return not_json(error, {last});
    if (Problem problem = read_field(last, value)) return problem;
  }
  if (!document.current_location().error()) {
    return not_json(simdjson::TRAILING_CONTENT, {"its end"});
  }
  return {};
}

Problem skip_json(JsonValue value, const JsonPlace& place) {
  if (const auto error = skip(value, 0)) return not_json(error, place);
  return {};
}

Problem read_null(JsonValue value, const JsonPlace& place, bool& is_null) {
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  is_null = type == JsonType::null;
  return is_null ? skip_json(value, place) : Problem();
}

Problem read_string(JsonValue value, const JsonPlace& place, std::string& out) {
  if (Problem problem = want_type(value, place, JsonType::string, "a string")) return problem;
  std::string_view read;
  if (const auto error = value.get_string().get(read)) return not_json(error, place);
  out = read;
  return {};
}

Problem read_flag(JsonValue value, const JsonPlace& place, bool& out) {
  if (Problem problem = want_type(value, place, JsonType::boolean, "true or false")) return problem;
  if (const auto error = value.get_bool().get(out)) return not_json(error, place);
  return {};
}

Problem read_number(JsonValue value, const JsonPlace& place, double low, double high, float& out) {
  const std::string wanted = fmt::format("a number from {:g} to {:g}", low, high);
  if (Problem problem = want_type(value, place, JsonType::number, wanted)) return problem;
  double number = 0;
  if (const auto error = value.get_double().get(number)) return not_json(error, place);
  if (!(number >= low && number <= high)) {
    return wrong_type(place, fmt::format("{}", number), wanted);
  }
  out = static_cast<float>(number);
  return {};
}

Problem read_integer(JsonValue value, const JsonPlace& place, const IntegerRange& range,
                     std::int64_t& out) {
  const bool is_open = range.high == std::numeric_limits<int>::max();
  const std::string wanted = is_open
                                 ? fmt::format("an integer from {} on", range.low)
                                 : fmt::format("an integer from {} to {}", range.low, range.high);
  if (Problem problem = want_type(value, place, JsonType::number, wanted)) return problem;
  Whole got;
  if (const auto error = read_whole(value, got)) return not_json(error, place);
  // "No limit" is spelled in many ways: nobody can tell one number beyond all bounds from another.
  const bool is_beyond = got.value > range.high || (got.is_cut && got.value > 0);
  if (got.is_whole && is_open && is_beyond) got = {.value = range.high, .is_whole = true};
  if (!got.is_whole || got.is_cut || got.value < range.low || got.value > range.high) {
    double number = 0;
    if (const auto bad = value.get_double().get(number)) return not_json(bad, place);
    return wrong_type(place, fmt::format("{}", number), wanted);
  }
  out = got.value;
  return {};
}

Problem read_count(JsonValue value, const JsonPlace& place, int& out) {
  std::int64_t number = 0;
  if (Problem problem = read_integer(value, place, {.low = 1}, number)) return problem;
  out = static_cast<int>(number);
  return {};
}

Problem read_word(JsonValue value, const JsonPlace& place, std::span<const std::string_view> words,
                  std::size_t& i_word) {
  std::string got;
  if (Problem problem = read_string(value, place, got)) return problem;
  const auto found = std::find(words.begin(), words.end(), got);
  i_word = static_cast<std::size_t>(found - words.begin());
  if (found != words.end()) return {};
  return wrong_type(place, fmt::format("'{}'", got),
                    fmt::format("'{}'", fmt::join(words, "' or '")));
}

Problem read_id(JsonValue value, const JsonPlace& place, text::TokenId& out) {
  if (Problem problem = want_type(value, place, JsonType::number, "a token id")) return problem;
  Whole got;
  if (const auto error = read_whole(value, got)) return not_json(error, place);
  constexpr auto kMax = std::numeric_limits<text::TokenId>::max();
  if (!got.is_whole || got.value < 0 || got.value > kMax) {
    return wrong_type(place, "a number that is no token id", "an integer from 0 on");
  }
  out = static_cast<text::TokenId>(got.value);
  return {};
}

Problem read_ids(JsonValue value, const JsonPlace& place, std::vector<text::TokenId>& out) {
  return read_list(value, place, "a list of token ids", [&](JsonValue id, const JsonPlace& at) {
    return read_id(id, at, out.emplace_back());
  });
}

Problem read_list(JsonValue value, const JsonPlace& place, std::string_view wanted,
                  const std::function<Problem(JsonValue, const JsonPlace&)>& read_element) {
  if (Problem problem = want_type(value, place, JsonType::array, wanted)) return problem;
  ondemand::array array;
  if (const auto error = value.get_array().get(array)) return not_json(error, place);
  JsonPlace at = place;
  long& n = place.i < 0 && place.member.empty() ? at.i : at.j;
  n = 0;
  for (auto element : array) {
    ondemand::value item;
    if (const auto error = element.get(item)) return not_json(error, at);
    if (Problem problem = read_element(item, at)) return problem;
    ++n;
  }
  return {};
}

Problem read_object(JsonValue value, const JsonPlace& place,
                    const std::function<Problem(std::string_view, JsonValue)>& read_member) {
  if (Problem problem = want_type(value, place, JsonType::object, "an object")) return problem;
  ondemand::object object;
  if (const auto error = value.get_object().get(object)) return not_json(error, place);
  for (auto member : object) {
    std::string_view key;
    ondemand::value item;
    if (const auto error = member.unescaped_key().get(key)) return not_json(error, place);
    const std::string name(key);
    if (const auto error = member.value().get(item)) return not_json(error, place);
    if (Problem problem = read_member(name, item)) return problem;
  }
  return {};
}

}  // namespace quern::serve
