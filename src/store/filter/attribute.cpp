#include "store/filter/attribute.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

namespace quern::store {
namespace {

constexpr std::array<std::string_view, 7> kReserved = {"and",  "or",    "not", "in",
                                                       "true", "false", "key"};
constexpr std::int64_t kDay = 86400;

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes n digits from the front; -1 where there are none.
int take_digits(std::string_view& text, std::size_t n) {
  if (text.size() < n ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(n), is_digit)) {
    return -1;
  }
  int value = 0;
  for (const char c : text.substr(0, n)) value = value * 10 + (c - '0');
  text.remove_prefix(n);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// Seconds of "12:30:00"; -1 for anything else.
int take_time(std::string_view& text) {
  const int hour = take_digits(text, 2);
  if (!take(text, ':')) return -1;
  const int minute = take_digits(text, 2);
  if (!take(text, ':')) return -1;
  const int second = take_digits(text, 2);
  const bool is_time =
      hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
  return is_time ? (hour * 60 + minute) * 60 + second : -1;
}

}  // namespace

const char* attribute_type_name(AttributeType type) {
  switch (type) {
    case AttributeType::kKeyword:
      return "keyword";
    case AttributeType::kInteger:
      return "integer";
    case AttributeType::kDate:
      return "date";
    case AttributeType::kFlag:
      return "flag";
  }
  return "";
}

Result<AttributeType> attribute_type_from_name(std::string_view name) {
  for (const AttributeType type : {AttributeType::kKeyword, AttributeType::kInteger,
                                   AttributeType::kDate, AttributeType::kFlag}) {
    if (name == attribute_type_name(type)) return type;
  }
  return {
      Code::kBadInput,
      fmt::format("attribute type '{}' is not known, want keyword, integer, date or flag", name)};
}

Status check_attribute_name(std::string_view name) {
  const auto is_allowed = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
  };
  if (name.empty() || name.size() > 64 || !is_letter(name.front()) ||
      !std::all_of(name.begin(), name.end(), is_allowed)) {
    return {
        Code::kBadInput,
        fmt::format("attribute name '{}': want a letter, then letters, digits, _ . -, all small, "
                    "64 at most",
                    name.substr(0, 64))};
  }
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
    return {Code::kBadInput,
            fmt::format("attribute name '{}' is a word of the filter language", name)};
  }
  return {};
}

Status check_attribute_value(const AttributeValue& value, std::span<const Attribute> attributes) {
  if (value.i_attribute < 0 || static_cast<std::size_t>(value.i_attribute) >= attributes.size()) {
    return {Code::kBadInput, fmt::format("there is no attribute {}", value.i_attribute)};
  }
  const Attribute& attribute = attributes[static_cast<std::size_t>(value.i_attribute)];
  if (attribute.type == AttributeType::kFlag && value.number != 0 && value.number != 1) {
    return {Code::kBadInput,
            fmt::format("flag '{}' is {}, want 0 or 1", attribute.name, value.number)};
  }
  if (value.text.size() > kMaxKeywordBytes) {
    return {Code::kTooLarge, fmt::format("a value of '{}' has {} bytes, the most is {}",
                                         attribute.name, value.text.size(), kMaxKeywordBytes)};
  }
  return {};
}

Result<std::int64_t> seconds_from_date(std::string_view text) {
  const Status bad(
      Code::kBadInput,
      fmt::format("date '{}': want 2020-05-01 or 2020-05-01T12:30:00Z", text.substr(0, 64)));
  const int year = take_digits(text, 4);
  if (!take(text, '-')) return bad;
  const int month = take_digits(text, 2);
  if (!take(text, '-')) return bad;
  const int day = take_digits(text, 2);
  if (year < 0 || month < 0 || day < 0) return bad;
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return bad;
  int time = 0;
  if (take(text, 'T')) {
    time = take_time(text);
    if (time < 0) return bad;
    take(text, 'Z');
  }
  if (!text.empty()) return bad;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay + time;
}

std::string date_from_seconds(std::int64_t seconds) {
  static const std::int64_t first = *seconds_from_date("0000-01-01");
  static const std::int64_t last = *seconds_from_date("9999-12-31") + kDay - 1;
  if (seconds < first || seconds > last) return std::to_string(seconds);
  const std::int64_t time = (seconds % kDay + kDay) % kDay;
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days((seconds - time) / kDay))};
  std::string out =
      fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  if (time != 0) {
    out += fmt::format("T{:02}:{:02}:{:02}Z", time / 3600, time / 60 % 60, time % 60);
  }
  return out;
}

}  // namespace quern::store
