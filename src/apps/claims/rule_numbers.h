// Numbers as they are written: digits, words, both ("1.2 thousand").

#pragma once

#include <cstddef>
#include <optional>

#include "apps/claims/rule_text.h"

namespace quern::apps {

struct RuleNumber {
  double value = 0;
  double slack = 0;     // Half of the last digit that is written: what rounding may have taken.
  std::size_t end = 0;  // The token behind it.
};

/// The number that begins at token `i`; nothing for one that is a part of a name ("IL-6", "CD4",
/// "5-HT", "[12]"), an ordinal, or a fraction.
std::optional<RuleNumber> number_at(const RuleText& text, std::size_t i);

/// True for digits that are glued to a word which is no unit, before or behind them.
bool is_in_name(const RuleText& text, std::size_t i);

}  // namespace quern::apps
