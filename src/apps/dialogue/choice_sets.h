// Questions with one right answer: which of some turns is the next one of a dialogue. The others
// are turns of any place, drawn by a seed, none with the right one's text.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "apps/dialogue/dialogue_vectors.h"

namespace quern::apps {

struct TurnPlace {
  std::size_t i_dialogue = 0;
  std::size_t i_turn = 0;

  bool operator==(const TurnPlace&) const = default;
};

struct ChoiceSet {
  std::size_t i_dialogue = 0;
  std::size_t i_turn = 0;             // The last turn that is known.
  std::vector<TurnPlace> candidates;  // The right one first; fewer where there are no more texts.
};

/// For every turn of the dialogues `asked` that has a next one; what is wrong comes from all
/// dialogues. The same dialogues and seed give the same sets.
std::vector<ChoiceSet> choice_sets(std::span<const DialogueVectors> dialogues,
                                   std::span<const std::size_t> asked, int n_candidates,
                                   std::uint64_t seed);

/// Of all dialogues.
std::vector<ChoiceSet> choice_sets(std::span<const DialogueVectors> dialogues, int n_candidates,
                                   std::uint64_t seed);

}  // namespace quern::apps
