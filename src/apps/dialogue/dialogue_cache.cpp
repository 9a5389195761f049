#include "apps/dialogue/dialogue_cache.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace quern::apps {
namespace {

// What the containers and the allocator take beside what is counted.
constexpr std::size_t kNodeOverhead = 96;
constexpr std::size_t kItemOverhead = 64;

std::size_t bytes_of(const NextTurns& next) {
  std::size_t out = sizeof(next) + next.turns.capacity() * sizeof(NextTurn);
  for (const NextTurn& turn : next.turns) out += turn.text.capacity();
  return out;
}

/// A service's number as a turn that is none.
std::string_view service_key(const std::uint64_t& service) {
  return {reinterpret_cast<const char*>(&service), sizeof service};
}

template <typename T>
void append_raw(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

struct DialogueCache::Node {
  Node* parent = nullptr;
  std::string turn;
  std::size_t n_children = 0;
  std::vector<Items::iterator> items = {};

  static std::size_t bytes_with(std::string_view turn) {
    return sizeof(Node) + kNodeOverhead + turn.size();
  }
};

struct DialogueCache::Item {
  Node* node = nullptr;
  std::uint32_t n_wanted = 0;  // 0: a state.
  std::shared_ptr<const ConversationState> state = {};
  std::shared_ptr<const NextTurns> next = {};
  std::uint64_t used = 0;

  std::size_t n_bytes() const {
    return sizeof(Item) + kItemOverhead + (state ? state->n_bytes() : bytes_of(*next));
  }
};

DialogueCache::DialogueCache(ByteLedger& ledger, DialogueCacheLimits limits)
    : limits_(limits),
      reservation_(ledger, kTenant),
      registration_(ledger, ReclaimRank::kResults, *this) {}
DialogueCache::~DialogueCache() = default;

std::string turn_key(const Turn& turn) {
  std::string out;
  out.reserve(turn.speaker.size() + turn.text.size() + 16);
  append_raw(out, static_cast<std::uint32_t>(turn.speaker.size()));
  out += turn.speaker;
  out += turn.gap_seconds ? '\1' : '\0';
  append_raw(out, turn.gap_seconds.value_or(0));
  return out += turn.text;
}

std::size_t DialogueCache::NodeHash::operator()(const NodeKey& key) const {
  const std::size_t turn = std::hash<std::string_view>()(key.turn);
  return turn ^ (std::hash<const void*>()(key.parent) * std::size_t{0x9e3779b97f4a7c15});
}

DialogueCache::Node* DialogueCache::child(const Node* parent, std::string_view turn) const {
  const auto found = nodes_.find({parent, turn});
  return found == nodes_.end() ? nullptr : found->second.get();
}

DialogueCache::Node* DialogueCache::root(std::uint64_t service) const {
  return child(nullptr, service_key(service));
}

DialogueCache::Node* DialogueCache::make_child(Node* parent, std::string_view turn) {
  if (Node* known = child(parent, turn)) return known;
  std::unique_ptr<Node> made(new Node{.parent = parent, .turn = std::string(turn)});
  Node* const node = made.get();
  nodes_.emplace(NodeKey{parent, node->turn}, std::move(made));
  n_bytes_ += Node::bytes_with(turn);
  if (parent != nullptr) ++parent->n_children;
  return node;
}

DialogueCache::Node* DialogueCache::make_path(const DialogueKey& key, std::size_t n_turns) {
  Node* node = make_child(nullptr, service_key(key.service));
  for (std::size_t t = 0; t < n_turns; ++t) node = make_child(node, key.turns[t]);
  return node;
}

void DialogueCache::touch(Items::iterator item) {
  item->used = ++clock_;
  Items& of = item->n_wanted == 0 ? states_ : predictions_;
  of.splice(of.begin(), of, item);
}

std::shared_ptr<const NextTurns> DialogueCache::find(const DialogueKey& key,
                                                     std::uint32_t n_wanted) {
  const std::lock_guard lock(mutex_);
  const Node* node = root(key.service);
  for (std::size_t t = 0; node != nullptr && t < key.turns.size(); ++t) {
    node = child(node, key.turns[t]);
  }
  if (node != nullptr) {
    for (const Items::iterator item : node->items) {
      if (item->n_wanted != n_wanted) continue;
      ++stats_.n_prediction_hits;
      touch(item);
      return item->next;
    }
  }
  ++stats_.n_prediction_misses;
  return nullptr;
}

DialogueCache::Beginning DialogueCache::longest_beginning(const DialogueKey& key) {
  const std::lock_guard lock(mutex_);
  Beginning out;
  std::optional<Items::iterator> best;
  const Node* node = root(key.service);
  for (std::size_t t = 0; node != nullptr && t + 1 < key.turns.size(); ++t) {
    node = child(node, key.turns[t]);
    if (node == nullptr) break;
    for (const Items::iterator item : node->items) {
      if (item->n_wanted != 0) continue;
      best = item;
      out.n_turns = t + 1;
    }
  }
  if (!best) return out;
  touch(*best);
  out.state = (*best)->state;
  stats_.n_turns_known += static_cast<long>(out.n_turns);
  return out;
}

void DialogueCache::put(const DialogueKey& key, const Findings& findings) {
  std::size_t path = Node::bytes_with(service_key(key.service));
  for (const std::string& turn : key.turns) path += Node::bytes_with(turn);
  std::vector<std::pair<std::size_t, Item>> items;
  for (const Beginning& beginning : findings.states) {
    items.emplace_back(beginning.n_turns, Item{.state = beginning.state});
  }
  if (findings.next != nullptr) {
    items.emplace_back(key.turns.size(),
                       Item{.n_wanted = findings.n_wanted, .next = findings.next});
  }
  // No dialogue has all others forgotten: of one that is long, what is newest is kept.
  std::size_t n_bytes = path;
  std::size_t first = items.size();
  while (first > 0 && n_bytes + items[first - 1].second.n_bytes() <= limits_.n_bytes / 2) {
    n_bytes += items[--first].second.n_bytes();
  }
  const std::lock_guard lock(mutex_);
  if (first == items.size() || !make_room(n_bytes)) return;
  for (std::size_t i = first; i < items.size(); ++i) {
    put_item(make_path(key, items[i].first), std::move(items[i].second));
  }
  evict_beyond(states_);
  evict_beyond(predictions_);
}

void DialogueCache::put_item(Node* node, Item item) {
  for (const Items::iterator known : node->items) {
    if (known->n_wanted == item.n_wanted) return touch(known);  // The same, to the bit.
  }
  item.node = node;
  item.used = ++clock_;
  n_bytes_ += item.n_bytes();
  Items& of = item.n_wanted == 0 ? states_ : predictions_;
  of.push_front(std::move(item));
  node->items.push_back(of.begin());
}

void DialogueCache::remove(Items& of, Items::iterator item) {
  Node* node = item->node;
  n_bytes_ -= item->n_bytes();
  std::erase(node->items, item);
  of.erase(item);
  while (node != nullptr && node->items.empty() && node->n_children == 0) {
    Node* const parent = node->parent;
    n_bytes_ -= Node::bytes_with(node->turn);
    nodes_.erase(nodes_.find({parent, node->turn}));
    if (parent != nullptr) --parent->n_children;
    node = parent;
  }
}

void DialogueCache::evict_oldest() {
  const bool is_state =
      predictions_.empty() || (!states_.empty() && states_.back().used < predictions_.back().used);
  Items& of = is_state ? states_ : predictions_;
  remove(of, std::prev(of.end()));
  ++stats_.n_evicted;
}

void DialogueCache::evict_beyond(Items& of) {
  while (limits_.n_items > 0 && of.size() > limits_.n_items) {
    remove(of, std::prev(of.end()));
    ++stats_.n_evicted;
  }
}

bool DialogueCache::make_room(std::size_t n_bytes) {
  while (n_bytes_ + n_bytes > limits_.n_bytes || !reservation_.grow_to(n_bytes_ + n_bytes)) {
    if (is_empty()) return false;
    evict_oldest();
  }
  return true;
}

void DialogueCache::count_heard(std::size_t n_turns) {
  const std::lock_guard lock(mutex_);
  stats_.n_turns_heard += static_cast<long>(n_turns);
}

void DialogueCache::count_shared(std::size_t n_dialogues) {
  const std::lock_guard lock(mutex_);
  stats_.n_shared += static_cast<long>(n_dialogues);
}

std::size_t DialogueCache::clear() {
  const std::lock_guard lock(mutex_);
  const std::size_t n_bytes = reservation_.bytes();
  states_.clear();
  predictions_.clear();
  nodes_.clear();
  n_bytes_ = 0;
  reservation_.shrink_to(0);
  return n_bytes;
}

DialogueCacheStats DialogueCache::stats() const {
  const std::lock_guard lock(mutex_);
  DialogueCacheStats out = stats_;
  out.n_predictions = predictions_.size();
  out.n_states = states_.size();
  out.n_bytes = n_bytes_;
  out.max_bytes = limits_.n_bytes;
  return out;
}

std::size_t DialogueCache::reclaimable_bytes() {
  const std::lock_guard lock(mutex_);
  return reservation_.bytes();
}

void DialogueCache::reclaim(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const std::size_t held = reservation_.bytes();
  const std::size_t most = held - std::min(held, bytes);
  while (!is_empty() && SteppedReservation::whole_steps(n_bytes_) > most) evict_oldest();
  reservation_.shrink_to(n_bytes_);
}

}  // namespace quern::apps
