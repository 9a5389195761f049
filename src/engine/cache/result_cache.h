// Results of earlier inputs, exact to the bit (result_key.h): in memory, and where asked for on
// disk too. Not of generated texts.

#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/byte_ledger.h"
#include "engine/cache/result_disk.h"
#include "engine/cache/result_key.h"
#include "engine/cache/result_memory.h"
#include "engine/cache/result_stats.h"
#include "engine/cache/stored_result.h"

namespace quern::engine {

/// Threads: any.
class ResultCache {
 public:
  /// What a model's results depend on: ModelSource::result_identity.
  using Identify = std::function<std::string(const ModelCard&)>;

  /// `disk`: nullptr for none.
  ResultCache(ByteLedger& ledger, ResultLimits memory, std::unique_ptr<ResultDisk> disk,
              Identify identify);

  /// Nothing where the model's results cannot be told from others' yet: that takes asking for its
  /// files, and is asked again only once it is loaded anew, for other `weights` than the last time.
  std::optional<ResultContext> context(const ModelCard& card, const OutputForm& form,
                                       const std::shared_ptr<const void>& weights = nullptr);

  bool find(const ResultKey& key, StoredResult& out);

  /// The same for what was not there when it was looked for: it may have been computed since.
  bool find_again(const ResultKey& key, StoredResult& out);

  void put(const ResultKey& key, const StoredResult& result);

  /// What was found does not fit its input.
  void remove_unusable(const ResultKey& key);

  void add_coalesced() { ++n_coalesced_; }

  /// Gives back all that memory holds, and says how many bytes that was.
  std::size_t clear();

  ResultCacheStats stats() const;

 private:
  const Identify identify_;
  ResultMemory memory_;
  const std::unique_ptr<ResultDisk> disk_;
  std::atomic<long> n_coalesced_{0}, n_unusable_{0};

  struct Known {
    std::string identity;               // "": it could not be told,
    std::weak_ptr<const void> weights;  // when these were the last to be loaded.
  };

  std::mutex mutex_;                         // Guards this.
  std::map<std::string, Known> identities_;  // By ModelCard::key.
};

}  // namespace quern::engine
