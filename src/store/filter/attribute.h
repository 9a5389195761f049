// Typed values beside a document's text, for filters and counts: a language, a year, a flag.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::store {

enum class AttributeType : std::uint8_t {
  kKeyword = 0,  // Text, compared as a whole or by its beginning.
  kInteger = 1,
  kDate = 2,  // Seconds since 1970 in UTC.
  kFlag = 3,  // 0 or 1.
};

struct Attribute {
  std::string name;  // [a-z0-9_.-], 1 to 64 bytes, a letter first; no word of the filter language
  AttributeType type = AttributeType::kKeyword;

  bool operator==(const Attribute&) const = default;
};

/// A document may have several of one attribute, or none.
struct AttributeValue {
  int i_attribute = 0;
  std::string text;         // Of a keyword: any bytes, kMaxKeywordBytes at most.
  std::int64_t number = 0;  // Of the others.

  bool operator==(const AttributeValue&) const = default;
};

inline constexpr std::size_t kMaxKeywordBytes = 4096;

/// "keyword", "integer", "date", "flag".
const char* attribute_type_name(AttributeType type);
/// Errors: kBadInput naming the known ones.
Result<AttributeType> attribute_type_from_name(std::string_view name);

/// Errors: kBadInput naming the attribute and what its name may be.
Status check_attribute_name(std::string_view name);

/// Errors: kBadInput where there is no such attribute, or a flag is neither 0 nor 1; kTooLarge for
/// a keyword's text.
Status check_attribute_value(const AttributeValue& value, std::span<const Attribute> attributes);

/// "2020-05-01" or "2020-05-01T12:30:00", a "Z" behind it or not, as seconds since 1970 in UTC.
/// Years 0000 to 9999.
/// Errors: kBadInput for anything else.
Result<std::int64_t> seconds_from_date(std::string_view text);

/// "2020-05-01" at midnight, else with its time and "Z"; outside years 0000 to 9999 the number.
std::string date_from_seconds(std::int64_t seconds);

}  // namespace quern::store
