#include "apps/dialogue/dialogue_batch.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "apps/dialogue/conversation.h"

namespace quern::apps {
namespace {

// Turns that are embedded at a time: so many vectors are held at most, however long dialogues are.
constexpr std::size_t kTurnsAtOnce = 2048;

// Of a dialogue the states after its last turns are kept, and of those before after one of so many:
// dialogues go on at their end, or part somewhere.
constexpr std::size_t kDenseTurns = 32;

constexpr std::size_t kNoNode = ~std::size_t{0};

// Dialogues of so many turns go together: the states of all of them are in memory at a time.
constexpr std::size_t kTurnsOfPart = 4096;

// That a turn takes beside its text, its vector and its state.
constexpr std::size_t kTurnBytes = 512;

class DialogueBatch {
 public:
  DialogueBatch(const PredictingParts& parts, std::span<const Dialogue> dialogues,
                const NextAsk& ask)
      : parts_(parts), dialogues_(dialogues), ask_(ask), out_(dialogues.size()) {}

  std::vector<NextOutcome> run() {
    for (std::size_t i = 0; i < dialogues_.size(); ++i) take(i);
    const Status heard = hear_all();
    for (const End& end : ends_) finish(end, heard);
    return std::move(out_);
  }

 private:
  /// A turn behind those before it, of one dialogue or of many.
  struct Node {
    std::size_t parent = kNoNode;
    const Turn* turn = nullptr;
    std::size_t n_turns = 0;  // With it.
    bool is_wanted = false;   // The state after it.
    bool is_kept = false;     // For the cache.
    bool is_end = false;
    std::size_t n_waiting = 0;  // Wanted turns behind it that have not been heard.
    Status status = {};
    std::shared_ptr<const ConversationState> state = {};
    std::vector<float> next = {};  // [d] Of an end.
  };
  /// Where dialogues end, and which.
  struct End {
    std::size_t node = kNoNode;
    DialogueKey key = {};
    std::vector<std::size_t> dialogues = {};
  };
  struct Place {
    std::size_t parent;
    std::string_view turn;  // Of a key in ends_.
    bool operator==(const Place&) const = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const {
      return std::hash<std::string_view>()(place.turn) ^ (place.parent * 0x9e3779b97f4a7c15u);
    }
  };

  void take(std::size_t i);
  std::size_t node_of(const DialogueKey& key) const;
  std::size_t grow(const Dialogue& dialogue, const DialogueKey& key);
  void want(std::size_t end, const DialogueCache::Beginning& known);
  Status hear_all();
  Status hear_some(std::span<const std::size_t> nodes);
  void hear_level(std::span<const std::pair<std::size_t, const TurnVector*>> level);
  std::shared_ptr<ConversationState> state_before(const Node& node);
  void finish(const End& end, const Status& heard);
  void keep(const End& end, const NextTurns& next);

  const PredictingParts& parts_;
  const std::span<const Dialogue> dialogues_;
  const NextAsk& ask_;
  std::vector<NextOutcome> out_;
  std::vector<Node> nodes_;  // Before those behind them.
  std::unordered_map<Place, std::size_t, PlaceHash> places_;
  std::vector<End> ends_;
  std::unordered_map<std::size_t, std::size_t> ends_by_node_;
};

/// How many of the first dialogues go together, one at least, and how many turns they have.
std::pair<std::size_t, std::size_t> part_of(std::span<const Dialogue> dialogues) {
  std::size_t n = 1, n_turns = dialogues[0].turns.size();
  while (n < dialogues.size() && n_turns + dialogues[n].turns.size() <= kTurnsOfPart) {
    n_turns += dialogues[n++].turns.size();
  }
  return {n, n_turns};
}

void DialogueBatch::take(std::size_t i) {
  const Dialogue& dialogue = dialogues_[i];
  if (dialogue.turns.empty()) {
    out_[i].status = {Code::kBadInput, "the dialogue has no turn: nothing says what may come next"};
    return;
  }
  DialogueKey key = {.service = parts_.service};
  key.turns.reserve(dialogue.turns.size());
  for (const Turn& turn : dialogue.turns) key.turns.push_back(turn_key(turn));
  if (const auto end = ends_by_node_.find(node_of(key)); end != ends_by_node_.end()) {
    ends_[end->second].dialogues.push_back(i);
    if (parts_.cache != nullptr) parts_.cache->count_shared(1);
    return;
  }
  DialogueCache::Beginning known;
  if (parts_.cache != nullptr) {
    if (const auto next = parts_.cache->find(key, ask_.n_wanted)) {
      out_[i].next = *next;
      return;
    }
    known = parts_.cache->longest_beginning(key);
  }
  ends_.push_back({.key = std::move(key), .dialogues = {i}});
  End& end = ends_.back();
  end.node = grow(dialogue, end.key);
  ends_by_node_.emplace(end.node, ends_.size() - 1);
  want(end.node, known);
}

std::size_t DialogueBatch::node_of(const DialogueKey& key) const {
  std::size_t node = kNoNode;
  for (const std::string& turn : key.turns) {
    const auto found = places_.find({node, turn});
    if (found == places_.end()) return kNoNode;
    node = found->second;
  }
  return node;
}

// Of a key that stays, though it may move: places_ looks into it.
std::size_t DialogueBatch::grow(const Dialogue& dialogue, const DialogueKey& key) {
  std::size_t node = kNoNode;
  for (std::size_t t = 0; t < key.turns.size(); ++t) {
    const auto [place, is_new] = places_.emplace(Place{node, key.turns[t]}, nodes_.size());
    if (is_new) nodes_.push_back({.parent = node, .turn = &dialogue.turns[t], .n_turns = t + 1});
    node = place->second;
  }
  return node;
}

// All from the end back to the longest beginning whose state is known, or to what is wanted by now.
// The end itself is heard in any case: what comes next does not follow from a state alone.
void DialogueBatch::want(std::size_t end, const DialogueCache::Beginning& known) {
  const std::size_t n_turns = nodes_[end].n_turns;
  nodes_[end].is_end = true;
  for (std::size_t i = end; i != kNoNode; i = nodes_[i].parent) {
    Node& node = nodes_[i];
    const bool is_recent = node.n_turns + kDenseTurns > n_turns;
    node.is_kept = node.is_kept || is_recent || node.n_turns % kDenseTurns == 0;
    if (node.n_turns == known.n_turns && node.state == nullptr) node.state = known.state;
    if (node.state != nullptr && i != end) return;
    const bool was_wanted = std::exchange(node.is_wanted, true);
    if (was_wanted && !is_recent) return;
    if (!was_wanted && node.parent != kNoNode) ++nodes_[node.parent].n_waiting;
  }
}

Status DialogueBatch::hear_all() {
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].is_wanted) wanted.push_back(i);
  }
  for (std::size_t first = 0; first < wanted.size(); first += kTurnsAtOnce) {
    const std::size_t n = std::min(kTurnsAtOnce, wanted.size() - first);
    QUERN_TRY(hear_some(std::span(wanted).subspan(first, n)));
  }
  return {};
}

Status DialogueBatch::hear_some(std::span<const std::size_t> nodes) {
  std::vector<std::string_view> texts;
  for (const std::size_t i : nodes) texts.push_back(nodes_[i].turn->text);
  QUERN_ASSIGN(const std::vector<TurnVector> vectors, turn_vectors(texts, *parts_.embedder, ask_));
  // Those behind a turn come after it here, and are deeper: level by level all is there in time.
  std::vector<std::size_t> order(nodes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t at) { return nodes_[nodes[at]].n_turns; });
  for (std::size_t first = 0; first < order.size();) {
    const std::size_t n_turns = nodes_[nodes[order[first]]].n_turns;
    std::size_t last = first;
    std::vector<std::pair<std::size_t, const TurnVector*>> level;
    for (; last < order.size() && nodes_[nodes[order[last]]].n_turns == n_turns; ++last) {
      level.emplace_back(nodes[order[last]], &vectors[order[last]]);
    }
    hear_level(level);
    first = last;
    if (ask_.is_stopped && ask_.is_stopped()) return {Code::kCancelled, "interrupted"};
  }
  return {};
}

// Of turns none of which is behind another one.
void DialogueBatch::hear_level(std::span<const std::pair<std::size_t, const TurnVector*>> level) {
  std::vector<Hearing> hearings;
  std::vector<std::shared_ptr<ConversationState>> states;
  for (const auto& [i, vector] : level) {
    Node& node = nodes_[i];
    if (node.parent != kNoNode) node.status = nodes_[node.parent].status;
    if (node.status.ok()) node.status = vector->status.in(fmt::format("turn {}", node.n_turns));
    states.push_back(state_before(node));
    if (!node.status.ok()) continue;
    hearings.push_back({.state = states.back().get(),
                        .turn = node.turn,
                        .vector = vector->vector,
                        .next = node.is_end ? &node.next : nullptr});
    node.state = states.back();
  }
  hear_together(*parts_.predictor, hearings, *parts_.pool);
  if (parts_.cache != nullptr) parts_.cache->count_heard(hearings.size());
}

// A copy of what is before the turn, or that itself where nobody else needs it.
std::shared_ptr<ConversationState> DialogueBatch::state_before(const Node& node) {
  if (node.parent == kNoNode) {
    return std::make_shared<ConversationState>(new_conversation(*parts_.predictor));
  }
  Node& parent = nodes_[node.parent];
  --parent.n_waiting;
  if (parent.state == nullptr) return nullptr;  // It failed.
  auto out = std::make_shared<ConversationState>(*parent.state);
  if (parent.n_waiting == 0 && !parent.is_kept) parent.state = nullptr;
  return out;
}

void DialogueBatch::finish(const End& end, const Status& heard) {
  const Node& node = nodes_[end.node];
  NextOutcome outcome;
  if (node.status.ok() && node.next.empty()) {
    outcome.status = heard;
  } else if (!node.status.ok()) {
    outcome.status = node.status;
  } else {
    Result<NextTurns> next =
        parts_.file->nearest(*parts_.predictor, node.next, ask_.n_wanted, *parts_.pool);
    outcome.status = next.status();
    if (next.ok()) outcome.next = std::move(*next);
  }
  if (outcome.status.ok() && parts_.cache != nullptr) keep(end, outcome.next);
  for (const std::size_t i : end.dialogues) out_[i] = outcome;
}

void DialogueBatch::keep(const End& end, const NextTurns& next) {
  DialogueCache::Findings findings = {.n_wanted = ask_.n_wanted,
                                      .next = std::make_shared<const NextTurns>(next)};
  for (std::size_t i = end.node; i != kNoNode; i = nodes_[i].parent) {
    const Node& node = nodes_[i];
    if (!node.is_kept || node.state == nullptr) continue;
    findings.states.push_back({.n_turns = node.n_turns, .state = node.state});
  }
  std::ranges::reverse(findings.states);
  parts_.cache->put(end.key, findings);
}

}  // namespace

std::vector<NextOutcome> next_of_all(const PredictingParts& parts,
                                     std::span<const Dialogue> dialogues, const NextAsk& ask) {
  const std::size_t n_state = parts.predictor->context().n_state();
  const std::size_t d = static_cast<std::size_t>(parts.predictor->context().d());
  std::vector<NextOutcome> out;
  out.reserve(dialogues.size());
  while (!dialogues.empty()) {
    const auto [n, n_turns] = part_of(dialogues);
    const std::size_t bytes =
        n_turns * kTurnBytes + std::min(n_turns, kTurnsOfPart) * (n_state + 2 * d) * sizeof(float);
    const Result<Reservation> memory =
        parts.embedder->engine().ledger().reserve("dialogue/batch", bytes);
    if (memory.ok()) {
      std::ranges::move(DialogueBatch(parts, dialogues.first(n), ask).run(),
                        std::back_inserter(out));
    } else {
      out.insert(out.end(), n, {.status = memory.status(), .next = {}});
    }
    dialogues = dialogues.subspan(n);
  }
  return out;
}

}  // namespace quern::apps
