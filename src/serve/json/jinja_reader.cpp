#include "serve/json/jinja_reader.h"

#include <unordered_map>
#include <utility>

#include <fmt/format.h>

namespace quern::serve {
namespace {

namespace ondemand = simdjson::ondemand;
using jinja::Value;

// Templates put messages into lists and dicts of their own.
constexpr int kMaxDepth = jinja::kMaxValueDepth / 4;
constexpr int kMaxValues = 200'000;

/// The members of a dict in the making; of a repeated key the last value counts.
class Members {
 public:
  Value& at(std::string_view key) {
    if (const auto found = places_.find(key); found != places_.end()) {
      return items_[found->second].second;
    }
    items_.emplace_back(Value(key), Value());
    places_.emplace(*items_.back().first.as_text(), items_.size() - 1);
    return items_.back().second;
  }
  Value take() { return jinja::make_dict(std::move(items_)); }

 private:
  std::vector<std::pair<Value, Value>> items_;
  std::unordered_map<std::string_view, std::size_t> places_;  // The texts are those of the items.
};

}  // namespace

Problem JinjaReader::read(JsonValue value, const JsonPlace& place, Value& out) {
  return read_any(value, place, 0, out);
}

Problem JinjaReader::read_any(JsonValue value, const JsonPlace& place, int depth, Value& out) {
  if (depth > kMaxDepth) {
    return wrong_type(place, "deeper nesting", fmt::format("at most {} levels", kMaxDepth));
  }
  if (++n_values_ > kMaxValues) {
    return wrong_type(place, "more values", fmt::format("at most {}", kMaxValues));
  }
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (type == JsonType::array) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return not_json(error, place);
    std::vector<Value> items;
    for (auto element : array) {
      ondemand::value item;
      if (const auto error = element.get(item)) return not_json(error, place);
      if (Problem problem = read_any(item, place, depth + 1, items.emplace_back())) return problem;
    }
    out = jinja::make_list(std::move(items));
    return {};
  }
  if (type != JsonType::object) return read_scalar(value, place, type, out);
  Members members;
  Problem problem = read_object(value, place, [&](std::string_view key, JsonValue item) {
    return read_any(item, place, depth + 1, members.at(key));
  });
  out = members.take();
  return problem;
}

Problem JinjaReader::read_scalar(JsonValue value, const JsonPlace& place, JsonType type,
                                 Value& out) {
  if (type == JsonType::string) {
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return not_json(error, place);
    out = Value(text);
  } else if (type == JsonType::boolean) {
    bool flag = false;
    if (const auto error = value.get_bool().get(flag)) return not_json(error, place);
    out = Value(flag);
  } else if (type == JsonType::number) {
    std::int64_t integer = 0;
    double number = 0;
    if (!value.get_int64().get(integer)) {
      out = Value(integer);
      return {};
    }
    if (const auto error = value.get_double().get(number)) return not_json(error, place);
    out = Value(number);
  } else {
    out = Value(jinja::None{});
    return skip_json(value, place);
  }
  return {};
}

bool JinjaReader::read_object_text(const std::string& json, Value& out) {
  std::string body = json;
  Members members;
  const Problem problem = read_fields(body, [&](std::string_view key, JsonValue value) {
    return read_any(value, {}, 1, members.at(key));
  });
  if (problem) return false;
  out = members.take();
  return true;
}

}  // namespace quern::serve
