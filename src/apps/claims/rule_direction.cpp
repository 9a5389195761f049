#include "apps/claims/rule_direction.h"

#include <array>
#include <string>
#include <string_view>
#include <unordered_set>

#include "text/analysis/stem.h"

namespace quern::apps {
namespace {

// Chosen by what the words mean, not by counting.
constexpr auto kUp = std::to_array<std::string_view>(
    {"increase",   "high",       "higher",     "greater",   "elevated",  "enhance",   "promote",
     "activate",   "activation", "upregulate", "induce",    "stimulate", "more",      "raise",
     "improve",    "longer",     "rise",       "gain",      "faster",    "better",    "strengthen",
     "accelerate", "facilitate", "favor",      "essential", "require",   "necessary", "susceptible",
     "benefit",    "effective",  "sensitive",  "expand"});
constexpr auto kDown = std::to_array<std::string_view>(
    {"decrease", "low",      "lower",        "less",        "reduce",      "reduction",
     "inhibit",  "suppress", "downregulate", "impair",      "block",       "attenuate",
     "diminish", "fewer",    "decline",      "worse",       "poor",        "shorter",
     "weak",     "slow",     "prevent",      "protect",     "resistant",   "deplete",
     "loss",     "lost",     "abolish",      "dispensable", "deficient",   "knockout",
     "little",   "unlikely", "minimal",      "harmful",     "ineffective", "limit"});

template <std::size_t n>
std::unordered_set<std::string> stems_of(const std::array<std::string_view, n>& words) {
  text::PorterStemmer stemmer;
  std::unordered_set<std::string> stems;
  for (const std::string_view word : words) stems.emplace(stemmer.stem(word));
  return stems;
}

}  // namespace

int direction_of(const RuleText& text) {
  static const std::unordered_set<std::string> up = stems_of(kUp);
  static const std::unordered_set<std::string> down = stems_of(kDown);
  long sum = 0;
  for (const RuleToken& token : text.tokens) {
    if (token.stem.empty()) continue;
    sum += up.contains(token.stem) ? 1 : 0;
    sum -= down.contains(token.stem) ? 1 : 0;
  }
  return sum > 0 ? 1 : sum < 0 ? -1 : 0;
}

}  // namespace quern::apps
