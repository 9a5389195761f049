#include "engine/model_pool.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"

namespace quern::engine {
namespace {

// Loads of a model whose files are replaced while they are read.
constexpr int kMaxLoads = 3;
// After one that waited for memory in vain: those behind it are told at once.
constexpr std::chrono::seconds kImpatient{2};
// Until an expired model is looked at again that somebody was about to let go of.
constexpr std::chrono::milliseconds kStillHeld{50};

// What a model that stays whole leaves free for its passes, if it can: a part of the budget, and no
// more than this.
constexpr std::size_t kWorkShare = 8;
constexpr std::size_t kWorkBytes = std::size_t{64} << 20;

struct HeldEncoder {
  std::shared_ptr<ByteLedger> ledger;  // Outlives the reservation.
  Reservation bytes;
  text::TextEncoder encoder;
};

}  // namespace

ModelPool::ModelPool(std::shared_ptr<ByteLedger> ledger, ThreadPool& pool,
                     std::unique_ptr<const ModelSource> source, ModelPoolOptions options)
    : ledger_(std::move(ledger)),
      pool_(pool),
      source_(std::move(source)),
      options_(std::move(options)) {}

Result<ModelPlace> ModelPool::place_of(const std::string& model) {
  Result<ModelPlace> place = source_->resolve(model);
  if (place.ok() || place.status().code() != Code::kNotFound) return place;
  // A model opened by its path also answers to the name it is listed under.
  std::string opened_as;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [key, entry] : entries_) {
      if (entry.card != nullptr && entry.card->name == model) opened_as = entry.opened_as;
    }
  }
  return opened_as.empty() || opened_as == model ? place : source_->resolve(opened_as);
}

ModelPool::Entry& ModelPool::entry_at(const ModelPlace& place, const std::string& model) {
  const auto found = entries_.find(place.key);
  if (found != entries_.end()) return found->second;
  // What lay there before is not asked for any more; who uses it holds it.
  std::erase_if(entries_, [&](const auto& e) { return e.second.where == place.where; });
  Entry& entry = entries_[place.key];
  entry.where = place.where;
  entry.opened_as = model;
  return entry;
}

Result<std::string> ModelPool::listed_name(const std::string& model) {
  QUERN_ASSIGN(ModelPlace place, place_of(model));
  return std::move(place.name);
}

Result<ModelPool::CardPtr> ModelPool::card(const std::string& model) {
  QUERN_ASSIGN(const ModelPlace place, place_of(model));
  return card_at(place, model);
}

Result<std::shared_ptr<const text::TextEncoder>> ModelPool::encoder(const std::string& model) {
  using EncoderPtr = std::shared_ptr<const text::TextEncoder>;
  QUERN_ASSIGN(const ModelPlace place, place_of(model));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto entry = entries_.find(place.key);
    const CardPtr card = entry == entries_.end() ? nullptr : entry->second.card;
    if (card != nullptr) return EncoderPtr(card, card->encoder.get());
  }
  const std::string where = "model '" + model + "'";
  QUERN_ASSIGN(Reservation bytes, wait_for_tokenizer(place).in(where));
  QUERN_ASSIGN(text::TextEncoder encoder, source_->read_encoder(place));
  QUERN_TRY(bytes.resize(encoder.resident_bytes()).in(where));
  const auto held = std::make_shared<const HeldEncoder>(
      HeldEncoder{.ledger = ledger_, .bytes = std::move(bytes), .encoder = std::move(encoder)});
  return EncoderPtr(held, &held->encoder);
}

Result<ModelPool::CardPtr> ModelPool::card_at(const ModelPlace& place, const std::string& model) {
  std::shared_ptr<Attempt<CardPtr>> attempt;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    Entry& entry = entry_at(place, model);
    entry.last_used = Clock::now();
    if (entry.card != nullptr) return entry.card;
    if (entry.reading != nullptr) {
      attempt = entry.reading;
      done_cv_.wait(lock, [&] { return attempt->done; });
      return attempt->result;
    }
    attempt = entry.reading = std::make_shared<Attempt<CardPtr>>();
  }
  Result<CardPtr> read = read_card_unless_broken(place, model);
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto entry = entries_.find(place.key);
  if (entry != entries_.end() && entry->second.reading == attempt) {
    entry->second.reading.reset();
    if (read.ok()) {
      entry->second.card = *read;
    } else {
      entries_.erase(entry);
    }
  }
  attempt->result = read;
  attempt->done = true;
  done_cv_.notify_all();
  return read;
}

Result<ModelPool::CardPtr> ModelPool::read_card_unless_broken(const ModelPlace& place,
                                                              const std::string& model) {
  QUERN_TRY(backoff_.check(place));
  Result<CardPtr> read = read_card(place, model);
  if (!read.ok()) backoff_.enter(place, read.status());
  return read;
}

Result<ModelPool::CardPtr> ModelPool::read_card(const ModelPlace& place, const std::string& model) {
  const std::string where = "model '" + model + "'";
  QUERN_ASSIGN(Reservation bytes, wait_for_tokenizer(place).in(where));
  QUERN_ASSIGN(ModelCard card, source_->read(place));
  QUERN_TRY(bytes.resize(card.encoder == nullptr ? 0 : card.encoder->resident_bytes()).in(where));
  card.ledger = ledger_;
  card.tokenizer_bytes = std::move(bytes);
  return CardPtr(std::make_shared<ModelCard>(std::move(card)));
}

LoadedModel ModelPool::find_loaded(const std::string& model, std::optional<KeepAlive> keep_alive) {
  const Result<ModelPlace> place = place_of(model);
  if (!place.ok()) return {};
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(place->key);
  if (found == entries_.end() || found->second.weights == nullptr) return {};
  if (turns_.is_held_back(place->key, Clock::now())) return {};
  found->second.last_used = Clock::now();
  return {.card = found->second.card,
          .weights = found->second.weights,
          .use = uses_.begin(place->where, place->name, keep_alive)};
}

std::shared_ptr<const ModelCard> ModelPool::find_card(const std::string& model) {
  const Result<ModelPlace> place = place_of(model);
  if (!place.ok()) return nullptr;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(place->key);
  if (found == entries_.end()) return nullptr;
  found->second.last_used = Clock::now();
  return found->second.card;
}

ModelUses::UsePtr ModelPool::begin_use(const ModelCard& card, std::optional<KeepAlive> keep_alive) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(card.key);
  if (found == entries_.end()) return nullptr;
  found->second.last_used = Clock::now();
  return uses_.begin(found->second.where, card.name, keep_alive);
}

Result<LoadedModel> ModelPool::acquire(const std::string& model,
                                       std::optional<KeepAlive> keep_alive,
                                       Clock::time_point arrived) {
  for (int i_load = 1;; ++i_load) {
    QUERN_ASSIGN(const ModelPlace place, place_of(model));
    turns_.wait(place.key, arrived);
    const ModelUses::UsePtr use = uses_.begin(place.where, place.name, keep_alive);
    Result<LoadedModel> loaded = acquire_at(place, model);
    if (loaded.ok()) loaded->use = use;
    if (!loaded.ok() || i_load == kMaxLoads) return loaded;
    // Replaced meanwhile, card and weights may be of different models.
    const Result<ModelPlace> now = place_of(model);
    if (now.ok() && now->key == place.key) return loaded;
  }
}

Result<LoadedModel> ModelPool::acquire_at(const ModelPlace& place, const std::string& model) {
  QUERN_ASSIGN(const CardPtr card, card_at(place, model));
  std::shared_ptr<Attempt<LoadedModel>> attempt;
  const auto meter = std::make_shared<LoadMeter>(card->name);
  {
    std::unique_lock<std::mutex> lock(mutex_);
    Entry& entry = entry_at(place, model);
    entry.card = card;  // We hold it, so it was not evicted; but the entry may be a new one.
    if (entry.weights != nullptr) return LoadedModel{.card = card, .weights = entry.weights};
    if (entry.loading != nullptr) {
      attempt = entry.loading;
      done_cv_.wait(lock, [&] { return attempt->done; });
      return attempt->result;
    }
    QUERN_TRY(backoff_.check(place));
    attempt = entry.loading = std::make_shared<Attempt<LoadedModel>>();
    entry.meter = meter;
  }
  const Clock::time_point start = Clock::now();
  Result<LoadedModel> loaded = [&] {
    const LoadMeter::Scope scope(*meter);
    return load(card).in("model '" + card->name + "'");
  }();
  backoff_.enter(place, loaded.status());
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto entry = entries_.find(place.key);
  if (entry != entries_.end() && entry->second.loading == attempt) {
    entry->second.loading.reset();
    entry->second.last_used = Clock::now();
    entry->second.reload_seconds =
        std::chrono::duration<double>(entry->second.last_used - start).count();
    entry->second.meter.reset();
    if (loaded.ok()) entry->second.weights = loaded->weights;
  }
  if (loaded.ok()) {
    uses_.loaded(place.where, std::chrono::duration<double>(Clock::now() - start).count());
  }
  attempt->result = loaded;
  attempt->done = true;
  done_cv_.notify_all();
  return loaded;
}

Result<LoadedModel> ModelPool::load(const CardPtr& card) {
  Result<Place> place = find_place(*card);
  if (!place.ok()) return place.status();
  QUERN_ASSIGN(std::shared_ptr<const LoadedWeights> loaded,
               source_->load(card, place->residency, *ledger_, pool_));
  const WeightInfo weights = source_->weights(*card);
  if (const models::SectionStream* stream = loaded->stream()) {
    log_info("model '{}' loaded in {}: its {} are streamed, layer by layer, through {} of memory",
             card->name, weights.precision, human_bytes(weights.bytes),
             human_bytes(stream->held_bytes()));
  } else {
    log_info("model '{}' loaded in {}, {}", card->name, weights.precision,
             human_bytes(weights.bytes));
  }
  return LoadedModel{.card = card, .weights = std::move(loaded)};
}

// Room for all of it, or none is made: the parts that it is loaded in would each ask for theirs.
Result<ModelPool::Place> ModelPool::find_place(const ModelCard& card) {
  using models::Residency;
  constexpr std::chrono::milliseconds kNow{0};
  const std::chrono::milliseconds longest = patience();
  const WeightInfo need = source_->weights(card);
  const auto in_place = [](Residency residency, Result<Reservation> bytes) -> Result<Place> {
    if (!bytes.ok()) return bytes.status();
    return Place{residency, Earmark(std::move(*bytes))};
  };
  const bool is_wanted = options_.streaming == Streaming::kAlways && need.least_bytes > 0;
  if (is_wanted) {
    return in_place(Residency::kPassing, wait_for_weights(card, need.least_bytes, longest));
  }
  if (need.least_bytes == 0 || need.least_bytes >= need.bytes) {
    return in_place(Residency::kWhole, wait_for_weights(card, need.bytes, longest));
  }
  const std::size_t beside = std::min(ledger_->limit_bytes() / kWorkShare, kWorkBytes);
  Result<Reservation> whole = wait_for_weights(card, need.bytes + beside, options_.stream_patience);
  if (whole.ok()) {
    QUERN_TRY(whole->resize(need.bytes));
    return in_place(Residency::kWhole, std::move(whole));
  }
  Result<Reservation> least = wait_for_weights(card, need.least_bytes + beside, kNow);
  if (least.ok()) {
    QUERN_TRY(least->resize(need.least_bytes));
    return in_place(Residency::kStreamed, std::move(least));
  }
  whole = wait_for_weights(card, need.bytes, kNow);
  if (whole.ok()) return in_place(Residency::kWhole, std::move(whole));
  least = wait_for_weights(card, need.least_bytes, longest);
  if (!least.ok()) {
    return least.status().in(
        fmt::format("its {} do not fit, and streamed", human_bytes(need.bytes)));
  }
  return in_place(Residency::kStreamed, std::move(least));
}

// After one that waited in vain, those behind it are told at once.
std::chrono::milliseconds ModelPool::patience() const {
  const Clock::rep now = options_.now().time_since_epoch().count();
  return now < impatient_until_ ? std::chrono::milliseconds(0) : options_.patience;
}

Result<Reservation> ModelPool::wait_for_tokenizer(const ModelPlace& place) {
  return wait_for("tokenizer/" + place.name, place.key, source_->tokenizer_bytes(place),
                  patience());
}

Result<Reservation> ModelPool::wait_for_weights(const ModelCard& card, std::size_t bytes,
                                                std::chrono::milliseconds patience) {
  return wait_for("weights/" + card.name, card.key, bytes, patience);
}

Result<Reservation> ModelPool::wait_for(const std::string& tenant, const std::string& key,
                                        std::size_t bytes, std::chrono::milliseconds patience) {
  Result<Reservation> made = ledger_->reserve(tenant, bytes);
  const auto may_come = [&] { return !made.ok() && made.status().code() == Code::kExhausted; };
  if (!may_come() || patience.count() == 0) return made;
  const MemoryTurns::Waiting waiting(turns_, key);
  made = ledger_->reserve_patiently(tenant, bytes, patience);
  if (may_come() && patience == options_.patience) {
    impatient_until_ = (options_.now() + kImpatient).time_since_epoch().count();
  }
  return made;
}

std::size_t ModelPool::weight_bytes(const Entry& entry) const {
  if (entry.weights == nullptr) return 0;
  if (const models::SectionStream* stream = entry.weights->stream()) return stream->held_bytes();
  return source_->weights(*entry.card).bytes;
}

Evictable ModelPool::evictable(const Entry& entry, Eviction what) const {
  const bool has_weights = entry.weights != nullptr;
  const bool is_used = has_weights ? entry.weights.use_count() > 1 : entry.card.use_count() > 1;
  std::size_t bytes = weight_bytes(entry);
  if (what == Eviction::kWhole) bytes += entry.card->tokenizer_bytes.bytes();
  const std::chrono::duration<double> idle = Clock::now() - entry.last_used;
  return {.bytes = bytes,
          .reload_seconds = has_weights ? entry.reload_seconds : 0,
          .idle_seconds = idle.count(),
          .is_pinned = is_used || entry.loading != nullptr};
}

std::size_t ModelPool::reclaimable_bytes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t n = 0;
  for (const auto& [key, entry] : entries_) {
    if (entry.card == nullptr) continue;
    const Evictable whole = evictable(entry, Eviction::kWhole);
    if (!whole.is_pinned) {
      n += whole.bytes;
    } else if (entry.weights != nullptr && entry.weights->stream() != nullptr) {
      n += entry.weights->stream()->spare_bytes();
    }
  }
  return n;
}

std::size_t ModelPool::trim_streams(std::size_t bytes) {
  std::size_t n_freed = 0;
  for (const auto& [key, entry] : entries_) {
    if (n_freed >= bytes) break;
    if (entry.weights == nullptr || entry.weights->stream() == nullptr) continue;
    n_freed += entry.weights->stream()->give_back(bytes - n_freed);
  }
  return n_freed;
}

// Weights are the large part and come back from a file in moments.
void ModelPool::reclaim(std::size_t bytes) {
  std::vector<Entry> evicted;  // Goes when the lock is free again.
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::size_t n_freed = trim_streams(bytes);
  if (n_freed >= bytes) return;
  bytes -= n_freed;
  evicted = evict_as(Eviction::kWeights, bytes);
  if (evicted.empty()) evicted = evict_as(Eviction::kWhole, bytes);
}

// Nobody can start using an idle one meanwhile: copies are handed out under the lock only.
std::vector<ModelPool::Entry> ModelPool::evict_as(Eviction what, std::size_t bytes) {
  std::vector<Evictable> all;
  std::vector<std::map<std::string, Entry>::iterator> at;
  for (auto e = entries_.begin(); e != entries_.end(); ++e) {
    if (e->second.card == nullptr) continue;
    all.push_back(evictable(e->second, what));
    at.push_back(e);
  }
  std::vector<Entry> evicted;
  for (const std::size_t i : choose_victims(all, bytes)) {
    log_info("model '{}' evicted", at[i]->second.card->name);
    evicted.push_back(at[i]->second);
    if (what == Eviction::kWhole) {
      entries_.erase(at[i]);
    } else {
      at[i]->second.weights.reset();
    }
  }
  return evicted;
}

Status ModelPool::keep(const std::string& model, KeepAlive keep_alive) {
  QUERN_ASSIGN(const ModelPlace place, place_of(model));
  uses_.keep(place.where, place.name, keep_alive);
  return {};
}

ModelPool::Entry* ModelPool::find_entry(const std::string& where) {
  for (auto& [key, entry] : entries_) {
    if (entry.where == where) return &entry;
  }
  return nullptr;
}

ModelPool::Clock::time_point ModelPool::evict_expired() {
  const Clock::time_point now = options_.now();
  const ModelUses::Due due = uses_.due(now);
  Clock::time_point next = due.next;
  for (const std::string& where : due.where) next = std::min(next, evict_idle(where, now));
  return next;
}

/// Returns when to look at it again: soon where somebody still holds it, in the midst of letting
/// go.
ModelPool::Clock::time_point ModelPool::evict_idle(const std::string& where,
                                                   Clock::time_point now) {
  std::shared_ptr<const LoadedWeights> weights;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const Entry* entry = find_entry(where)) weights = entry->weights;
  }
  if (weights != nullptr && options_.let_go) options_.let_go(*weights);
  weights.reset();
  Entry evicted;  // Goes when the lock is free again.
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto record = uses_.find(where);
  if (!record || !record->expires) return Clock::time_point::max();  // In use again,
  if (*record->expires > now) return *record->expires;               // or it was meanwhile.
  Entry* entry = find_entry(where);
  if (entry != nullptr) {
    if (entry->weights.use_count() > 1 || entry->loading != nullptr || entry->reading != nullptr) {
      return now + kStillHeld;
    }
    if (entry->weights != nullptr) {
      log_info("model '{}' evicted, idle for as long as it was to be kept", record->name);
    }
    evicted = std::move(*entry);
    std::erase_if(entries_, [&](const auto& e) { return &e.second == entry; });
  }
  uses_.gone(where);
  return Clock::time_point::max();
}

std::vector<ModelStatus> ModelPool::statuses() {
  using Seconds = std::chrono::duration<double>;
  const Clock::time_point now = options_.now();
  std::vector<ModelStatus> out;
  for (const auto& [where, record] : uses_.records()) {
    if (record.n_requests == 0) continue;
    ModelStatus status;
    status.name = record.name;
    status.n_requests = record.n_requests;
    status.n_running = record.n_running;
    status.n_loads = record.n_loads;
    status.load_seconds = record.load_seconds;
    if (record.last_used) status.idle_seconds = Seconds(now - *record.last_used).count();
    if (const auto failure = backoff_.find(where)) {
      status.problem = failure->status;
      status.retry_seconds = failure->retry_seconds;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const Entry* entry = find_entry(where)) {
      status.loaded = entry->weights != nullptr;
      if (entry->card != nullptr) status.bytes = evictable(*entry, Eviction::kWhole).bytes;
      if (entry->meter != nullptr) status.loading = entry->meter->progress();
      if (record.expires) status.expires_seconds = Seconds(*record.expires - now).count();
    }
    out.push_back(std::move(status));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

ModelInfo ModelPool::info(const ModelCard& card) {
  ModelInfo info = info_from(card, source_->weights(card));
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    if (entry.card.get() == &card) info.loaded = entry.weights != nullptr;
  }
  return info;
}

/// Those whose files are still there as they were read.
std::vector<ModelPool::CardPtr> ModelPool::open_cards() {
  std::vector<std::pair<std::string, CardPtr>> open;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [key, entry] : entries_) {
      if (entry.card != nullptr) open.emplace_back(entry.opened_as, entry.card);
    }
  }
  std::vector<CardPtr> out;
  for (auto& [opened_as, card] : open) {
    const Result<ModelPlace> place = source_->resolve(opened_as);
    if (place.ok() && place->key == card->key) out.push_back(std::move(card));
  }
  return out;
}

std::vector<ModelInfo> ModelPool::list() {
  std::map<std::string, ModelInfo> by_name;
  for (ModelInfo& m : source_->installed()) by_name[m.name] = std::move(m);
  for (const CardPtr& card : open_cards()) by_name[card->name] = info(*card);
  std::vector<ModelInfo> out;
  for (auto& [name, m] : by_name) out.push_back(std::move(m));
  return out;
}

}  // namespace quern::engine
