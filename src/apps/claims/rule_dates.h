// Dates as they are written: "2020-03-12", "12 March 2020", "March 12, 2020", "March 2020", "in
// 2020", "the 1990s".

#pragma once

#include <string>
#include <vector>

#include "apps/claims/rule_text.h"

namespace quern::apps {

struct RuleDate {
  ByteSpan span;
  int year = 0;   // 0: not said; so with the others.
  int month = 0;  // 1 to 12.
  int day = 0;
  bool is_decade = false;       // The year is its first one.
  std::size_t first_token = 0;  // Its tokens,
  std::size_t end_token = 0;    // the one behind them.
};

/// In order. Cost: linear.
std::vector<RuleDate> find_dates(const RuleText& text);

/// Nothing that both say is different.
bool is_same_date(const RuleDate& a, const RuleDate& b);

}  // namespace quern::apps
