// Which of the things that are held for speed go when memory is short.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace quern::engine {

struct Evictable {
  std::size_t bytes = 0;
  double reload_seconds = 0;  // What having it again costs.
  double idle_seconds = 0;    // Since its last use.
  bool is_pinned = false;     // In use: never chosen.
};

/// Indices of what to let go so that `bytes` come free, the least missed first: what has been idle
/// long, is large, and comes back soon. None when all of it together is too little. None is chosen
/// that the others make unnecessary.
std::vector<std::size_t> choose_victims(std::span<const Evictable> all, std::size_t bytes);

}  // namespace quern::engine
