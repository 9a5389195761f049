// Access to the metadata of a GGUF file by key.

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "formats/byte_reader.h"
#include "formats/fast_json.h"
#include "formats/gguf/gguf.h"
#include "formats/gguf/gguf_value.h"

namespace quern::formats {
namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::uint64_t kMaxElements = 1 << 24;  // Of arrays read into memory.

/// Nothing for what is no integer, or is too large for 64 signed bits.
std::optional<std::int64_t> as_integer(const GgufValue& value) {
  if (const auto* n = std::get_if<std::int64_t>(&value)) return *n;
  const auto* n = std::get_if<std::uint64_t>(&value);
  if (n == nullptr || *n > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<std::int64_t>(*n);
}

std::optional<double> as_number(const GgufValue& value) {
  if (const auto* n = std::get_if<double>(&value)) return *n;
  if (const auto n = as_integer(value)) return static_cast<double>(*n);
  return std::nullopt;
}

}  // namespace

const GgufValue* GgufMetadata::find(std::string_view key) const {
  const auto at = values_.find(key);
  return at == values_.end() ? nullptr : &at->second;
}

Status GgufMetadata::wrong(std::string_view key, std::string_view want) const {
  const GgufValue* value = find(key);
  if (value == nullptr) {
    return {Code::kBadInput, fmt::format("no '{}', want {}", shown(key), want)};
  }
  return {Code::kBadInput,
          fmt::format("'{}' is {}, want {}", shown(key), gguf_value_text(*value), want)};
}

Result<std::int64_t> GgufMetadata::integer(std::string_view key, std::int64_t lowest,
                                           std::int64_t highest) const {
  const GgufValue* value = find(key);
  const std::optional<std::int64_t> number = value ? as_integer(*value) : std::nullopt;
  if (number && *number >= lowest && *number <= highest) return *number;
  return wrong(key, lowest == kLowest ? std::string("an integer")
                                      : fmt::format("an integer from {} to {}", lowest, highest));
}

Result<std::int64_t> GgufMetadata::integer_or(std::string_view key, std::int64_t lowest,
                                              std::int64_t highest, std::int64_t fallback) const {
  if (!has(key)) return fallback;
  return integer(key, lowest, highest);
}

Result<double> GgufMetadata::number_or(std::string_view key, double lowest, double highest,
                                       double fallback) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return fallback;
  const std::optional<double> number = as_number(*value);
  // Written so that NaN fails.
  if (number && *number >= lowest && *number <= highest) return *number;
  return wrong(key, fmt::format("a number from {} to {}", lowest, highest));
}

Result<bool> GgufMetadata::boolean_or(std::string_view key, bool fallback) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return fallback;
  if (const auto* flag = std::get_if<bool>(value)) return *flag;
  return wrong(key, "true or false");
}

Result<std::string_view> GgufMetadata::string(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value != nullptr) {
    if (const auto* text = std::get_if<std::string_view>(value)) return *text;
  }
  return wrong(key, "a string");
}

Result<std::string_view> GgufMetadata::string_or(std::string_view key,
                                                 std::string_view fallback) const {
  if (!has(key)) return fallback;
  return string(key);
}

Result<std::vector<std::string_view>> GgufMetadata::strings(std::string_view key) const {
  std::vector<std::string_view> out;
  const GgufValue* value = find(key);
  if (value == nullptr) return out;
  const auto* array = std::get_if<GgufArray>(value);
  if (array == nullptr || array->type != GgufType::kString)
    return wrong(key, "an array of strings");
  ByteReader reader(array->bytes);
  out.reserve(array->n);
  for (std::uint64_t i = 0; i < array->n; ++i) out.push_back(reader.string());
  return out;
}

Result<std::vector<std::int64_t>> GgufMetadata::integers(std::string_view key) const {
  std::vector<std::int64_t> out;
  const GgufValue* value = find(key);
  if (value == nullptr) return out;
  const auto* array = std::get_if<GgufArray>(value);
  if (array == nullptr || array->n > kMaxElements) return wrong(key, "an array of integers");
  ByteReader reader(array->bytes);
  out.reserve(array->n);
  // Token types: by far the longest of these arrays, and always of this type.
  if (array->type == GgufType::kI32) {
    for (std::uint64_t i = 0; i < array->n; ++i) out.push_back(reader.number<std::int32_t>());
    return out;
  }
  for (std::uint64_t i = 0; i < array->n; ++i) {
    const std::optional<GgufValue> element = read_gguf_value(reader, array->type);
    const std::optional<std::int64_t> number = element ? as_integer(*element) : std::nullopt;
    if (!number) return wrong(key, "an array of integers");
    out.push_back(*number);
  }
  return out;
}

Result<std::vector<float>> GgufMetadata::floats(std::string_view key) const {
  std::vector<float> out;
  const GgufValue* value = find(key);
  if (value == nullptr) return out;
  const auto* array = std::get_if<GgufArray>(value);
  if (array == nullptr || array->type != GgufType::kF32 || array->n > kMaxElements)
    return wrong(key, "an array of f32");
  ByteReader reader(array->bytes);
  out.reserve(array->n);
  for (std::uint64_t i = 0; i < array->n; ++i) out.push_back(reader.number<float>());
  return out;
}

}  // namespace quern::formats
