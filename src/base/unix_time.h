// What the clock on the wall says.

#pragma once

#include <chrono>
#include <cstdint>

namespace quern {

/// Milliseconds since 1970. It may jump: not for measuring.
inline std::int64_t unix_ms_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace quern
