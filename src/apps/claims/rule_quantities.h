// What a text measures or counts: numbers with their units, "more than" and "about", ranges.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/claims/rule_dates.h"
#include "apps/claims/rule_text.h"
#include "apps/claims/rule_units.h"

namespace quern::apps {

enum class RuleBound { kExact, kAbout, kMore, kLess };

struct RuleQuantity {
  ByteSpan span;
  double first = 0;  // As written,
  double last = 0;   // the same where it is no range.
  double slack = 0;  // Of both, as RuleNumber.
  RuleBound bound = RuleBound::kExact;
  const RuleUnit* unit = nullptr;  // Null: a plain number.
  std::string per = {};            // "dl" of "mg/dl".
  // Stems of the words next to it, which tell what is counted.
  std::vector<std::string> before = {};
  std::vector<std::string> after = {};

  /// In the first unit of what it measures.
  double in_unit(double value) const;
};

/// In order, without numbers in dates, names, p-values and confidence levels. Cost: linear.
std::vector<RuleQuantity> find_quantities(const RuleText& text, std::span<const RuleDate> dates);

/// Of one unit's quantity, so that they can be compared.
bool is_same_kind(const RuleQuantity& a, const RuleQuantity& b);

/// Both can be said of one thing: equal but for rounding, about equal (10 %) where one says
/// "about", overlapping where they are ranges or bounds; two bounds of one side are the same only
/// where they are equal.
bool is_same_amount(const RuleQuantity& a, const RuleQuantity& b);

}  // namespace quern::apps
