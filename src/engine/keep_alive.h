// How long a model stays in memory after the last request for it.

#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::engine {

/// 0: until the request is done. kKeepForever: until its memory is wanted for something else.
using KeepAlive = std::chrono::nanoseconds;

inline constexpr KeepAlive kKeepForever = KeepAlive::max();

/// Reads "5m", "90s", plain seconds, "0"; anything below 0 is kKeepForever.
/// Errors: as parse_duration.
Result<KeepAlive> parse_keep_alive(std::string_view text);

/// Of a number of seconds. Errors: as duration_of_seconds.
Result<KeepAlive> keep_alive_of(double seconds);

/// "5 min", "forever": for people.
std::string keep_alive_text(KeepAlive keep_alive);

}  // namespace quern::engine
