#include "formats/fast_json.h"

#include <fmt/format.h>

namespace quern::formats {
namespace {

Status wrong(std::string_view key, const char* want, Json got) {
  return {Code::kBadInput, fmt::format("'{}' is {}, want {}", key, json_kind(got), want)};
}

}  // namespace

Result<Json> parse_fast_json(simdjson::dom::parser& parser, std::string_view text) {
  // simdjson copies the text, and copying nothing from nowhere is undefined.
  if (text.empty()) return {Code::kBadInput, "not valid JSON: it is empty"};
  Json root;
  const simdjson::error_code error = parser.parse(text.data(), text.size()).get(root);
  if (error == simdjson::MEMALLOC) {
    return {Code::kExhausted, fmt::format("no memory to parse {} bytes of JSON", text.size())};
  }
  if (error != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("not valid JSON: {}", simdjson::error_message(error))};
  }
  return root;
}

const char* json_kind(Json value) {
  switch (value.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "an array";
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
      return "an integer";
    case simdjson::dom::element_type::DOUBLE:
      return "a number";
    case simdjson::dom::element_type::STRING:
      return "a string";
    case simdjson::dom::element_type::BOOL:
      return "a boolean";
    case simdjson::dom::element_type::NULL_VALUE:
      break;
  }
  return "null";
}

Result<Json> member(Json value, std::string_view key) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    return {Code::kBadInput,
            fmt::format("{} instead of an object with '{}'", json_kind(value), key)};
  }
  Json found;
  if (object.at_key(key).get(found) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("no '{}'", key)};
  }
  return found;
}

bool has_member(Json value, std::string_view key) {
  const Result<Json> found = member(value, key);
  return found.ok() && !found->is_null();
}

Result<std::string_view> string_member(Json value, std::string_view key) {
  QUERN_ASSIGN(const Json found, member(value, key));
  std::string_view text;
  if (found.get(text) != simdjson::SUCCESS) return wrong(key, "a string", found);
  return text;
}

Result<bool> bool_member_or(Json value, std::string_view key, bool fallback) {
  if (!has_member(value, key)) return fallback;
  QUERN_ASSIGN(const Json found, member(value, key));
  bool flag = fallback;
  if (found.get(flag) != simdjson::SUCCESS) return wrong(key, "a boolean", found);
  return flag;
}

Result<std::int64_t> int_member(Json value, std::string_view key, std::int64_t lowest,
                                std::int64_t highest) {
  QUERN_ASSIGN(const Json found, member(value, key));
  std::int64_t number = 0;
  if (found.get(number) != simdjson::SUCCESS) return wrong(key, "an integer", found);
  if (number < lowest || number > highest) {
    return {Code::kBadInput,
            fmt::format("'{}' is {}, want {} to {}", key, number, lowest, highest)};
  }
  return number;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 96;
  std::string out;
  const auto append = [&out](std::string_view part) {
    for (const char c : part) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      } else {
        out += c;
      }
    }
  };
  if (text.size() <= kMost) {
    append(text);
    return out;
  }
  // Cut where no UTF-8 character is broken, so that the message stays valid text.
  const auto inside = [&text](std::size_t i) { return (text[i] & 0xc0) == 0x80; };
  std::size_t head = kMost / 2;
  std::size_t tail = text.size() - kMost / 2;
  while (head > 0 && inside(head)) --head;
  while (tail < text.size() && inside(tail)) ++tail;
  append(text.substr(0, head));
  out += "...";
  append(text.substr(tail));
  return out;
}

}  // namespace quern::formats
