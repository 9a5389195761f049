// Pages of the KV cache for the sequences of one model: from the ledger, and where it has none left
// from what is merely kept. Nothing is given up for a sequence that would not fit all the same.

#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include "base/byte_ledger.h"
#include "engine/generate/prefix_cache.h"
#include "models/kv_cache.h"

namespace quern::engine {

/// What other models' lanes keep.
struct KeptPages {
  std::function<std::size_t()> n_bytes;  // That give_up would free in all.
  std::function<bool()> give_up;         // Lets some of it go; false if there is nothing left.
};

class PageSupply {
 public:
  /// `make_room`: as of BatchRunner; may be empty.
  PageSupply(PrefixCache& prefixes, KeptPages others, ByteLedger& ledger,
             std::function<bool(std::size_t)> make_room)
      : prefixes_(prefixes),
        others_(std::move(others)),
        ledger_(ledger),
        make_room_(std::move(make_room)) {}

  /// Takes pages for positions up to `n_positions`. Where that fails, what is kept is kept.
  bool reserve(models::KvSequence& kv, int n_positions);

 private:
  bool can_be_had(const models::KvSequence& kv, int n_positions);

  PrefixCache& prefixes_;
  const KeptPages others_;
  ByteLedger& ledger_;
  const std::function<bool(std::size_t)> make_room_;
};

}  // namespace quern::engine
