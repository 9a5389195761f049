// What is known of dialogues already: the states after their beginnings, and what was predicted.
// One tree of turns, so that dialogues that begin alike share what is known of their beginning.
// Turns are compared byte by byte, so that what is found is what would be computed. Bounded in
// bytes; what was used least recently goes. docs/dialogue.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "apps/dialogue/conversation.h"
#include "apps/dialogue/dialogues.h"
#include "apps/dialogue/predictor_file.h"
#include "base/byte_ledger.h"
#include "base/reclaimer.h"
#include "base/stepped_reservation.h"

namespace quern::apps {

/// All of a turn that a prediction depends on.
std::string turn_key(const Turn& turn);

/// A dialogue so far, and who is asked what comes next.
struct DialogueKey {
  std::uint64_t service = 0;            // No two with other predictors, candidates or models.
  std::vector<std::string> turns = {};  // [n_turns] turn_key of each.
};

struct DialogueCacheLimits {
  std::size_t n_bytes = 0;  // Of all that is held.
  std::size_t n_items = 0;  // Predictions, and states; 0: as many as there is room for.
};

/// Counters since the start, and what is held now. Predictions looked up = hits + misses.
struct DialogueCacheStats {
  long n_prediction_hits = 0;
  long n_prediction_misses = 0;
  long n_shared = 0;       // Dialogues that were equal to another one of their batch.
  long n_turns_known = 0;  // Turns of missed ones whose state was here,
  long n_turns_heard = 0;  // and those that were heard.
  long n_evicted = 0;
  std::size_t n_predictions = 0;
  std::size_t n_states = 0;
  std::size_t n_bytes = 0;
  std::size_t max_bytes = 0;
};

/// Threads: any.
class DialogueCache : public Reclaimer {
 public:
  static constexpr const char* kTenant = "cache/dialogues";

  DialogueCache(ByteLedger& ledger, DialogueCacheLimits limits);
  ~DialogueCache() override;

  /// What was predicted after this dialogue, where that is held. Counts a hit or a miss.
  std::shared_ptr<const NextTurns> find(const DialogueKey& key, std::uint32_t n_wanted);

  struct Beginning {
    std::size_t n_turns = 0;  // 0: nothing of it is known.
    std::shared_ptr<const ConversationState> state = {};
  };
  /// The longest beginning, shorter than the whole, whose state is held. Counts its turns.
  Beginning longest_beginning(const DialogueKey& key);

  /// What was found out about a dialogue.
  struct Findings {
    std::vector<Beginning> states = {};  // Of beginnings, and of the whole, the shortest first.
    std::uint32_t n_wanted = 0;
    std::shared_ptr<const NextTurns> next = {};  // Null: nothing was predicted.
  };
  /// Keeps what has room.
  void put(const DialogueKey& key, const Findings& findings);

  void count_heard(std::size_t n_turns);
  void count_shared(std::size_t n_dialogues);

  /// Forgets all and says how many bytes that was. Counters stay.
  std::size_t clear();

  DialogueCacheStats stats() const;

  std::size_t reclaimable_bytes() override;
  void reclaim(std::size_t bytes) override;

 private:
  struct Node;
  struct Item;  // A state, or a prediction.
  using Items = std::list<Item>;
  struct NodeKey {
    const Node* parent;     // Null: of a service.
    std::string_view turn;  // Of the node itself; of a service: its number.
    bool operator==(const NodeKey&) const = default;
  };
  struct NodeHash {
    std::size_t operator()(const NodeKey& key) const;
  };

  Node* child(const Node* parent, std::string_view turn) const;
  Node* root(std::uint64_t service) const;
  Node* make_child(Node* parent, std::string_view turn);
  Node* make_path(const DialogueKey& key, std::size_t n_turns);
  void put_item(Node* node, Item item);
  void touch(Items::iterator item);
  void remove(Items& of, Items::iterator item);
  void evict_oldest();
  bool make_room(std::size_t n_bytes);
  void evict_beyond(Items& of);
  bool is_empty() const { return states_.empty() && predictions_.empty(); }

  const DialogueCacheLimits limits_;

  mutable std::mutex mutex_;  // Guards these.
  std::unordered_map<NodeKey, std::unique_ptr<Node>, NodeHash> nodes_;
  Items states_, predictions_;  // The most recently used first.
  std::uint64_t clock_ = 0;     // Of uses.
  std::size_t n_bytes_ = 0;
  SteppedReservation reservation_;
  DialogueCacheStats stats_;

  const ByteLedger::Registration registration_;
};

}  // namespace quern::apps
