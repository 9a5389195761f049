// Answers that were given before, so that the same question to the same library is answered at
// once. A key names all that an answer depends on, so that what is found is what was made; bounded
// in bytes; what was used least recently goes. docs/papers_answers.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "apps/papers/paper_answer.h"
#include "base/byte_ledger.h"
#include "base/reclaimer.h"
#include "base/stepped_reservation.h"

namespace quern::apps {

/// Lookups since the start = hits + misses.
struct AnswerCacheStats {
  long n_hits = 0;
  long n_misses = 0;
  long n_evicted = 0;
  std::size_t n_answers = 0;
  std::size_t n_bytes = 0;
  std::size_t max_bytes = 0;
};

/// What tells answers apart beside the question: who made them. Models by hub::model_digest.
struct AnswerMakers {
  std::string rerank = {};  // "": nothing was reranked.
  std::string entailment = {};
  std::string writer = {};   // ReportWriter::name.
  std::string library = {};  // PaperLibrary::state.
  int year = 0;              // "The last five years" are others next year.
};

/// All of it in one text: no two that may have different answers have the same.
std::string answer_key(const AnswerAsk& ask, const AnswerMakers& makers);

/// Threads: any.
class AnswerCache : public Reclaimer {
 public:
  static constexpr const char* kTenant = "cache/answers";

  AnswerCache(ByteLedger& ledger, std::size_t max_bytes);
  ~AnswerCache() override;

  /// Null where it is not held. Counts a hit or a miss.
  std::shared_ptr<const PaperAnswer> find(const std::string& key);

  /// Keeps it, if it has room beside others: none that is more than half of the whole.
  void put(const std::string& key, std::shared_ptr<const PaperAnswer> answer);

  AnswerCacheStats stats() const;

  std::size_t reclaimable_bytes() override;
  void reclaim(std::size_t bytes) override;

 private:
  struct Item {
    std::string key;
    std::shared_ptr<const PaperAnswer> answer;
    std::size_t n_bytes = 0;
  };

  void evict_oldest();
  bool make_room(std::size_t n_bytes);

  const std::size_t max_bytes_;

  mutable std::mutex mutex_;  // Guards these.
  std::list<Item> items_;     // The most recently used first.
  std::unordered_map<std::string, std::list<Item>::iterator> by_key_;
  std::size_t n_bytes_ = 0;
  SteppedReservation reservation_;
  AnswerCacheStats stats_;

  const ByteLedger::Registration registration_;
};

}  // namespace quern::apps
