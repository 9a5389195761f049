// Beginnings of sequences whose keys and values are kept, so that a prompt that begins alike (a
// system prompt, a document, the turns of a chat so far) is not computed again.

#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <span>
#include <vector>

#include "models/kv_cache.h"
#include "models/rope.h"
#include "text/tokenizer_spec.h"

namespace quern::engine {

class PrefixCache {
 public:
  /// Keeps at most `max_entries` and `max_bytes`, the least recently used goes first.
  PrefixCache(std::size_t max_entries, std::size_t max_bytes)
      : max_entries_(max_entries), max_bytes_(max_bytes) {}

  /// Keeps whole pages of a sequence that holds `tokens`, turned by `rope`. No memory is taken:
  /// pages are shared.
  void keep(std::span<const text::TokenId> tokens, const models::KvSequence& kv,
            models::RopeFactors rope);

  /// The longest kept beginning of `prompt` under the same rope as a sequence of its own, but for
  /// at least one token: the last one's logits are wanted. Nothing if no whole page fits.
  std::optional<models::KvSequence> find(std::span<const text::TokenId> prompt,
                                         models::RopeFactors rope);

  /// Lets the least recently used entry go; false if there is none.
  bool drop_one();

  /// Pages that nobody else holds: what dropping all entries would free.
  std::vector<const models::KvPageBytes*> own_pages() const;

  std::size_t n_entries() const { return entries_.size(); }

 private:
  struct Entry {
    std::vector<text::TokenId> tokens;
    models::KvSequence kv;
    models::RopeFactors rope;
  };

  std::size_t n_bytes() const;  // Pages shared by several entries counted for each.

  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  std::list<Entry> entries_;  // Most recently used first.
};

}  // namespace quern::engine
