#include "apps/dialogue/conversations.h"

#include <cstdint>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"

namespace quern::apps {
namespace {

using IdleClock = std::chrono::steady_clock;

// The ledger is asked for so many at a time.
constexpr std::size_t kGrownBy = std::size_t{256} << 10;

// What the map and the allocator take for one, its speakers' names among it.
constexpr std::size_t kSlotOverhead = 256;

constexpr std::size_t kMaxSpeakerName = 255;  // Bytes.

Status check_speaker(const std::string& speaker) {
  if (speaker.size() <= kMaxSpeakerName) return {};
  return {Code::kBadInput, fmt::format("a speaker's name has {} bytes, at most {} are taken",
                                       speaker.size(), kMaxSpeakerName)};
}

Status no_conversation(const std::string& name) {
  return {Code::kNotFound, fmt::format("there is no conversation '{}'", name)};
}

std::int64_t seconds_now() {
  const auto now = IdleClock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

}  // namespace

Status check_conversation_name(const std::string& name) {
  if (!is_valid_utf8(name)) return {Code::kBadInput, "the conversation's name is no UTF-8"};
  if (!name.empty() && name.size() <= kMaxConversationName) return {};
  return {Code::kBadInput, fmt::format("the conversation's name has {} bytes, wanted 1 to {}",
                                       name.size(), kMaxConversationName)};
}

struct Conversations::Slot {
  explicit Slot(ConversationState begun) : state(std::move(begun)) {}

  std::atomic<std::size_t> n_turns{0};  // As `state` has it. 0: nothing was heard yet.
  std::int64_t used_s = 0;              // Guarded by the map's mutex.
  std::size_t n_bytes = 0;              // That are accounted for it; likewise.
  std::mutex mutex;                     // Guards these.
  ConversationState state;
  bool is_gone = false;  // Out of the map: what is heard goes to another one.
};

Conversations::SlotPtr Conversations::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(name);
  return found == slots_.end() ? nullptr : found->second;
}

Result<Conversations::SlotPtr> Conversations::find_or_make(const std::string& name) {
  QUERN_TRY(check_conversation_name(name));
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(name);
  if (found != slots_.end()) {
    found->second->used_s = seconds_now();
    return found->second;
  }
  QUERN_TRY(make_room());
  auto slot = std::make_shared<Slot>(new_conversation(service_.predictor()));
  slot->used_s = seconds_now();
  slot->n_bytes = sizeof(Slot) + kSlotOverhead + slot->state.n_bytes() + name.size();
  QUERN_TRY(account(n_bytes_ + slot->n_bytes));
  slots_.emplace(name, slot);
  return slot;
}

Status Conversations::make_room() {
  if (slots_.size() < limits_.n_most) return {};
  if (limits_.idle.count() > 0) {
    std::size_t n_free = 0;
    const std::int64_t oldest = seconds_now() - limits_.idle.count();
    std::erase_if(slots_, [&](const auto& each) {
      const bool is_idle = each.second->used_s <= oldest;
      if (is_idle) n_free += each.second->n_bytes;
      n_expired_ += is_idle ? 1 : 0;
      return is_idle;
    });
    QUERN_TRY(account(n_bytes_ - n_free));
  }
  if (slots_.size() < limits_.n_most) return {};
  return {Code::kExhausted,
          fmt::format("{} conversations are remembered, no more", limits_.n_most)};
}

Status Conversations::account(std::size_t n_bytes) {
  const std::size_t wanted = (n_bytes + kGrownBy - 1) / kGrownBy * kGrownBy;
  if (reservation_.bytes() == 0 && wanted > 0) {
    QUERN_ASSIGN(reservation_, ledger_.reserve(kTenant, wanted));
  } else if (wanted != reservation_.bytes()) {
    QUERN_TRY(reservation_.resize(wanted));
  }
  n_bytes_ = n_bytes;
  return {};
}

Result<std::vector<TurnVector>> Conversations::vectors(std::span<const Turn> turns,
                                                       const NextAsk& ask) const {
  for (const Turn& turn : turns) QUERN_TRY(check_speaker(turn.speaker));
  return service_.vectors(turns, ask);
}

Result<Conversations::Heard> Conversations::hear(const std::string& name,
                                                 std::span<const Turn> turns, const NextAsk& ask) {
  QUERN_TRY(check_conversation_name(name));
  QUERN_ASSIGN(const std::vector<TurnVector> turn_vectors, vectors(turns, ask));
  while (true) {
    QUERN_ASSIGN(const SlotPtr slot, find_or_make(name));
    std::unique_lock lock(slot->mutex);
    if (slot->is_gone) continue;
    ConversationState state = slot->state;
    Result<NextTurns> next = service_.hear(state, turns, turn_vectors, ask.n_wanted);
    if (!next.ok()) {
      lock.unlock();
      forget_if_new(name, slot);
      return next.status();
    }
    slot->state = std::move(state);
    slot->n_turns = slot->state.n_turns();
    return Heard{.next = std::move(*next), .n_turns = slot->n_turns};
  }
}

// Where another thread holds it that one hears a turn, or comes here itself.
void Conversations::forget_if_new(const std::string& name, const SlotPtr& slot) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(name);
  const std::unique_lock held(slot->mutex, std::try_to_lock);
  if (found == slots_.end() || found->second != slot || !held || slot->n_turns > 0) return;
  slot->is_gone = true;
  slots_.erase(found);
  (void)account(n_bytes_ - slot->n_bytes);  // Giving back cannot fail.
}

Status Conversations::fork(const std::string& from, const std::string& to) {
  QUERN_ASSIGN(ConversationState copy, state(from));
  return put(to, std::move(copy));
}

// Of a state that nobody else has.
Result<NextTurns> Conversations::hear_alone(ConversationState& state, std::span<const Turn> turns,
                                            const NextAsk& ask) const {
  QUERN_ASSIGN(const std::vector<TurnVector> turn_vectors, vectors(turns, ask));
  return service_.hear(state, turns, turn_vectors, ask.n_wanted);
}

Result<Conversations::Heard> Conversations::if_heard(const std::string& name,
                                                     std::span<const Turn> turns,
                                                     const NextAsk& ask) const {
  QUERN_ASSIGN(ConversationState copy, state(name));
  QUERN_ASSIGN(NextTurns next, hear_alone(copy, turns, ask));
  return Heard{.next = std::move(next), .n_turns = copy.n_turns()};
}

Result<Conversations::Heard> Conversations::hear_fork(const std::string& from,
                                                      const std::string& to,
                                                      std::span<const Turn> turns,
                                                      const NextAsk& ask) {
  QUERN_TRY(check_conversation_name(to));
  QUERN_ASSIGN(ConversationState copy, state(from));
  Heard out;
  if (!turns.empty()) {
    QUERN_ASSIGN(out.next, hear_alone(copy, turns, ask));
  }
  out.n_turns = copy.n_turns();
  QUERN_TRY(put(to, std::move(copy)));
  return out;
}

Result<ConversationState> Conversations::state(const std::string& name) const {
  const SlotPtr slot = find(name);
  if (slot == nullptr) return no_conversation(name);
  const std::lock_guard lock(slot->mutex);
  if (slot->n_turns == 0) return no_conversation(name);
  return slot->state;
}

Status Conversations::put(const std::string& name, ConversationState state) {
  if (state.n_turns() == 0) return {Code::kBadInput, "a conversation in which nothing was said"};
  QUERN_TRY(check_speaker(state.before.first_speaker));
  QUERN_TRY(check_speaker(state.before.last_speaker));
  while (true) {
    QUERN_ASSIGN(const SlotPtr slot, find_or_make(name));
    const std::lock_guard lock(slot->mutex);
    if (slot->is_gone) continue;
    slot->state = std::move(state);
    slot->n_turns = slot->state.n_turns();
    return {};
  }
}

Status Conversations::remove(const std::string& name) {
  const SlotPtr slot = find(name);
  if (slot == nullptr) return no_conversation(name);
  {
    const std::lock_guard lock(slot->mutex);  // After what it hears now.
    if (slot->is_gone || slot->n_turns == 0) return no_conversation(name);
    slot->is_gone = true;
  }
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(name);
  if (found == slots_.end() || found->second != slot) return {};
  slots_.erase(found);
  return account(n_bytes_ - slot->n_bytes);
}

std::vector<Conversations::Row> Conversations::list() const {
  return list_after({}, std::numeric_limits<std::size_t>::max());
}

std::vector<Conversations::Row> Conversations::list_after(std::string_view after,
                                                          std::size_t n_most) const {
  const std::lock_guard lock(mutex_);
  std::vector<Row> out;
  for (auto at = slots_.upper_bound(after); at != slots_.end() && out.size() < n_most; ++at) {
    const std::size_t n_turns = at->second->n_turns;
    if (n_turns > 0) out.push_back({.name = at->first, .n_turns = n_turns});
  }
  return out;
}

std::size_t Conversations::size() const {
  const std::lock_guard lock(mutex_);
  return slots_.size();
}

}  // namespace quern::apps
