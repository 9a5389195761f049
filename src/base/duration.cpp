#include "base/duration.h"

#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace quern {
namespace {

using std::chrono::nanoseconds;

constexpr double kMostSeconds = 290.0 * 365 * 86400;

struct Unit {
  std::string_view name;
  double seconds;
};

// The longer names first: "m" begins "ms".
constexpr Unit kUnits[] = {{"ns", 1e-9}, {"us", 1e-6}, {"\xc2\xb5s", 1e-6}, {"\xce\xbcs", 1e-6},
                           {"ms", 1e-3}, {"s", 1},     {"m", 60},           {"h", 3600}};

Status not_a_duration(std::string_view text) {
  return {Code::kBadInput,
          fmt::format("'{}' is no length of time, want one like '5m', '1h30m', '250ms' or a number "
                      "of seconds",
                      text)};
}

bool take_number(std::string_view& text, double& out) {
  if (text.empty() || text.front() == '-' || text.front() == '+') return false;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out, std::chars_format::fixed);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return std::isfinite(out);
}

double take_unit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.seconds;
  }
  return 0;
}

}  // namespace

Result<nanoseconds> duration_of_seconds(double seconds) {
  if (!std::isfinite(seconds)) return Status(Code::kBadInput, "is not a finite number of seconds");
  const double cut = std::min(std::max(seconds, -kMostSeconds), kMostSeconds);
  return nanoseconds(static_cast<nanoseconds::rep>(cut * 1e9));
}

Result<nanoseconds> parse_duration(std::string_view text) {
  std::string_view rest = text;
  const bool is_negative = rest.starts_with('-');
  if (is_negative || rest.starts_with('+')) rest.remove_prefix(1);
  double sum = 0;
  bool is_first = true;
  do {
    double number = 0;
    if (!take_number(rest, number)) return not_a_duration(text);
    const bool is_plain = std::exchange(is_first, false) && rest.empty();
    const double unit = is_plain ? 1 : take_unit(rest);
    if (unit == 0) return not_a_duration(text);
    sum += number * unit;
  } while (!rest.empty());
  return duration_of_seconds(is_negative ? -sum : sum);
}

std::string human_duration(nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 0) return "-" + human_duration(-duration);
  if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  if (seconds < 10) return fmt::format("{:.2g} s", seconds);
  const auto whole = static_cast<long>(std::llround(seconds));
  if (whole < 120) return fmt::format("{} s", whole);
  const long minutes = (whole + 30) / 60;
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes % 60 == 0) return fmt::format("{} h", minutes / 60);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

}  // namespace quern
