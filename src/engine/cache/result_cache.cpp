#include "engine/cache/result_cache.h"

#include <utility>

#include "base/profiler.h"

namespace quern::engine {
namespace {

// Models whose files come and go under a name leave theirs behind.
constexpr std::size_t kMaxIdentities = 256;

}  // namespace

ResultCache::ResultCache(ByteLedger& ledger, ResultLimits memory, std::unique_ptr<ResultDisk> disk,
                         Identify identify)
    : identify_(std::move(identify)), memory_(ledger, memory), disk_(std::move(disk)) {}

std::optional<ResultContext> ResultCache::context(const ModelCard& card, const OutputForm& form,
                                                  const std::shared_ptr<const void>& weights) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = identities_.find(card.key);
    if (found != identities_.end()) {
      const Known& known = found->second;
      if (!known.identity.empty()) return result_context(known.identity, form);
      if (weights == nullptr || known.weights.lock() == weights) return {};
    }
  }
  std::string identity = identify_(card);
  std::optional<ResultContext> context;
  if (!identity.empty()) context = result_context(identity, form);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (identities_.size() >= kMaxIdentities) identities_.clear();
  identities_[card.key] = {.identity = std::move(identity), .weights = weights};
  return context;
}

bool ResultCache::find(const ResultKey& key, StoredResult& out) {
  const StageTimer timer(Stage::kCache);
  if (memory_.find(key, out)) return true;
  if (disk_ == nullptr || !disk_->find(key, out)) return false;
  memory_.put(key, out);
  return true;
}

bool ResultCache::find_again(const ResultKey& key, StoredResult& out) {
  const StageTimer timer(Stage::kCache);
  if (!memory_.find(key, out, ResultMemory::Count::kDone)) return false;
  ++n_coalesced_;
  return true;
}

void ResultCache::put(const ResultKey& key, const StoredResult& result) {
  const StageTimer timer(Stage::kCache);
  memory_.put(key, result);
  if (disk_ != nullptr) disk_->put(key, result);
}

void ResultCache::remove_unusable(const ResultKey& key) {
  ++n_unusable_;
  memory_.remove(key);
  if (disk_ != nullptr) disk_->remove(key);
}

std::size_t ResultCache::clear() { return memory_.clear(); }

ResultCacheStats ResultCache::stats() const {
  const ResultMemoryStats memory = memory_.stats();
  ResultCacheStats out;
  out.n_unusable = n_unusable_;
  out.n_memory_hits = memory.n_hits;
  out.n_misses = memory.n_misses;
  out.n_coalesced = n_coalesced_;
  out.n_admitted = memory.n_admitted;
  out.n_rejected = memory.n_rejected;
  out.n_evicted = memory.n_evicted;
  out.n_items = memory.n_items;
  out.n_bytes = memory.n_bytes;
  if (disk_ == nullptr) return out;
  const ResultDiskStats disk = disk_->stats();
  out.has_disk = true;
  out.n_disk_hits = disk.n_hits;
  out.n_misses -= disk.n_hits;
  out.n_unusable += disk.n_unusable;
  out.n_disk_written = disk.n_written;
  out.n_disk_dropped = disk.n_dropped;
  out.n_disk_evicted = disk.n_evicted;
  out.n_disk_items = disk.n_items;
  out.n_disk_bytes = disk.n_bytes;
  return out;
}

}  // namespace quern::engine
