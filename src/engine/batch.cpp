#include "engine/batch.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <numeric>

#include "base/check.h"

namespace quern::engine {

int default_batch_tokens(int d_model, int d_ff, const CacheSizes& caches) {
  constexpr std::size_t kWithoutL3 = 8 << 20;
  const std::size_t room = caches.l3_bytes > 0 ? caches.l3_bytes / 2 : kWithoutL3;
  const auto row_bytes = static_cast<std::size_t>(d_model + d_ff) * sizeof(float);
  const std::size_t tokens = room / std::max<std::size_t>(row_bytes, 1);
  return static_cast<int>(std::clamp<std::size_t>(tokens / 64 * 64, 256, 4096));
}

std::vector<int> choose_batch(std::span<const int> lengths, int lead, int budget_tokens,
                              int max_texts) {
  QUERN_CHECK(lead >= 0 && lead < static_cast<int>(lengths.size()));
  const int lead_length = lengths[static_cast<std::size_t>(lead)];
  std::vector<int> order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[0], order[static_cast<std::size_t>(lead)]);

  const std::int64_t total = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  const auto most = static_cast<std::size_t>(std::max(max_texts, 1));
  if (total <= budget_tokens && order.size() <= most) return order;

  const auto distance = [&](int i) {
    return std::abs(lengths[static_cast<std::size_t>(i)] - lead_length);
  };
  std::sort(order.begin() + 1, order.end(), [&](int a, int b) {
    return distance(a) != distance(b) ? distance(a) < distance(b) : a < b;
  });
  std::int64_t sum = lead_length;
  std::size_t n = 1;
  while (n < std::min(order.size(), most)) {
    sum += lengths[static_cast<std::size_t>(order[n])];
    if (sum > budget_tokens) break;
    ++n;
  }
  order.resize(n);
  return order;
}

}  // namespace quern::engine
