#include "formats/gguf/gguf_value.h"

#include <fmt/format.h>

#include "base/check.h"
#include "formats/fast_json.h"

namespace quern::formats {
namespace {

constexpr int kMaxDepth = 4;
constexpr std::uint32_t kTypeCount = 13;
constexpr int kElementBytes[kTypeCount] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
constexpr const char* kTypeNames[kTypeCount] = {"u8",  "i8",  "u16",      "i16",     "u32",
                                                "i32", "f32", "booleans", "strings", "arrays",
                                                "u64", "i64", "f64"};

/// The bytes of an array's elements, once each was seen to fit.
std::optional<GgufValue> read_array(ByteReader& reader, int depth) {
  if (depth >= kMaxDepth) return std::nullopt;
  const std::optional<GgufType> type = gguf_type_from(reader.number<std::uint32_t>());
  const auto n = reader.number<std::uint64_t>();
  if (!reader.is_ok() || !type) return std::nullopt;
  GgufArray array{.type = *type, .n = n, .bytes = {}};
  const auto size = static_cast<std::uint64_t>(gguf_element_bytes(*type));
  if (size > 0 && *type != GgufType::kBool) {
    if (n > reader.n_left() / size) return std::nullopt;
    array.bytes = reader.take(n * size);
    return array;
  }
  const ByteReader start = reader;
  for (std::uint64_t i = 0; i < n; ++i) {
    if (!read_gguf_value(reader, *type, depth + 1)) return std::nullopt;
  }
  ByteReader again = start;
  array.bytes = again.take(reader.position() - start.position());
  return array;
}

}  // namespace

std::optional<GgufType> gguf_type_from(std::uint32_t number) {
  if (number >= kTypeCount) return std::nullopt;
  return static_cast<GgufType>(number);
}

int gguf_element_bytes(GgufType type) { return kElementBytes[static_cast<std::size_t>(type)]; }

std::optional<GgufValue> read_gguf_value(ByteReader& reader, GgufType type, int depth) {
  const auto done = [&reader](GgufValue value) -> std::optional<GgufValue> {
    if (!reader.is_ok()) return std::nullopt;
    return value;
  };
  const auto is_signed = [](auto number) { return static_cast<std::int64_t>(number); };
  const auto is_unsigned = [](auto number) { return static_cast<std::uint64_t>(number); };
  switch (type) {
    case GgufType::kU8:
      return done(is_unsigned(reader.number<std::uint8_t>()));
    case GgufType::kI8:
      return done(is_signed(reader.number<std::int8_t>()));
    case GgufType::kU16:
      return done(is_unsigned(reader.number<std::uint16_t>()));
    case GgufType::kI16:
      return done(is_signed(reader.number<std::int16_t>()));
    case GgufType::kU32:
      return done(is_unsigned(reader.number<std::uint32_t>()));
    case GgufType::kI32:
      return done(is_signed(reader.number<std::int32_t>()));
    case GgufType::kU64:
      return done(is_unsigned(reader.number<std::uint64_t>()));
    case GgufType::kI64:
      return done(is_signed(reader.number<std::int64_t>()));
    case GgufType::kF32:
      return done(static_cast<double>(reader.number<float>()));
    case GgufType::kF64:
      return done(reader.number<double>());
    case GgufType::kString:
      return done(reader.string());
    case GgufType::kArray:
      return read_array(reader, depth);
    case GgufType::kBool:
      break;
  }
  const auto flag = reader.number<std::uint8_t>();
  if (flag > 1) return std::nullopt;
  return done(flag == 1);
}

std::vector<GgufValue> gguf_elements(const GgufArray& array) {
  ByteReader reader(array.bytes);
  std::vector<GgufValue> out;
  out.reserve(array.n);
  for (std::uint64_t i = 0; i < array.n; ++i) {
    const std::optional<GgufValue> value = read_gguf_value(reader, array.type);
    QUERN_CHECK(value.has_value());  // Walked when the file was read.
    out.push_back(*value);
  }
  return out;
}

std::string gguf_value_text(const GgufValue& value) {
  if (const auto* n = std::get_if<std::uint64_t>(&value)) return fmt::format("{}", *n);
  if (const auto* n = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *n);
  if (const auto* n = std::get_if<double>(&value)) return fmt::format("{}", *n);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return fmt::format("\"{}\"", shown(*text));
  }
  const GgufArray& array = std::get<GgufArray>(value);
  return fmt::format("an array of {} {}", array.n,
                     kTypeNames[static_cast<std::size_t>(array.type)]);
}

}  // namespace quern::formats
