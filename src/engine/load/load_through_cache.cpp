#include "engine/load/load_through_cache.h"

namespace quern::engine {

bool publish_packed(const hub::PackedCache& cache, const hub::PackedKey& key,
                    std::span<const std::byte> packed) {
  const Status status = cache.publish(key, packed);
  if (status.ok()) return true;
  const std::string line = "packed weights are not kept: " + status.message();
  // A cache that cannot be there is no news.
  if (status.code() == Code::kUnavailable) {
    log_info("{}", line);
  } else {
    log_warn("{}", line);
  }
  return false;
}

}  // namespace quern::engine
