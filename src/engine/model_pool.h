// The models of this process: each opened once, its weights loaded once however many ask at the
// same time, and evicted, the least missed first, when the ledger needs their memory, or when they
// have been idle for as long as they are to be kept. A model whose files were replaced is another
// one from the next request on.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "base/load_meter.h"
#include "base/reclaimer.h"
#include "base/thread_pool.h"
#include "engine/eviction.h"
#include "engine/generate/generative_model.h"
#include "engine/load/model_source.h"
#include "engine/load_backoff.h"
#include "engine/memory_turns.h"
#include "engine/model_card.h"
#include "engine/model_status.h"
#include "engine/model_uses.h"
#include "engine/servable.h"

namespace quern::engine {

/// A model ready to run. Busy, and so never evicted, while anyone holds `weights`.
struct LoadedModel {
  std::shared_ptr<const ModelCard> card;
  std::shared_ptr<const LoadedWeights> weights;
  ModelUses::UsePtr use = {};  // To be held until the request is done: the model is kept as long.

  /// As what it is; nullptr if it is the other kind.
  std::shared_ptr<const Servable> servable() const {
    return std::dynamic_pointer_cast<const Servable>(weights);
  }
  std::shared_ptr<const GenerativeModel> generative() const {
    return std::dynamic_pointer_cast<const GenerativeModel>(weights);
  }
};

/// Which models have their weights streamed (models/section_stream.h).
enum class Streaming {
  kAsNeeded,  // Those that do not fit into memory beside what they compute.
  kAlways,
};

struct ModelPoolOptions {
  using Clock = std::chrono::steady_clock;

  KeepAlive keep_alive = kKeepForever;  // Of requests that do not say.
  Streaming streaming = Streaming::kAsNeeded;
  /// How long a load waits for what others use: before its weights are streamed, and before it is
  /// refused.
  std::chrono::milliseconds stream_patience{0}, patience{0};
  /// How long one that waits holds back requests for other models.
  std::chrono::milliseconds hold{0};
  /// Called where a model expires earlier than was foreseen: evict_expired() is due then.
  std::function<void(Clock::time_point)> on_expiry = {};
  /// Has others let go of what they keep of an idle model. Called with no lock held.
  std::function<void(const LoadedWeights&)> let_go = {};
  std::function<Clock::time_point()> now = Clock::now;  // For tests: of retries and expiry.
};

/// Threads: all functions may be called from any thread.
class ModelPool : public Reclaimer {
 public:
  using Clock = std::chrono::steady_clock;

  ModelPool(std::shared_ptr<ByteLedger> ledger, ThreadPool& pool,
            std::unique_ptr<const ModelSource> source, ModelPoolOptions options = {});

  /// ModelPlace::name. Reads no file. Errors: as ModelSource::resolve.
  Result<std::string> listed_name(const std::string& model);

  /// Errors: as ModelSource::resolve and read; kExhausted.
  Result<std::shared_ptr<const ModelCard>> card(const std::string& model);

  /// The tokenizer of an opened model; else the tokenizer alone, read anew and reserved in the
  /// ledger for as long as it is held. Errors: as ModelSource::resolve and read_encoder;
  /// kExhausted.
  Result<std::shared_ptr<const text::TextEncoder>> encoder(const std::string& model);

  /// Loads the weights if they are not; waits for a load under way, and behind those of other
  /// models that have been waiting for memory since before the request arrived. Once the request is
  /// done, the model is kept for `keep_alive`; unset: as the pool's options say. Errors: as
  /// ModelSource; kExhausted. What is broken is not read each time: LoadBackoff.
  Result<LoadedModel> acquire(const std::string& model, std::optional<KeepAlive> keep_alive = {},
                              Clock::time_point arrived = Clock::now());

  /// The model if it is ready now; no field is set if not, nor if acquire() would wait. Never reads
  /// a file.
  LoadedModel find_loaded(const std::string& model, std::optional<KeepAlive> keep_alive = {});

  /// For requests for this model that do not say. Errors: as ModelSource::resolve.
  Status keep(const std::string& model, KeepAlive keep_alive);

  /// Gives up the models whose time is over; returns when the next one's will be.
  Clock::time_point evict_expired();

  /// What is known of the model if that was read before and its files are as they were; else
  /// nullptr. Never reads a file.
  std::shared_ptr<const ModelCard> find_card(const std::string& model);

  /// A request that is answered without the weights: to be held until it is done, as
  /// LoadedModel::use. nullptr where the model is not open any more.
  ModelUses::UsePtr begin_use(const ModelCard& card, std::optional<KeepAlive> keep_alive);

  /// As ModelSource::result_identity.
  std::string result_identity(const ModelCard& card) const {
    return source_->result_identity(card);
  }

  /// As ModelSource::weights_identity.
  std::string weights_identity(const ModelCard& card) const {
    return source_->weights_identity(card);
  }

  /// As ModelSource::digest.
  Result<std::string> digest(const ModelCard& card) const { return source_->digest(card); }

  /// What streamed models keep without need, and idle models: first their weights, and whole models
  /// only where that is too little.
  std::size_t reclaimable_bytes() override;
  void reclaim(std::size_t bytes) override;

  /// Models opened so far, and every installed one, by name.
  std::vector<ModelInfo> list();
  ModelInfo info(const ModelCard& card);

  /// Of every model that was asked for, by name.
  std::vector<ModelStatus> statuses();

 private:
  template <typename T>
  struct Attempt {  // Somebody is at it: the others wait for the same result.
    bool done = false;
    Result<T> result{Code::kUnavailable, ""};
  };
  using CardPtr = std::shared_ptr<const ModelCard>;
  struct Entry {
    std::string where;      // ModelPlace::where.
    std::string opened_as;  // As it was first asked for.
    CardPtr card;
    std::shared_ptr<const LoadedWeights> weights;
    std::shared_ptr<Attempt<CardPtr>> reading;
    std::shared_ptr<Attempt<LoadedModel>> loading;
    std::shared_ptr<const LoadMeter> meter;  // Of `loading`.
    Clock::time_point last_used = Clock::now();
    double reload_seconds = 0;  // What the last load took.
  };

  enum class Eviction { kWeights, kWhole };

  Result<ModelPlace> place_of(const std::string& model);
  Entry& entry_at(const ModelPlace& place, const std::string& model);  // With the mutex held.
  Result<CardPtr> card_at(const ModelPlace& place, const std::string& model);
  Result<CardPtr> read_card_unless_broken(const ModelPlace& place, const std::string& model);
  Result<CardPtr> read_card(const ModelPlace& place, const std::string& model);
  Result<LoadedModel> acquire_at(const ModelPlace& place, const std::string& model);
  Result<LoadedModel> load(const CardPtr& card);
  Clock::time_point evict_idle(const std::string& where, Clock::time_point now);
  Entry* find_entry(const std::string& where);  // With the mutex held.
  struct Place {
    models::Residency residency;
    Earmark bytes;
  };
  Result<Place> find_place(const ModelCard& card);
  std::chrono::milliseconds patience() const;
  Result<Reservation> wait_for_tokenizer(const ModelPlace& place);
  Result<Reservation> wait_for_weights(const ModelCard& card, std::size_t bytes,
                                       std::chrono::milliseconds patience);
  Result<Reservation> wait_for(const std::string& tenant, const std::string& key, std::size_t bytes,
                               std::chrono::milliseconds patience);
  // With the mutex held, as the next.
  std::size_t weight_bytes(const Entry& entry) const;
  std::size_t trim_streams(std::size_t bytes);  // Returns what came free.
  Evictable evictable(const Entry& entry, Eviction what) const;
  std::vector<Entry> evict_as(Eviction what, std::size_t bytes);
  std::vector<CardPtr> open_cards();

  const std::shared_ptr<ByteLedger> ledger_;
  ThreadPool& pool_;
  const std::unique_ptr<const ModelSource> source_;
  const ModelPoolOptions options_;
  LoadBackoff backoff_{options_.now};
  ModelUses uses_{options_.keep_alive, options_.on_expiry, options_.now};

  MemoryTurns turns_{options_.hold};
  // Until then no load waits for memory: one has just done so in vain.
  std::atomic<Clock::rep> impatient_until_{0};

  std::mutex mutex_;
  std::condition_variable done_cv_;
  std::map<std::string, Entry> entries_;  // By ModelPlace::key.

  const ByteLedger::Registration registration_{*ledger_, ReclaimRank::kModels, *this};
};

}  // namespace quern::engine
