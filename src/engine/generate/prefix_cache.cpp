#include "engine/generate/prefix_cache.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace quern::engine {
namespace {

constexpr int kPage = kernels::kKvPageTokens;

int common_tokens(std::span<const text::TokenId> a, std::span<const text::TokenId> b) {
  const std::size_t n = std::min(a.size(), b.size());
  return static_cast<int>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(n), b.begin()).first -
      a.begin());
}

}  // namespace

void PrefixCache::keep(std::span<const text::TokenId> tokens, const models::KvSequence& kv,
                       models::RopeFactors rope) {
  const int n = std::min(static_cast<int>(tokens.size()), kv.length()) / kPage * kPage;
  if (n == 0 || max_entries_ == 0) return;
  tokens = tokens.first(static_cast<std::size_t>(n));
  const auto same = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return e.rope == rope && e.tokens.size() >= tokens.size() &&
           common_tokens(e.tokens, tokens) == n;
  });
  if (same != entries_.end() && same->tokens.size() == tokens.size()) {
    entries_.splice(entries_.begin(), entries_, same);
    return;
  }
  Result<models::KvSequence> fork = kv.fork(n);
  if (!fork.ok()) return;
  entries_.push_front({{tokens.begin(), tokens.end()}, std::move(*fork), rope});
  while (!entries_.empty() && (entries_.size() > max_entries_ || n_bytes() > max_bytes_)) {
    entries_.pop_back();
  }
}

std::optional<models::KvSequence> PrefixCache::find(std::span<const text::TokenId> prompt,
                                                    models::RopeFactors rope) {
  if (prompt.empty()) return std::nullopt;
  const auto usable = prompt.first(prompt.size() - 1);
  std::vector<std::pair<int, std::list<Entry>::iterator>> found;
  for (auto e = entries_.begin(); e != entries_.end(); ++e) {
    if (e->rope != rope) continue;
    const int n = common_tokens(e->tokens, usable) / kPage * kPage;
    if (n > 0) found.emplace_back(n, e);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [n, entry] : found) {
    Result<models::KvSequence> fork = entry->kv.fork(n);
    if (!fork.ok()) continue;  // A window has passed what it would need.
    entries_.splice(entries_.begin(), entries_, entry);
    return std::move(*fork);
  }
  return std::nullopt;
}

std::size_t PrefixCache::n_bytes() const {
  std::size_t n = 0;
  for (const Entry& entry : entries_) n += entry.kv.n_bytes();
  return n;
}

std::vector<const models::KvPageBytes*> PrefixCache::own_pages() const {
  std::unordered_map<const models::KvPageBytes*, long> n_held;
  std::vector<const models::KvPageBytes*> own;
  for (const Entry& entry : entries_) {
    for (int layer = 0; layer < entry.kv.n_layers(); ++layer) {
      for (const models::KvPage& page : entry.kv.held(layer)) {
        if (page != nullptr && ++n_held[page.get()] == page.use_count()) own.push_back(page.get());
      }
    }
  }
  return own;
}

bool PrefixCache::drop_one() {
  if (entries_.empty()) return false;
  entries_.pop_back();
  return true;
}

}  // namespace quern::engine
