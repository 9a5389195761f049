#include "hub/pull/retry.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <thread>

namespace quern::hub {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestBackoff{60'000};
constexpr milliseconds kLookEvery{20};

}  // namespace

bool is_passing(int http_status) {
  return http_status == 408 || http_status == 425 || http_status == 429 || http_status == 500 ||
         http_status == 502 || http_status == 503 || http_status == 504;
}

std::optional<milliseconds> retry_after(const net::HttpHead& head,
                                        std::chrono::system_clock::time_point now) {
  const std::string* text = head.find("retry-after");
  if (text == nullptr) return {};
  long seconds = 0;
  const char* end = text->data() + text->size();
  if (const auto parsed = std::from_chars(text->data(), end, seconds);
      parsed.ec == std::errc() && parsed.ptr == end) {
    return milliseconds(std::clamp(seconds, 0L, 86'400L) * 1000);
  }
  std::tm date{};
  if (::strptime(text->c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) return {};
  const auto then = std::chrono::system_clock::from_time_t(::timegm(&date));
  return std::max(std::chrono::duration_cast<milliseconds>(then - now), milliseconds(0));
}

milliseconds backoff(int i, milliseconds first) {
  return std::min(first * (1 << std::clamp(i - 1, 0, 16)), kLongestBackoff);
}

bool wait_unless(milliseconds time, const std::function<bool()>& is_cancelled) {
  const auto end = std::chrono::steady_clock::now() + time;
  for (;;) {
    if (is_cancelled && is_cancelled()) return false;
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= left.zero()) return true;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, kLookEvery));
  }
}

}  // namespace quern::hub
