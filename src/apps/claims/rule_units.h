// Units that claims measure in, and what one is of another.

#pragma once

#include <string_view>

namespace quern::apps {

struct RuleUnit {
  std::string_view name;      // "mg", as it is shown.
  std::string_view quantity;  // "mass": units of one can be turned into each other.
  double factor = 1;          // To the quantity's first unit.
  double offset = 0;          // Added before that: temperatures.
};

/// By a word in lower case, as rule_text.h gives it, in singular or plural; null where it is none.
/// Single letters that mean many things ("m", "s", "c") are units only beside a number.
const RuleUnit* find_unit(std::string_view word);

/// "%": parts of a hundred.
const RuleUnit& percent_unit();

}  // namespace quern::apps
