// The models of this process: each opened once, its weights loaded once however many ask at the
// same time, and evicted, the least missed first, when the ledger needs their memory. A model whose
// files were replaced is another one from the next request on.

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "base/reclaimer.h"
#include "base/thread_pool.h"
#include "engine/eviction.h"
#include "engine/generate/generative_model.h"
#include "engine/load/model_source.h"
#include "engine/model_card.h"
#include "engine/servable.h"

namespace quern::engine {

/// A model ready to run. Busy, and so never evicted, while anyone holds `weights`.
struct LoadedModel {
  std::shared_ptr<const ModelCard> card;
  std::shared_ptr<const LoadedWeights> weights;

  /// As what it is; nullptr if it is the other kind.
  std::shared_ptr<const Servable> servable() const {
    return std::dynamic_pointer_cast<const Servable>(weights);
  }
  std::shared_ptr<const GenerativeModel> generative() const {
    return std::dynamic_pointer_cast<const GenerativeModel>(weights);
  }
};

/// Threads: all functions may be called from any thread.
class ModelPool : public Reclaimer {
 public:
  ModelPool(std::shared_ptr<ByteLedger> ledger, ThreadPool& pool,
            std::unique_ptr<const ModelSource> source);

  /// Errors: as ModelSource::resolve and read; kExhausted.
  Result<std::shared_ptr<const ModelCard>> card(const std::string& model);

  /// The tokenizer of an opened model; else the tokenizer alone, read anew and reserved in the
  /// ledger for as long as it is held. Errors: as ModelSource::resolve and read_encoder;
  /// kExhausted.
  Result<std::shared_ptr<const text::TextEncoder>> encoder(const std::string& model);

  /// Loads the weights if they are not; waits for a load under way.
  Result<LoadedModel> acquire(const std::string& model);

  /// The model if it is ready now; neither field is set if not. Never reads a file.
  LoadedModel find_loaded(const std::string& model);

  /// Idle models. Their weights go first, and whole models only where that is too little.
  std::size_t reclaimable_bytes() override;
  void reclaim(std::size_t bytes) override;

  /// Models opened so far, and every installed one, by name.
  std::vector<ModelInfo> list();
  ModelInfo info(const ModelCard& card);

 private:
  template <typename T>
  struct Attempt {  // Somebody is at it: the others wait for the same result.
    bool done = false;
    Result<T> result{Code::kUnavailable, ""};
  };
  using Clock = std::chrono::steady_clock;
  using CardPtr = std::shared_ptr<const ModelCard>;
  struct Entry {
    std::string where;      // ModelPlace::where.
    std::string opened_as;  // As it was first asked for.
    CardPtr card;
    std::shared_ptr<const LoadedWeights> weights;
    std::shared_ptr<Attempt<CardPtr>> reading;
    std::shared_ptr<Attempt<LoadedModel>> loading;
    Clock::time_point last_used = Clock::now();
    double reload_seconds = 0;  // What the last load took.
  };

  enum class Eviction { kWeights, kWhole };

  Result<ModelPlace> place_of(const std::string& model);
  Entry& entry_at(const ModelPlace& place, const std::string& model);  // With the mutex held.
  Result<CardPtr> card_at(const ModelPlace& place, const std::string& model);
  Result<CardPtr> read_card(const ModelPlace& place, const std::string& model);
  Result<LoadedModel> acquire_at(const ModelPlace& place, const std::string& model);
  Result<LoadedModel> load(const CardPtr& card);
  Result<Reservation> reserve_tokenizer(const ModelPlace& place);
  // With the mutex held, as the next.
  Evictable evictable(const Entry& entry, Eviction what) const;
  std::vector<Entry> evict_as(Eviction what, std::size_t bytes);
  std::vector<CardPtr> open_cards();

  const std::shared_ptr<ByteLedger> ledger_;
  ThreadPool& pool_;
  const std::unique_ptr<const ModelSource> source_;

  std::mutex mutex_;
  std::condition_variable done_cv_;
  std::map<std::string, Entry> entries_;  // By ModelPlace::key.

  const ByteLedger::Registration registration_{*ledger_, ReclaimRank::kModels, *this};
};

}  // namespace quern::engine
