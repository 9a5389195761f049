// What a text denies: words of negation, and the words that they reach.

#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "apps/claims/rule_text.h"

namespace quern::apps {

/// A word that denies ("not", "no", "without", "fails to", "lack of", ...).
struct RuleNegation {
  ByteSpan span;
  std::vector<std::string> scope = {};  // Stems that it reaches, in order.
  // Of those, the first that the other text has to say for it to be denied there. "Without" and
  // "lack of" deny a thing and not a sentence: just the word behind them.
  std::size_t n_first = 3;
};

struct RuleNegations {
  std::vector<RuleNegation> negations;
  // How often each stem of the text is denied where it is denied most: 2 is a double negation.
  std::unordered_map<std::string, int> depth;
};

/// A negation reaches the next six words that say something, up to the end of its clause. "Not
/// only", "no more than" and their like are none. Cost: linear.
RuleNegations find_negations(const RuleText& text);

}  // namespace quern::apps
