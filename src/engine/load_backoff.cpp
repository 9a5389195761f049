#include "engine/load_backoff.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.h"

namespace quern::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirst = 500ms;
constexpr std::chrono::milliseconds kLongest = 60s;

bool is_of_the_files(Code code) {
  return code == Code::kBadInput || code == Code::kUnsupported || code == Code::kIo ||
         code == Code::kNotFound;
}

std::chrono::milliseconds pause_after(int n_attempts) {
  constexpr int kDoublings = 7;  // Enough to be over the longest.
  return std::min(kFirst * (1 << std::min(n_attempts - 1, kDoublings)), kLongest);
}

}  // namespace

Status LoadBackoff::check(const ModelPlace& place) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(place.where);
  if (found == entries_.end() || found->second.key != place.key) return {};
  const Entry& entry = found->second;
  const Clock::time_point now = now_();
  if (now >= entry.retry_at) return {};
  return {entry.status.code(),
          fmt::format("{} (it failed {}, and is read again in {}, or when its files change)",
                      entry.status.message(),
                      entry.n_attempts == 1 ? "before" : fmt::format("{} times", entry.n_attempts),
                      human_duration(entry.retry_at - now))};
}

void LoadBackoff::enter(const ModelPlace& place, const Status& status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (status.ok()) {
    entries_.erase(place.where);
    return;
  }
  if (!is_of_the_files(status.code())) return;
  Entry& entry = entries_[place.where];
  if (entry.key != place.key) entry = {.key = place.key, .status = {}, .retry_at = {}};
  entry.status = status;
  entry.retry_at = now_() + pause_after(++entry.n_attempts);
}

std::optional<LoadBackoff::Failure> LoadBackoff::find(const std::string& where) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(where);
  if (found == entries_.end()) return std::nullopt;
  const std::chrono::duration<double> left = found->second.retry_at - now_();
  return Failure{.status = found->second.status,
                 .n_attempts = found->second.n_attempts,
                 .retry_seconds = std::max(left.count(), 0.0)};
}

}  // namespace quern::engine
