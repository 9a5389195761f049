#include "engine/keep_alive.h"

#include "base/duration.h"

namespace quern::engine {
namespace {

KeepAlive of(std::chrono::nanoseconds duration) {
  return duration < KeepAlive::zero() ? kKeepForever : duration;
}

}  // namespace

Result<KeepAlive> parse_keep_alive(std::string_view text) {
  QUERN_ASSIGN(const std::chrono::nanoseconds duration, parse_duration(text));
  return of(duration);
}

Result<KeepAlive> keep_alive_of(double seconds) {
  QUERN_ASSIGN(const std::chrono::nanoseconds duration, duration_of_seconds(seconds));
  return of(duration);
}

std::string keep_alive_text(KeepAlive keep_alive) {
  return keep_alive == kKeepForever ? "forever" : human_duration(keep_alive);
}

}  // namespace quern::engine
