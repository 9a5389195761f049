#include "formats/json_object.h"

#include <utility>

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "formats/fast_json.h"

namespace quern::formats {
namespace {

constexpr std::size_t kMaxFileBytes = 16u << 20;
constexpr int kMaxDepth = 64;

/// The parser itself has no limit, and a file of brackets would become gigabytes of arrays.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

std::string file_in(const std::string& folder, const std::string& file) {
  return folder.ends_with('/') ? folder + file : folder + "/" + file;
}

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text, const std::string& label) {
  if (is_too_deep(text)) {
    return {Code::kBadInput, fmt::format("{}: nested more than {} levels deep", label, kMaxDepth)};
  }
  nlohmann::json value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return {Code::kBadInput, fmt::format("{}: not valid JSON", label)};
  return value;
}

Result<nlohmann::json> read_json(const std::string& folder, const std::string& file) {
  QUERN_ASSIGN(const std::string text, read_file(file_in(folder, file), kMaxFileBytes));
  return parse_json(text, file);
}

Result<JsonObject> JsonObject::parse(std::string_view text, std::string label) {
  QUERN_ASSIGN(nlohmann::json value, parse_json(text, label));
  if (!value.is_object()) {
    return {Code::kBadInput, fmt::format("{}: {}, want an object", label, value.type_name())};
  }
  return JsonObject(std::move(value), std::move(label));
}

Result<JsonObject> JsonObject::read(const std::string& folder, const std::string& file) {
  QUERN_ASSIGN(const std::string text, read_file(file_in(folder, file), kMaxFileBytes));
  return parse(text, file);
}

Result<JsonObject> JsonObject::read_or_empty(const std::string& folder, const std::string& file) {
  Result<JsonObject> found = read(folder, file);
  if (found.ok() || found.status().code() != Code::kNotFound) return found;
  return JsonObject(nlohmann::json::object(), file);
}

const nlohmann::json& JsonObject::at(const char* key) const {
  static const nlohmann::json kNull;
  if (*key == '\0') return kNull;  // A key that a family does not have, whatever a file may say.
  const auto found = value_.find(key);
  return found == value_.end() ? kNull : *found;
}

bool JsonObject::has(const char* key) const { return !at(key).is_null(); }

namespace {

std::string message(const JsonObject& object, const char* key, std::string_view want) {
  if (!object.has(key)) return fmt::format("{}: no '{}', want {}", object.label(), key, want);
  const std::string got =
      object.at(key).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return fmt::format("{}: '{}' is {}, want {}", object.label(), key, shown(got), want);
}

}  // namespace

Status JsonObject::wrong(const char* key, std::string_view want) const {
  return {Code::kBadInput, message(*this, key, want)};
}

Status JsonObject::unsupported(const char* key, std::string_view want) const {
  return {Code::kUnsupported, message(*this, key, want)};
}

Result<int> JsonObject::integer(const char* key, int lowest, int highest) const {
  const nlohmann::json& value = at(key);
  const std::string want = fmt::format("an integer from {} to {}", lowest, highest);
  if (!value.is_number_integer()) return wrong(key, want);
  // Unsigned values above the signed range wrap to negative ones in get<int64_t>.
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT32_MAX) return wrong(key, want);
  const std::int64_t number = value.get<std::int64_t>();
  if (number < lowest || number > highest) return wrong(key, want);
  return static_cast<int>(number);
}

Result<int> JsonObject::integer_or(const char* key, int lowest, int highest, int fallback) const {
  if (!has(key)) return fallback;
  return integer(key, lowest, highest);
}

Result<double> JsonObject::number_or(const char* key, double lowest, double highest,
                                     double fallback) const {
  if (!has(key)) return fallback;
  const nlohmann::json& value = at(key);
  const std::string want = fmt::format("a number from {} to {}", lowest, highest);
  if (!value.is_number()) return wrong(key, want);
  const double number = value.get<double>();
  if (!(number >= lowest && number <= highest)) return wrong(key, want);
  return number;
}

Result<bool> JsonObject::boolean_or(const char* key, bool fallback) const {
  if (!has(key)) return fallback;
  if (!at(key).is_boolean()) return wrong(key, "true or false");
  return at(key).get<bool>();
}

Result<std::string> JsonObject::string(const char* key) const {
  if (!at(key).is_string()) return wrong(key, "a string");
  return at(key).get<std::string>();
}

Result<std::string> JsonObject::string_or(const char* key, std::string fallback) const {
  if (!has(key)) return fallback;
  return string(key);
}

Result<std::vector<std::string>> JsonObject::strings(const char* key) const {
  std::vector<std::string> out;
  if (!has(key)) return out;
  if (!at(key).is_array()) return wrong(key, "an array of strings");
  for (const nlohmann::json& item : at(key)) {
    if (!item.is_string()) return wrong(key, "an array of strings");
    out.push_back(item.get<std::string>());
  }
  return out;
}

Result<JsonObject> JsonObject::object(const char* key) const {
  if (!at(key).is_object()) return wrong(key, "an object");
  return JsonObject(at(key), label_ + ": " + key);
}

}  // namespace quern::formats
