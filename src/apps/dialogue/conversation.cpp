#include "apps/dialogue/conversation.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "apps/dialogue/predictor_form.h"
#include "base/checksum.h"

namespace quern::apps {
namespace {

// n_turns, bytes of the first and of the last speaker's name, floats; then those, then a checksum.
struct StateHead {
  std::uint64_t n_turns = 0;
  std::uint32_t n_first = 0;
  std::uint32_t n_last = 0;
  std::uint64_t n_floats = 0;
};

// No state comes near it, and nothing that is made of smaller ones overflows.
constexpr float kMostNumber = 1e8f;

Status damaged_state() { return {Code::kBadInput, "the state of a conversation is damaged"}; }

/// Takes the head off and the checksum away. Errors: kBadInput.
Result<StateHead> take_state_head(std::string_view& bytes) {
  StateHead head;
  std::uint64_t sum = 0;
  if (bytes.size() < sizeof(head) + sizeof(sum)) return damaged_state();
  std::memcpy(&head, bytes.data(), sizeof(head));
  std::memcpy(&sum, bytes.data() + bytes.size() - sizeof(sum), sizeof(sum));
  bytes.remove_suffix(sizeof(sum));
  if (checksum64(std::as_bytes(std::span(bytes))) != sum) return damaged_state();
  bytes.remove_prefix(sizeof(head));
  return head;
}

// Rows of what a chunk of hearings sees, so that its memory does not follow their number.
constexpr std::size_t kHearTogether = 64;

void hear_chunk(const TurnPredictor& predictor, std::span<const Hearing> hearings,
                ThreadPool& pool) {
  const ContextReader& context = predictor.context();
  const auto d = static_cast<std::size_t>(context.d());
  const auto d_x = static_cast<std::size_t>(context.d_x());
  std::vector<float> extras, x(hearings.size() * d_x), mean(hearings.size() * d);
  extras.reserve(hearings.size() * kTurnExtras);
  std::vector<ContextReader::Hearing> rows;
  for (std::size_t i = 0; i < hearings.size(); ++i) {
    const auto& [state, turn, vector, next] = hearings[i];
    const auto known = extras_after(state->before, *turn);
    extras.insert(extras.end(), known.begin(), known.end());
    rows.push_back({.turn = vector,
                    .extras = std::span(extras).last(kTurnExtras),
                    .state = state->numbers,
                    .x = std::span(x).subspan(i * d_x, d_x),
                    .mean = std::span(mean).subspan(i * d, d)});
    if (state->before.n++ == 0) state->before.first_speaker = turn->speaker;
    state->before.last_speaker = turn->speaker;
  }
  context.hear(rows, pool);
  for (std::size_t i = 0; i < hearings.size(); ++i) {
    if (hearings[i].next == nullptr) continue;
    hearings[i].next->resize(d);
    predictor.predict_one(rows[i].x, rows[i].mean, *hearings[i].next);
  }
}

}  // namespace

std::size_t ConversationState::n_bytes() const {
  return sizeof(*this) + numbers.capacity() * sizeof(float) + before.first_speaker.capacity() +
         before.last_speaker.capacity();
}

ConversationState new_conversation(const TurnPredictor& predictor) {
  return {.numbers = std::vector<float>(predictor.context().n_state(), 0.0f), .before = {}};
}

void hear_together(const TurnPredictor& predictor, std::span<const Hearing> hearings,
                   ThreadPool& pool) {
  for (std::size_t first = 0; first < hearings.size(); first += kHearTogether) {
    const std::size_t n = std::min(kHearTogether, hearings.size() - first);
    hear_chunk(predictor, hearings.subspan(first, n), pool);
  }
}

std::string bytes_from_conversation(const ConversationState& state) {
  const TurnsBefore& before = state.before;
  const StateHead head = {.n_turns = before.n,
                          .n_first = static_cast<std::uint32_t>(before.first_speaker.size()),
                          .n_last = static_cast<std::uint32_t>(before.last_speaker.size()),
                          .n_floats = state.numbers.size()};
  std::string out(reinterpret_cast<const char*>(&head), sizeof(head));
  out += before.first_speaker + before.last_speaker + bytes_from(state.numbers);
  const std::uint64_t sum = checksum64(std::as_bytes(std::span(out)));
  return out.append(reinterpret_cast<const char*>(&sum), sizeof(sum));
}

Result<ConversationState> conversation_from_bytes(const TurnPredictor& predictor,
                                                  std::string_view bytes) {
  QUERN_ASSIGN(const StateHead head, take_state_head(bytes));
  ConversationState out = new_conversation(predictor);
  if (head.n_floats != out.numbers.size()) {
    return {Code::kBadInput, fmt::format("the state of a conversation has {} numbers, the "
                                         "predictor's {}: it is another's",
                                         head.n_floats, out.numbers.size())};
  }
  const std::size_t n_names = std::size_t{head.n_first} + head.n_last;
  if (bytes.size() != n_names + out.numbers.size() * sizeof(float)) return damaged_state();
  out.before.n = head.n_turns;
  out.before.first_speaker = bytes.substr(0, head.n_first);
  out.before.last_speaker = bytes.substr(head.n_first, head.n_last);
  bytes.remove_prefix(n_names);
  QUERN_ASSIGN(out.numbers, floats_from(std::as_bytes(std::span(bytes)), out.numbers.size()));
  const bool is_sane = std::all_of(out.numbers.begin(), out.numbers.end(),
                                   [](float x) { return std::abs(x) <= kMostNumber; });
  if (!is_sane || static_cast<float>(head.n_turns) != out.numbers[0]) return damaged_state();
  return out;
}

Result<std::size_t> turns_in_bytes(std::string_view bytes) {
  QUERN_ASSIGN(const StateHead head, take_state_head(bytes));
  return head.n_turns;
}

}  // namespace quern::apps
