// Conversations by name, that many may hear at once: bounded in number and accounted in bytes.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/dialogue/conversation.h"
#include "apps/dialogue/next_turns.h"
#include "base/byte_ledger.h"
#include "base/status.h"

namespace quern::apps {

struct ConversationLimits {
  std::size_t n_most = 100'000;
  // One that nobody spoke to for so long makes room for a new one where there are n_most; 0: none
  // does, and a new one is refused.
  std::chrono::seconds idle{0};
};

inline constexpr std::size_t kMaxConversationName = 255;  // Bytes.

/// Errors: kBadInput for one that is empty, too long or no UTF-8.
Status check_conversation_name(const std::string& name);

/// Threads: any. What is done to one conversation happens one after the other; nothing is half
/// done. The service and the ledger outlive it.
class Conversations {
 public:
  static constexpr const char* kTenant = "dialogue/conversations";

  Conversations(const NextTurnService& service, ByteLedger& ledger, ConversationLimits limits = {})
      : service_(service), ledger_(ledger), limits_(limits) {}

  struct Heard {
    NextTurns next = {};
    std::size_t n_turns = 0;  // Of the conversation, with these.
  };
  /// After more turns, one at least; a new name begins a conversation. Where it fails nothing was
  /// heard. Errors: kBadInput for a name that is empty or too long; kExhausted above n_most, or
  /// where memory is; as NextTurnService::vectors and hear.
  Result<Heard> hear(const std::string& name, std::span<const Turn> turns, const NextAsk& ask);

  /// From here on `to` is as `from` is, whatever it was; both go on alone. Errors: kNotFound; as
  /// hear.
  Status fork(const std::string& from, const std::string& to);

  /// The same and more turns, or none, which `from` does not hear; all or nothing.
  Result<Heard> hear_fork(const std::string& from, const std::string& to,
                          std::span<const Turn> turns, const NextAsk& ask);

  /// After more turns, one at least, that the conversation does not hear. Errors: kNotFound; as
  /// hear.
  Result<Heard> if_heard(const std::string& name, std::span<const Turn> turns,
                         const NextAsk& ask) const;

  /// Errors: kNotFound.
  Result<ConversationState> state(const std::string& name) const;
  /// In place of what has that name. Errors: as hear.
  Status put(const std::string& name, ConversationState state);
  Status remove(const std::string& name);

  struct Row {
    std::string name;
    std::size_t n_turns = 0;
  };
  /// By name.
  std::vector<Row> list() const;
  /// The first `n_most` of those whose names come after `after`; "": of all. Time: of these alone.
  std::vector<Row> list_after(std::string_view after, std::size_t n_most) const;
  std::size_t size() const;
  /// Idle ones that made room.
  long n_expired() const { return n_expired_.load(); }

 private:
  struct Slot;
  using SlotPtr = std::shared_ptr<Slot>;

  Result<NextTurns> hear_alone(ConversationState& state, std::span<const Turn> turns,
                               const NextAsk& ask) const;
  Result<std::vector<TurnVector>> vectors(std::span<const Turn> turns, const NextAsk& ask) const;
  SlotPtr find(const std::string& name) const;
  Result<SlotPtr> find_or_make(const std::string& name);
  Status make_room();
  Status account(std::size_t n_bytes);
  void forget_if_new(const std::string& name, const SlotPtr& slot);

  const NextTurnService& service_;
  ByteLedger& ledger_;
  const ConversationLimits limits_;
  std::atomic<long> n_expired_{0};

  mutable std::mutex mutex_;  // Guards these. Taken before a slot's, never while holding one.
  std::map<std::string, SlotPtr, std::less<>> slots_;
  std::size_t n_bytes_ = 0;
  Reservation reservation_;
};

}  // namespace quern::apps
