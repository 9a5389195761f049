// Dates as Semantic Scholar's API writes them, and the days that they stand for.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "apps/papers/paper_library.h"
#include "base/status.h"

namespace quern::apps {

/// The day in days since 1970-01-01; nothing where the calendar has no such day. Years 1 to 9999.
std::optional<std::int64_t> days_from_civil(int year, int month, int day);

/// "YYYY-MM-DD" of days since 1970-01-01; "" outside of years 1 to 9999.
std::string date_from_days(std::int64_t days);

/// The days of "2019" (the year), "2019-06" (the month) or "2019-06-30". Errors: kBadInput.
Result<DayRange> days_of_date(std::string_view text);

/// A date, or "from:to", "from:" or ":to" of two, both included: ":2015-01" ends with January.
/// Errors: kBadInput, also for ":" alone and what ends before it begins.
Result<DayRange> days_of_date_range(std::string_view text);

/// "2019", "2016-2020", "2010-" or "-2015": whole years. Errors: as days_of_date_range.
Result<DayRange> days_of_years(std::string_view text);

/// The days in both; first > last: there are none.
DayRange common_days(const DayRange& a, const DayRange& b);

}  // namespace quern::apps
