#include "store/filter/filter_cache.h"

#include <algorithm>
#include <utility>

namespace quern::store {
namespace {

std::size_t bytes_of_docs(const AllowedDocs& docs) {
  std::size_t n = docs.size() * sizeof(Bitmap);
  for (const Bitmap& bitmap : docs) n += bitmap.words().size_bytes();
  return n;
}

}  // namespace

std::shared_ptr<const AllowedDocs> FilterCache::find(const Filter& filter) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto at = std::find_if(entries_.begin(), entries_.end(),
                               [&](const Entry& entry) { return entry.filter == filter; });
  if (at == entries_.end()) return nullptr;
  std::rotate(at, at + 1, entries_.end());
  return entries_.back().docs;
}

Result<std::shared_ptr<const AllowedDocs>> FilterCache::find_or_make(
    const Filter& filter, const std::function<Result<AllowedDocs>()>& make) {
  if (auto known = find(filter); known != nullptr) return known;
  QUERN_ASSIGN(AllowedDocs made, make());
  auto docs = std::make_shared<const AllowedDocs>(std::move(made));
  Entry entry{.filter = filter, .docs = docs, .memory = {}, .n_bytes = bytes_of_docs(*docs)};
  if (ledger_ != nullptr) {
    auto memory = ledger_->reserve(kTenant, entry.n_bytes);
    if (!memory.ok()) return docs;
    entry.memory = std::move(*memory);
  }
  if (auto known = find(filter); known != nullptr) return known;  // Another thread was faster.
  const std::lock_guard<std::mutex> lock(mutex_);
  if (entries_.size() == kMaxFilters) entries_.erase(entries_.begin());
  entries_.push_back(std::move(entry));
  return docs;
}

std::size_t FilterCache::n_filters() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return entries_.size();
}

std::size_t FilterCache::bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t n = 0;
  for (const Entry& entry : entries_) n += entry.n_bytes;
  return n;
}

}  // namespace quern::store
