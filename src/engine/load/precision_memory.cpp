#include "engine/load/precision_memory.h"

namespace quern::engine {

const char* wish_name(PrecisionWish wish) { return wish ? kernels::precision_name(*wish) : "auto"; }

void PrecisionMemory::remember(const std::string& key, PrecisionWish precision) {
  const std::lock_guard<std::mutex> lock(mutex_);
  known_[key] = precision;
}

PrecisionWish PrecisionMemory::find(const std::string& key) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = known_.find(key);
  return found == known_.end() ? wish_ : found->second;
}

}  // namespace quern::engine
