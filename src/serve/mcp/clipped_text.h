// What others sent, told back: never more of it than helps to know it again.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace quern::serve {

inline constexpr std::size_t kToldNameBytes = 100;

/// `text`, or its first characters in at most `max_bytes` and "..." behind them.
inline std::string clipped(std::string_view text, std::size_t max_bytes = kToldNameBytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes;
  while (end > 0 && is_continuation_byte(text[end])) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace quern::serve
