#include "apps/papers/answer_cache.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "store/byte_cursor.h"

namespace quern::apps {
namespace {

// What containers and the allocator take beside what is counted.
constexpr std::size_t kAnswerOverhead = 512;
constexpr std::size_t kTextOverhead = 32;

std::size_t size_of(const std::string& text) { return text.size() + kTextOverhead; }

std::size_t size_of(const PaperAnswer& answer) {
  std::size_t n = kAnswerOverhead + sizeof(answer);
  for (const AnswerSection& section : answer.sections) {
    n += sizeof(section) + size_of(section.title) + size_of(section.tldr);
    for (const AnswerSentence& one : section.sentences) {
      n += sizeof(one) + size_of(one.text) + size_of(one.reference) + size_of(one.replaced) +
           one.i_quotes.size() * sizeof(std::size_t) + kTextOverhead;
    }
  }
  for (const AnswerSource& source : answer.sources) {
    const Paper& paper = source.paper.paper;
    n += sizeof(source) + kAnswerOverhead + size_of(source.reference) + size_of(paper.title) +
         size_of(paper.abstract) + size_of(paper.venue) + size_of(paper.tldr) + size_of(paper.url);
    for (const PaperAuthor& author : paper.authors) {
      n += sizeof(author) + size_of(author.name) + size_of(author.id);
      for (const std::string& one : author.affiliations) n += size_of(one);
    }
  }
  for (const AnswerQuote& quote : answer.quotes) {
    n += sizeof(quote) + size_of(quote.text) + size_of(quote.section);
  }
  for (const AnswerStage& stage : answer.stages) {
    n += sizeof(stage) + size_of(stage.said);
    for (const ModelExchange& one : stage.exchanges) {
      n += sizeof(one) + size_of(one.system) + size_of(one.prompt) + size_of(one.reply) +
           size_of(one.error);
    }
  }
  return n;
}

/// A key's parts behind each other, each with its length: none can pass for two.
class AnswerKey {
 public:
  void text(const std::string& part) {
    store::append_varint(key_, part.size());
    key_ += part;
  }
  void texts(const std::vector<std::string>& parts) {
    store::append_varint(key_, parts.size());
    for (const std::string& part : parts) text(part);
  }
  void number(std::uint64_t part) { store::append_varint(key_, part); }
  void number(double part) { store::append_varint(key_, std::bit_cast<std::uint64_t>(part)); }
  std::string take() { return std::move(key_); }

 private:
  std::string key_;
};

}  // namespace

std::string answer_key(const AnswerAsk& ask, const AnswerMakers& makers) {
  AnswerKey key;
  key.text(ask.question);
  const AnswerProfile& profile = ask.profile;
  key.text(profile.name);
  key.number(std::uint64_t{profile.n_retrieval});
  key.number(std::uint64_t{profile.n_keyword});
  key.number(std::uint64_t{profile.n_rerank});
  key.number(profile.context_threshold);
  key.number(static_cast<std::uint64_t>(profile.max_tokens));
  key.number(profile.temperature);
  key.number(profile.alpha);
  key.number(std::uint64_t{profile.n_sources});
  const PaperFilter& filter = ask.filter;
  for (const std::optional<std::int64_t>& day :
       {filter.published ? std::optional(filter.published->first) : std::nullopt,
        filter.published ? std::optional(filter.published->last) : std::nullopt,
        filter.added_before_day}) {
    key.number(std::uint64_t{day.has_value()});
    key.number(static_cast<std::uint64_t>(day.value_or(0)));
  }
  key.texts(filter.venues);
  key.texts(filter.fields_of_study);
  key.texts(filter.publication_types);
  key.texts(filter.authors);
  key.number(std::uint64_t{filter.corpus_ids.size()});
  for (const std::int64_t id : filter.corpus_ids) key.number(static_cast<std::uint64_t>(id));
  key.number(std::uint64_t{filter.is_open_access});
  key.number(static_cast<std::uint64_t>(filter.min_citations));
  key.text(ask.rerank_model);
  key.text(makers.rerank);
  key.text(makers.entailment);
  key.text(makers.writer);
  key.text(makers.library);
  key.number(static_cast<std::uint64_t>(makers.year));
  return key.take();
}

AnswerCache::AnswerCache(ByteLedger& ledger, std::size_t max_bytes)
    : max_bytes_(max_bytes),
      reservation_(ledger, kTenant),
      registration_(ledger, ReclaimRank::kResults, *this) {}
AnswerCache::~AnswerCache() = default;

std::shared_ptr<const PaperAnswer> AnswerCache::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    ++stats_.n_misses;
    return nullptr;
  }
  ++stats_.n_hits;
  items_.splice(items_.begin(), items_, found->second);
  return found->second->answer;
}

void AnswerCache::put(const std::string& key, std::shared_ptr<const PaperAnswer> answer) {
  const std::size_t n_bytes = size_of(*answer) + 2 * size_of(key) + kAnswerOverhead;
  const std::lock_guard lock(mutex_);
  if (by_key_.contains(key) || n_bytes > max_bytes_ / 2 || !make_room(n_bytes)) return;
  items_.push_front({.key = key, .answer = std::move(answer), .n_bytes = n_bytes});
  by_key_[key] = items_.begin();
  n_bytes_ += n_bytes;
}

void AnswerCache::evict_oldest() {
  const auto oldest = std::prev(items_.end());
  n_bytes_ -= oldest->n_bytes;
  by_key_.erase(oldest->key);
  items_.erase(oldest);
  ++stats_.n_evicted;
}

bool AnswerCache::make_room(std::size_t n_bytes) {
  while (n_bytes_ + n_bytes > max_bytes_ || !reservation_.grow_to(n_bytes_ + n_bytes)) {
    if (items_.empty()) return false;
    evict_oldest();
  }
  return true;
}

AnswerCacheStats AnswerCache::stats() const {
  const std::lock_guard lock(mutex_);
  AnswerCacheStats out = stats_;
  out.n_answers = items_.size();
  out.n_bytes = n_bytes_;
  out.max_bytes = max_bytes_;
  return out;
}

std::size_t AnswerCache::reclaimable_bytes() {
  const std::lock_guard lock(mutex_);
  return reservation_.bytes();
}

void AnswerCache::reclaim(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const std::size_t held = reservation_.bytes();
  const std::size_t most = held - std::min(held, bytes);
  while (!items_.empty() && SteppedReservation::whole_steps(n_bytes_) > most) evict_oldest();
  reservation_.shrink_to(n_bytes_);
}

}  // namespace quern::apps
