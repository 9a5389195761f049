#include "apps/dialogue/choice_sets.h"

#include <numeric>
#include <string_view>
#include <unordered_set>

#include "base/split_mix.h"

namespace quern::apps {
namespace {

// Draws in vain, before a set is left smaller than was wished.
constexpr int kDrawsEach = 20;

}  // namespace

std::vector<ChoiceSet> choice_sets(std::span<const DialogueVectors> dialogues,
                                   std::span<const std::size_t> asked, int n_candidates,
                                   std::uint64_t seed) {
  std::vector<TurnPlace> all;
  for (std::size_t i = 0; i < dialogues.size(); ++i) {
    for (std::size_t t = 0; t < dialogues[i].n_turns(); ++t) all.push_back({i, t});
  }
  std::vector<ChoiceSet> out;
  std::uint64_t state = seed;
  for (const std::size_t i : asked) {
    for (std::size_t t = 0; t + 1 < dialogues[i].n_turns(); ++t) {
      ChoiceSet set = {.i_dialogue = i, .i_turn = t, .candidates = {{i, t + 1}}};
      std::unordered_set<std::string_view> texts = {dialogues[i].texts[t + 1]};
      const int n_draws = kDrawsEach * n_candidates;
      for (int draw = 0; draw < n_draws && static_cast<int>(set.candidates.size()) < n_candidates;
           ++draw) {
        const TurnPlace place = all[next_split_mix(state) % all.size()];
        if (!texts.insert(dialogues[place.i_dialogue].texts[place.i_turn]).second) continue;
        set.candidates.push_back(place);
      }
      out.push_back(std::move(set));
    }
  }
  return out;
}

std::vector<ChoiceSet> choice_sets(std::span<const DialogueVectors> dialogues, int n_candidates,
                                   std::uint64_t seed) {
  std::vector<std::size_t> all(dialogues.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return choice_sets(dialogues, all, n_candidates, seed);
}

}  // namespace quern::apps
