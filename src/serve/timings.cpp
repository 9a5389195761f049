#include "serve/timings.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "serve/json/json_text.h"

namespace quern::serve {

void Timings::add(Kind kind, const std::string& name, double seconds) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[{kind, name}];
  entry.all.add(static_cast<std::int64_t>(seconds * 1e6 + 0.5));
  Recent& recent = entry.recent;
  recent.min = recent.n == 0 ? seconds : std::min(recent.min, seconds);
  recent.max = std::max(recent.max, seconds);
  recent.seconds += seconds;
  ++recent.n;
}

std::string Timings::take_line() {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(now - std::exchange(since_, now)).count();
  std::string line;
  Kind before = Kind::kEndpoint;
  for (auto& [key, entry] : entries_) {
    const Recent recent = std::exchange(entry.recent, {});
    if (recent.n == 0) continue;
    if (!line.empty()) line += key.first == before ? ", " : "; stages: ";
    before = key.first;
    line += fmt::format("{} {} x {:.1f} ms ({:.1f} to {:.1f})", key.second, recent.n,
                        1e3 * recent.seconds / static_cast<double>(recent.n), 1e3 * recent.min,
                        1e3 * recent.max);
  }
  return line.empty() ? "" : fmt::format("last {:.0f} s: {}", seconds, line);
}

std::string Timings::json(Kind kind) const {
  const std::lock_guard lock(mutex_);
  std::string out = "{";
  for (const auto& [key, entry] : entries_) {
    if (key.first != kind) continue;
    const LatencyHistogram& all = entry.all;
    const auto ms = [](std::int64_t us) { return static_cast<double>(us) / 1e3; };
    if (out.size() > 1) out += ',';
    append_json_string(out, key.second);
    out += fmt::format(
        ":{{\"count\":{},\"average_ms\":{:.3f},\"min_ms\":{:.3f},\"p50_ms\":{:.3f},"
        "\"p95_ms\":{:.3f},\"p99_ms\":{:.3f},\"max_ms\":{:.3f},\"total_s\":{:.3f}}}",
        all.count(), all.mean_us() / 1e3, ms(all.min_us()), ms(all.quantile_us(0.5)),
        ms(all.quantile_us(0.95)), ms(all.quantile_us(0.99)), ms(all.max_us()),
        all.mean_us() * static_cast<double>(all.count()) / 1e6);
  }
  return out + "}";
}

}  // namespace quern::serve
