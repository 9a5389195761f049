// Pages of the KV cache for the sequences of one model: free memory first, then what the model's
// own prefixes and all that the ledger can reclaim give. Nothing is given up for a sequence that
// would not fit all the same.

#pragma once

#include "base/byte_ledger.h"
#include "engine/generate/prefix_cache.h"
#include "models/kv_cache.h"

namespace quern::engine {

/// Threads: that of the lane.
class PageSupply {
 public:
  PageSupply(models::KvPool& pool, PrefixCache& prefixes, ByteLedger& ledger)
      : pool_(pool), prefixes_(prefixes), ledger_(ledger) {}

  /// Takes pages for positions up to `n_positions`. Errors: kExhausted; what is kept is kept.
  Status reserve(models::KvSequence& kv, int n_positions);

 private:
  models::KvPool& pool_;
  PrefixCache& prefixes_;
  ByteLedger& ledger_;
};

}  // namespace quern::engine
