// The models of this process: each opened once, its weights loaded once however many ask at the
// same time, and evicted, least recently used first, when something else needs their memory.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "base/thread_pool.h"
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
class ModelPool {
 public:
  ModelPool(std::shared_ptr<ByteLedger> ledger, ThreadPool& pool,
            std::unique_ptr<const ModelSource> source);

  /// Called when memory is short, before anything is evicted: gives back what is merely kept warm.
  void on_pressure(std::function<void()> release) { release_ = std::move(release); }

  /// Errors: as ModelSource::resolve and read; kExhausted.
  Result<std::shared_ptr<const ModelCard>> card(const std::string& model);

  /// The tokenizer of an opened model; else the tokenizer alone, read anew and reserved in the
  /// ledger for as long as it is held. Errors: as ModelSource::resolve and read_encoder;
  /// kExhausted.
  Result<std::shared_ptr<const text::TextEncoder>> encoder(const std::string& model);

  /// Loads the weights if they are not; waits for a load under way.
  Result<LoadedModel> acquire(const std::string& model);

  /// The model if it is ready now; neither field is set if not. Never waits for a file.
  LoadedModel find_loaded(const std::string& model);

  /// Evicts idle models until `bytes` are free. False if they cannot be; some may be gone then.
  bool make_room(std::size_t bytes);

  /// Models opened so far, and every installed one, by name.
  std::vector<ModelInfo> list();
  ModelInfo info(const ModelCard& card);

 private:
  template <typename T>
  struct Attempt {  // Somebody is at it: the others wait for the same result.
    bool done = false;
    Result<T> result{Code::kUnavailable, ""};
  };
  using CardPtr = std::shared_ptr<const ModelCard>;
  struct Entry {
    CardPtr card;
    std::shared_ptr<const LoadedWeights> weights;
    std::shared_ptr<Attempt<CardPtr>> reading;
    std::shared_ptr<Attempt<LoadedModel>> loading;
    std::uint64_t last_used = 0;
  };

  Result<std::string> key_of(const std::string& model);
  Result<CardPtr> card_of_key(const std::string& key, const std::string& model);
  Result<CardPtr> read_card(const std::string& key, const std::string& model);
  Result<LoadedModel> load(const CardPtr& card);
  bool evict_one();  // With the mutex held.

  const std::shared_ptr<ByteLedger> ledger_;
  ThreadPool& pool_;
  const std::unique_ptr<const ModelSource> source_;
  std::function<void()> release_;

  mutable std::mutex mutex_;
  std::condition_variable done_cv_;
  std::map<std::string, Entry> entries_;      // By key.
  std::map<std::string, std::string> names_;  // As requested -> key.
  std::uint64_t clock_ = 0;
};

}  // namespace quern::engine
