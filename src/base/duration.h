// Lengths of time as people write them in flags, headers and requests.

#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern {

/// Reads "5m", "1h30m", "1.5s", "250ms" (Go's form: ns, us, ms, s, m, h, each after its number, a
/// sign before all) or a plain number of seconds: "90", "-1". Longer than 290 years is 290 years.
/// Errors: kBadInput, quoting the text.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// A number of seconds, cut to 290 years. Errors: kBadInput for what is not finite.
Result<std::chrono::nanoseconds> duration_of_seconds(double seconds);

/// "250 ms", "1.5 s", "12 s", "5 min", "1 h 30 min": for people.
std::string human_duration(std::chrono::nanoseconds duration);

}  // namespace quern
