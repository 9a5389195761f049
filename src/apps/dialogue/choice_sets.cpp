#include "apps/dialogue/choice_sets.h"

#include <string>
#include <unordered_set>
#include <utility>

#include "base/split_mix.h"

namespace quern::apps {
namespace {

// Draws in vain, before a set is left smaller than was wished.
constexpr int kDrawsEach = 20;

}  // namespace

Result<std::vector<ChoiceSet>> choice_sets(const DialogueSource& dialogues,
                                           std::span<const TurnPlace> asked, int n_candidates,
                                           std::uint64_t seed) {
  std::vector<ChoiceSet> out;
  std::uint64_t state = seed;
  for (const TurnPlace& turn : asked) {
    ChoiceSet set = {.i_dialogue = turn.i_dialogue,
                     .i_turn = turn.i_turn,
                     .candidates = {{turn.i_dialogue, turn.i_turn + 1}}};
    QUERN_ASSIGN(std::string right, dialogues.text(set.candidates[0]));
    std::unordered_set<std::string> texts = {std::move(right)};
    const int n_draws = kDrawsEach * n_candidates;
    for (int draw = 0; draw < n_draws && static_cast<int>(set.candidates.size()) < n_candidates;
         ++draw) {
      QUERN_ASSIGN(const TurnPlace place,
                   dialogues.place(next_split_mix(state) % dialogues.n_turns()));
      QUERN_ASSIGN(std::string text, dialogues.text(place));
      if (texts.insert(std::move(text)).second) set.candidates.push_back(place);
    }
    out.push_back(std::move(set));
  }
  return out;
}

std::vector<ChoiceSet> choice_sets(std::span<const DialogueVectors> dialogues, int n_candidates,
                                   std::uint64_t seed) {
  std::vector<TurnPlace> asked;
  for (std::size_t i = 0; i < dialogues.size(); ++i) {
    for (std::size_t t = 0; t + 1 < dialogues[i].n_turns(); ++t) asked.push_back({i, t});
  }
  // Nothing fails in memory.
  return *choice_sets(DialoguesInMemory(dialogues), asked, n_candidates, seed);
}

}  // namespace quern::apps
