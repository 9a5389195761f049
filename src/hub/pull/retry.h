// When to try again, and how long to wait first.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "net/http_client.h"

namespace quern::hub {

/// Would the same request perhaps be answered a little later?
bool is_passing(int http_status);

/// The wait that a Retry-After header asks for: seconds, or a date after `now`.
std::optional<std::chrono::milliseconds> retry_after(const net::HttpHead& head,
                                                     std::chrono::system_clock::time_point now);

/// Before attempt `i` (1: the second): `first` doubled each time, up to a minute.
std::chrono::milliseconds backoff(int i, std::chrono::milliseconds first);

/// Sleeps; false if cancelled meanwhile.
bool wait_unless(std::chrono::milliseconds time, const std::function<bool()>& is_cancelled);

}  // namespace quern::hub
