#include "engine/eviction.h"

#include <algorithm>

namespace quern::engine {
namespace {

// Under a second nobody feels the difference: then idleness alone decides between equals.
constexpr double kLeastReload = 1;

// Bytes and seconds that are freed for each second of reloading.
double worth_of_eviction(const Evictable& e) {
  return static_cast<double>(e.bytes) * e.idle_seconds / std::max(e.reload_seconds, kLeastReload);
}

}  // namespace

std::vector<std::size_t> choose_victims(std::span<const Evictable> all, std::size_t bytes) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].is_pinned && all[i].bytes > 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return worth_of_eviction(all[a]) > worth_of_eviction(all[b]);
  });
  std::vector<std::size_t> victims;
  std::size_t freed = 0;
  for (const std::size_t i : order) {
    if (freed >= bytes) break;
    victims.push_back(i);
    freed += all[i].bytes;
  }
  if (freed < bytes) return {};
  // A late large one may do alone what earlier small ones began: the most missed are spared first.
  for (std::size_t i = victims.size(); i-- > 0;) {
    const std::size_t held = all[victims[i]].bytes;
    if (freed - held < bytes) continue;
    freed -= held;
    victims.erase(victims.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return victims;
}

}  // namespace quern::engine
