#include "jinja/json.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace quern::jinja {
namespace {

using Json = nlohmann::ordered_json;

// Templates put messages into lists and dicts of their own.
constexpr int kMaxDepth = kMaxValueDepth / 2;

Value value_of(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_integer:
      return json.get<std::int64_t>();
    case Json::value_t::number_unsigned: {
      const auto value = json.get<std::uint64_t>();
      if (value > INT64_MAX) return static_cast<double>(value);
      return static_cast<std::int64_t>(value);
    }
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
      return json.get<std::string>();
    case Json::value_t::array: {
      std::vector<Value> items;
      for (const Json& item : json) items.push_back(value_of(item));
      return make_list(std::move(items));
    }
    case Json::value_t::object: {
      std::vector<std::pair<Value, Value>> items;
      for (const auto& [key, item] : json.items()) items.emplace_back(key, value_of(item));
      return make_dict(std::move(items));
    }
    default:
      return None{};
  }
}

}  // namespace

Result<Value> value_from_json(std::string_view json) {
  bool is_too_deep = false;
  // Refusing a value only leaves it out, so what lies deeper is never built.
  const auto check_depth = [&](int depth, Json::parse_event_t, Json&) {
    is_too_deep = is_too_deep || depth > kMaxDepth;
    return !is_too_deep;
  };
  const Json parsed = Json::parse(json.begin(), json.end(), check_depth, false);
  if (is_too_deep) {
    return {Code::kBadInput, "JSON nests deeper than " + std::to_string(kMaxDepth) + " levels"};
  }
  if (parsed.is_discarded()) return {Code::kBadInput, "not JSON"};
  return value_of(parsed);
}

}  // namespace quern::jinja
