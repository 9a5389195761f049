// Questions with one right answer: which of some turns is the next one of a dialogue. The others
// are turns of any place, drawn by a seed, none with the right one's text.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "apps/dialogue/dialogue_source.h"
#include "apps/dialogue/dialogue_vectors.h"
#include "base/status.h"

namespace quern::apps {

struct ChoiceSet {
  std::size_t i_dialogue = 0;
  std::size_t i_turn = 0;             // The last turn that is known.
  std::vector<TurnPlace> candidates;  // The right one first; fewer where there are no more texts.
};

/// For each turn of `asked`, which another one follows; what is wrong comes from all dialogues. The
/// same dialogues and seed give the same sets. Errors: those of the source.
Result<std::vector<ChoiceSet>> choice_sets(const DialogueSource& dialogues,
                                           std::span<const TurnPlace> asked, int n_candidates,
                                           std::uint64_t seed);

/// The same for every turn of all dialogues that has a next one.
std::vector<ChoiceSet> choice_sets(std::span<const DialogueVectors> dialogues, int n_candidates,
                                   std::uint64_t seed);

}  // namespace quern::apps
