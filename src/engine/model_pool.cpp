#include "engine/model_pool.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace quern::engine {
namespace {

// Spellings of names that are remembered: clients choose them, so there is a limit.
constexpr std::size_t kMaxNames = 1024;

struct HeldEncoder {
  std::shared_ptr<ByteLedger> ledger;  // Outlives the reservation.
  Reservation bytes;
  text::TextEncoder encoder;
};

}  // namespace

ModelPool::ModelPool(std::shared_ptr<ByteLedger> ledger, ThreadPool& pool,
                     std::unique_ptr<const ModelSource> source)
    : ledger_(std::move(ledger)), pool_(pool), source_(std::move(source)) {}

Result<std::string> ModelPool::key_of(const std::string& model) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto known = names_.find(model);
    if (known != names_.end()) return known->second;
  }
  Result<std::string> key = source_->resolve(model);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!key.ok()) {
    // A model opened by its path also answers to the name it is listed under.
    for (const auto& [open_key, entry] : entries_) {
      if (entry.card != nullptr && entry.card->name == model) key = open_key;
    }
    if (!key.ok()) return key;
  }
  if (names_.size() >= kMaxNames) names_.clear();
  names_[model] = *key;
  return key;
}

Result<ModelPool::CardPtr> ModelPool::card(const std::string& model) {
  QUERN_ASSIGN(const std::string key, key_of(model));
  return card_of_key(key, model);
}

Result<std::shared_ptr<const text::TextEncoder>> ModelPool::encoder(const std::string& model) {
  using EncoderPtr = std::shared_ptr<const text::TextEncoder>;
  QUERN_ASSIGN(const std::string key, key_of(model));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto entry = entries_.find(key);
    const CardPtr card = entry == entries_.end() ? nullptr : entry->second.card;
    if (card != nullptr) return EncoderPtr(card, card->encoder.get());
  }
  QUERN_ASSIGN(text::TextEncoder encoder, source_->read_encoder(key));
  make_room(encoder.resident_bytes());
  QUERN_ASSIGN(
      Reservation bytes,
      ledger_->reserve("tokenizer/" + model, encoder.resident_bytes()).in("model '" + model + "'"));
  const auto held = std::make_shared<const HeldEncoder>(
      HeldEncoder{.ledger = ledger_, .bytes = std::move(bytes), .encoder = std::move(encoder)});
  return EncoderPtr(held, &held->encoder);
}

Result<ModelPool::CardPtr> ModelPool::card_of_key(const std::string& key,
                                                  const std::string& model) {
  std::shared_ptr<Attempt<CardPtr>> attempt;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    Entry& entry = entries_[key];
    entry.last_used = ++clock_;
    if (entry.card != nullptr) return entry.card;
    if (entry.reading != nullptr) {
      attempt = entry.reading;
      done_cv_.wait(lock, [&] { return attempt->done; });
      return attempt->result;
    }
    attempt = entry.reading = std::make_shared<Attempt<CardPtr>>();
  }
  Result<CardPtr> read = read_card(key, model);
  const std::lock_guard<std::mutex> lock(mutex_);
  Entry& entry = entries_[key];
  entry.reading.reset();
  if (read.ok()) {
    entry.card = *read;
  } else {
    entries_.erase(key);
    names_.erase(model);
  }
  attempt->result = read;
  attempt->done = true;
  done_cv_.notify_all();
  return read;
}

Result<ModelPool::CardPtr> ModelPool::read_card(const std::string& key, const std::string& model) {
  QUERN_ASSIGN(ModelCard card, source_->read(key));
  const std::size_t bytes = card.encoder == nullptr ? 0 : card.encoder->resident_bytes();
  make_room(bytes);
  QUERN_ASSIGN(card.tokenizer_bytes,
               ledger_->reserve("tokenizer/" + card.name, bytes).in("model '" + model + "'"));
  card.ledger = ledger_;
  return CardPtr(std::make_shared<ModelCard>(std::move(card)));
}

LoadedModel ModelPool::find_loaded(const std::string& model) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto name = names_.find(model);
  if (name == names_.end()) return {};
  const auto found = entries_.find(name->second);
  if (found == entries_.end() || found->second.weights == nullptr) return {};
  found->second.last_used = ++clock_;
  return {.card = found->second.card, .weights = found->second.weights};
}

Result<LoadedModel> ModelPool::acquire(const std::string& model) {
  LoadedModel ready = find_loaded(model);
  if (ready.weights != nullptr) return ready;
  QUERN_ASSIGN(const std::string key, key_of(model));
  QUERN_ASSIGN(const CardPtr card, card_of_key(key, model));

  std::shared_ptr<Attempt<LoadedModel>> attempt;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    Entry& entry = entries_[key];
    entry.card = card;  // We hold it, so it was not evicted; but the entry may be a new one.
    if (entry.weights != nullptr) return LoadedModel{.card = card, .weights = entry.weights};
    if (entry.loading != nullptr) {
      attempt = entry.loading;
      done_cv_.wait(lock, [&] { return attempt->done; });
      return attempt->result;
    }
    attempt = entry.loading = std::make_shared<Attempt<LoadedModel>>();
  }
  Result<LoadedModel> loaded = load(card).in("model '" + card->name + "'");
  const std::lock_guard<std::mutex> lock(mutex_);
  Entry& entry = entries_[key];
  entry.loading.reset();
  entry.last_used = ++clock_;
  if (loaded.ok()) entry.weights = loaded->weights;
  attempt->result = loaded;
  attempt->done = true;
  done_cv_.notify_all();
  return loaded;
}

// What make_room freed may be taken by another thread before we reserve it: a few tries.
Result<LoadedModel> ModelPool::load(const CardPtr& card) {
  for (int tries_left = 3;; --tries_left) {
    const bool room = make_room(source_->weights(*card).bytes);
    Result<std::shared_ptr<const LoadedWeights>> loaded = source_->load(card, *ledger_, pool_);
    if (loaded.ok()) {
      const WeightInfo weights = source_->weights(*card);
      log_info("model '{}' loaded in {}, {}", card->name, weights.precision,
               human_bytes(weights.bytes));
      return LoadedModel{.card = card, .weights = *loaded};
    }
    if (loaded.status().code() != Code::kExhausted || !room || tries_left == 0) {
      return loaded.status();
    }
  }
}

bool ModelPool::make_room(std::size_t bytes) {
  if (ledger_->free_bytes() >= bytes) return true;
  if (release_) release_();
  const std::lock_guard<std::mutex> lock(mutex_);
  while (ledger_->free_bytes() < bytes) {
    if (!evict_one()) return false;
  }
  return true;
}

// Weights first, they are the large part and come back from a file in moments; then whole cards.
// Nobody can start using an idle one meanwhile: copies are handed out under the lock only.
bool ModelPool::evict_one() {
  auto victim = entries_.end();
  for (auto e = entries_.begin(); e != entries_.end(); ++e) {
    const bool idle = e->second.weights != nullptr && e->second.weights.use_count() == 1;
    if (idle && (victim == entries_.end() || e->second.last_used < victim->second.last_used)) {
      victim = e;
    }
  }
  if (victim != entries_.end()) {
    log_info("model '{}' evicted", victim->second.card->name);
    victim->second.weights.reset();
    return true;
  }
  for (auto e = entries_.begin(); e != entries_.end(); ++e) {
    const bool idle = e->second.card.use_count() == 1 && e->second.weights == nullptr;
    if (idle && (victim == entries_.end() || e->second.last_used < victim->second.last_used)) {
      victim = e;
    }
  }
  if (victim == entries_.end()) return false;
  entries_.erase(victim);
  return true;
}

ModelInfo ModelPool::info(const ModelCard& card) {
  ModelInfo info = info_from(card, source_->weights(card));
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    if (entry.card.get() == &card) info.loaded = entry.weights != nullptr;
  }
  return info;
}

std::vector<ModelInfo> ModelPool::list() {
  std::map<std::string, ModelInfo> by_name;
  for (ModelInfo& m : source_->installed()) by_name[m.name] = std::move(m);
  std::vector<CardPtr> open;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [key, entry] : entries_) {
      if (entry.card != nullptr) open.push_back(entry.card);
    }
  }
  for (const CardPtr& card : open) by_name[card->name] = info(*card);
  std::vector<ModelInfo> out;
  for (auto& [name, m] : by_name) out.push_back(std::move(m));
  return out;
}

}  // namespace quern::engine
