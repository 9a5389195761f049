#include "text/word_cache.h"

#include <algorithm>
#include <bit>

namespace quern::text {

WordCache::WordCache(std::size_t text_bytes) {
  constexpr std::size_t kMinTextBytes = 4096;
  if (text_bytes < kMinTextBytes) return;
  slots_.resize(std::min(kMaxSlots, std::bit_floor(text_bytes / 16)));
}

bool WordCache::append_if_known(std::string_view word, PieceHash hash,
                                std::vector<TokenId>& out) const {
  if (slots_.empty()) return false;
  const Slot& slot = slots_[(hash >> 40) & (slots_.size() - 1)];
  if (slot.hash != hash || slot.word != word) return false;
  out.insert(out.end(), slot.ids.begin(), slot.ids.end());
  return true;
}

void WordCache::add(std::string_view word, PieceHash hash, std::span<const TokenId> ids) {
  if (slots_.empty() || word.size() > kMaxWordBytes) return;
  Slot& slot = slots_[(hash >> 40) & (slots_.size() - 1)];
  slot.hash = hash;
  slot.word = word;
  slot.ids.assign(ids.begin(), ids.end());
}

}  // namespace quern::text
