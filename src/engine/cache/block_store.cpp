#include "engine/cache/block_store.h"

#include <cstring>
#include <utility>

#include "base/check.h"

namespace quern::engine {
namespace {

constexpr std::size_t kMaxChunks = (std::size_t{1} << 32) / BlockStore::kBlocksPerChunk - 1;

}  // namespace

bool BlockStore::grow() {
  if (chunks_.size() >= kMaxChunks) return false;
  Result<Buffer> chunk = Buffer::make(ledger_, tenant_, kChunkBytes, Reclaim::kNever);
  if (!chunk.ok()) return false;
  const auto first = static_cast<Id>(chunks_.size() * kBlocksPerChunk);
  chunks_.push_back(std::move(*chunk));
  end_ = first + static_cast<Id>(kBlocksPerChunk);
  for (Id id = end_; id-- > first;) give(id);
  return true;
}

BlockStore::Id BlockStore::take() {
  if (free_ == kNone) return kNone;
  const Id id = free_;
  std::memcpy(&free_, at(id), sizeof free_);
  --n_free_;
  return id;
}

void BlockStore::give(Id id) {
  if (is_retired(id)) return;
  std::memcpy(at(id), &free_, sizeof free_);
  free_ = id;
  ++n_free_;
}

void BlockStore::retire_behind(std::size_t n_chunks) {
  QUERN_CHECK(n_chunks <= chunks_.size());
  end_ = static_cast<Id>(n_chunks * kBlocksPerChunk);
  std::vector<Id> kept;
  while (free_ != kNone) {
    const Id id = take();
    if (!is_retired(id)) kept.push_back(id);
  }
  n_free_ = 0;
  while (!kept.empty()) {
    give(kept.back());
    kept.pop_back();
  }
}

void BlockStore::drop_retired() { chunks_.resize(end_ / kBlocksPerChunk); }

}  // namespace quern::engine
