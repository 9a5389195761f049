#include "apps/dialogue/dialogue_source.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"

namespace quern::apps {

DialoguesInMemory::DialoguesInMemory(std::span<const DialogueVectors> dialogues)
    : dialogues_(dialogues), begins_(1, 0) {
  for (const DialogueVectors& each : dialogues) begins_.push_back(begins_.back() + each.n_turns());
}

Result<std::size_t> DialoguesInMemory::n_turns_of(std::size_t i_dialogue) const {
  return dialogues_[i_dialogue].n_turns();
}

Result<TurnPlace> DialoguesInMemory::place(std::size_t i) const {
  QUERN_CHECK(i < n_turns());
  const auto after = std::upper_bound(begins_.begin(), begins_.end(), i);
  return TurnPlace{.i_dialogue = static_cast<std::size_t>(after - begins_.begin()) - 1,
                   .i_turn = i - *(after - 1)};
}

Status DialoguesInMemory::read_turn(const TurnPlace& place, std::span<float> vector,
                                    std::span<float> extras) const {
  const DialogueVectors& dialogue = dialogues_[place.i_dialogue];
  const std::span<const float> turn = dialogue.turn(place.i_turn);
  QUERN_CHECK(vector.size() == turn.size() && extras.size() % kTurnExtras == 0);
  std::copy(turn.begin(), turn.end(), vector.begin());
  std::copy_n(&dialogue.extras[place.i_turn * kTurnExtras], extras.size(), extras.begin());
  return {};
}

Result<std::string> DialoguesInMemory::text(const TurnPlace& place) const {
  return dialogues_[place.i_dialogue].texts[place.i_turn];
}

Status check_widths(std::span<const DialogueVectors> dialogues) {
  for (const DialogueVectors& each : dialogues) {
    if (each.d == dialogues[0].d) continue;
    return {Code::kBadInput,
            fmt::format("vectors of {} numbers among those of {}", each.d, dialogues[0].d)};
  }
  return {};
}

}  // namespace quern::apps
