#include "apps/papers/paper_dates.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace quern::apps {
namespace {

// Years have four digits. Plain numbers: they go into filters, where no infinity does.
constexpr std::int64_t kFirstDay = -719'162;  // 0001-01-01
constexpr std::int64_t kLastDay = 2'932'896;  // 9999-12-31

/// Exactly `n_digits` of them at the front of `text`, which is then behind them.
std::optional<int> take_digits(std::string_view& text, std::size_t n_digits) {
  if (text.size() < n_digits) return {};
  int number = 0;
  const char* const end = text.data() + n_digits;
  const bool is_signed = text.front() == '-' || text.front() == '+';
  if (is_signed || std::from_chars(text.data(), end, number).ptr != end) return {};
  text.remove_prefix(n_digits);
  return number;
}

/// "-NN" at the front of `text`.
std::optional<int> take_part(std::string_view& text) {
  if (!text.starts_with('-')) return {};
  text.remove_prefix(1);
  return take_digits(text, 2);
}

Status no_date(std::string_view text) {
  return {Code::kBadInput, fmt::format("'{}' is no date, want YYYY, YYYY-MM or YYYY-MM-DD", text)};
}

std::int64_t last_day_of_month(int year, int month) {
  using namespace std::chrono;
  const auto last = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
                    std::chrono::last;
  return sys_days(last).time_since_epoch().count();
}

/// From the first day of one to the last of the other; "" stands for no end.
template <typename DaysOf>
Result<DayRange> range_of(std::string_view first, std::string_view last, std::string_view whole,
                          const DaysOf& days_of) {
  DayRange out = {.first = kFirstDay, .last = kLastDay};
  if (first.empty() && last.empty()) {
    return {Code::kBadInput, fmt::format("'{}' has neither a beginning nor an end", whole)};
  }
  if (!first.empty()) {
    QUERN_ASSIGN(const DayRange from, days_of(first));
    out.first = from.first;
  }
  if (!last.empty()) {
    QUERN_ASSIGN(const DayRange to, days_of(last));
    out.last = to.last;
  }
  if (out.first > out.last) {
    return {Code::kBadInput, fmt::format("'{}' ends before it begins", whole)};
  }
  return out;
}

Result<DayRange> days_of_year(std::string_view text) {
  if (text.size() == 4) return days_of_date(text);
  return {Code::kBadInput, fmt::format("'{}' is no year, want YYYY", text)};
}

}  // namespace

std::optional<std::int64_t> days_from_civil(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return {};
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::string date_from_days(std::int64_t days) {
  if (days < kFirstDay || days > kLastDay) return "";
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

Result<DayRange> days_of_date(std::string_view text) {
  std::string_view rest = text;
  const std::optional<int> year = take_digits(rest, 4);
  if (!year) return no_date(text);
  std::optional<int> month, day;
  if (!rest.empty() && !(month = take_part(rest))) return no_date(text);
  if (!rest.empty() && !(day = take_part(rest))) return no_date(text);
  const auto first = days_from_civil(*year, month.value_or(1), day.value_or(1));
  if (!first || !rest.empty()) return no_date(text);
  if (day) return DayRange{.first = *first, .last = *first};
  return DayRange{.first = *first, .last = last_day_of_month(*year, month.value_or(12))};
}

Result<DayRange> days_of_date_range(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return days_of_date(text);
  return range_of(text.substr(0, colon), text.substr(colon + 1), text, days_of_date);
}

Result<DayRange> days_of_years(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return days_of_year(text);
  return range_of(text.substr(0, dash), text.substr(dash + 1), text, days_of_year);
}

DayRange common_days(const DayRange& a, const DayRange& b) {
  return {.first = std::max(a.first, b.first), .last = std::min(a.last, b.last)};
}

}  // namespace quern::apps
