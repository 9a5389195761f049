#include "apps/claims/rule_quantities.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "apps/claims/rule_numbers.h"

namespace quern::apps {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kAboutShare = 0.1;
// Between units of different systems, and days and months, people round.
constexpr double kConversionShare = 0.02;
constexpr double kNothing = 1e-9;

// Words on either side that tell what is counted, and how far to look for them.
constexpr std::size_t kContextAfter = 4;
constexpr std::size_t kContextBefore = 3;
constexpr std::size_t kContextTokens = 10;

template <std::size_t n>
bool is_one_of(const RuleToken& token, const std::array<std::string_view, n>& words) {
  return token.kind == RuleTokenKind::kWord &&
         std::find(words.begin(), words.end(), token.text) != words.end();
}

constexpr std::array<std::string_view, 8> kMoreThan = {"more",   "greater", "higher",  "larger",
                                                       "longer", "older",   "heavier", "bigger"};
constexpr std::array<std::string_view, 7> kLessThan = {"less",    "fewer",   "lower",  "smaller",
                                                       "shorter", "younger", "lighter"};
constexpr std::array<std::string_view, 5> kAbove = {"over", "above", "exceeding", "beyond",
                                                    "exceeds"};
constexpr std::array<std::string_view, 3> kBelow = {"under", "below", "within"};
constexpr std::array<std::string_view, 10> kRoughly = {
    "about",  "approximately", "around", "roughly",   "nearly",
    "almost", "some",          "circa",  "estimated", "approx"};

/// What the words before token `i` say of it, and where they begin.
struct Bound {
  RuleBound bound = RuleBound::kExact;
  std::size_t first = 0;
};

Bound bound_before(const RuleText& text, std::size_t i) {
  const auto mark = [&](std::string_view a) { return text.is_mark(i - 1, a); };
  if (mark(">") || mark(">=")) return {RuleBound::kMore, i - 1};
  if (mark("<") || mark("<=")) return {RuleBound::kLess, i - 1};
  if (mark("~")) return {RuleBound::kAbout, i - 1};
  const RuleToken& last = text.at(i - 1);
  if (text.is_word(i - 1, "than")) {
    const bool is_more = is_one_of(text.at(i - 2), kMoreThan);
    const bool is_less = is_one_of(text.at(i - 2), kLessThan);
    // "no less than": at least.
    const bool is_turned = text.is_word(i - 3, "no") || text.is_word(i - 3, "not");
    const std::size_t first = is_turned ? i - 3 : i - 2;
    if (is_more || is_less) {
      return {is_more != is_turned ? RuleBound::kMore : RuleBound::kLess, first};
    }
  }
  if (text.is_word(i - 2, "at")) {
    if (text.is_word(i - 1, "least")) return {RuleBound::kMore, i - 2};
    if (text.is_word(i - 1, "most")) return {RuleBound::kLess, i - 2};
  }
  if (text.is_word(i - 2, "up") && text.is_word(i - 1, "to")) return {RuleBound::kLess, i - 2};
  if (is_one_of(last, kAbove)) return {RuleBound::kMore, i - 1};
  if (is_one_of(last, kBelow)) return {RuleBound::kLess, i - 1};
  if (is_one_of(last, kRoughly)) return {RuleBound::kAbout, i - 1};
  return {RuleBound::kExact, i};
}

struct UnitHere {
  const RuleUnit* unit = nullptr;
  std::string per = {};
  std::size_t end = 0;
};

std::string name_of_per(const RuleText& text, std::size_t i) {
  const RuleUnit* unit = find_unit(text.at(i).text);
  return unit != nullptr ? std::string(unit->name) : text.at(i).text;
}

/// The unit at token `i`, behind a number: "%", "per cent", "mg", "-year", "mg/dl", "°C".
UnitHere unit_at(const RuleText& text, std::size_t i) {
  if (text.is_mark(i, "%") || text.is_word(i, "percent") || text.is_word(i, "percentage")) {
    return {&percent_unit(), {}, i + 1};
  }
  if (text.is_word(i, "per") && text.is_word(i + 1, "cent")) return {&percent_unit(), {}, i + 2};
  if (text.is_mark(i, "deg")) {
    if (text.is_word(i + 1, "c")) return {find_unit("celsius"), {}, i + 2};
    if (text.is_word(i + 1, "f")) return {find_unit("fahrenheit"), {}, i + 2};
    return {nullptr, {}, i};
  }
  const std::size_t at = text.is_mark(i, "-") && text.at(i).touches_last ? i + 1 : i;
  if (text.at(at).kind != RuleTokenKind::kWord) return {nullptr, {}, i};
  const RuleUnit* unit = find_unit(text.at(at).text);
  if (unit == nullptr) return {nullptr, {}, i};
  UnitHere here = {unit, {}, at + 1};
  const bool is_ratio =
      (text.is_mark(at + 1, "/") && text.at(at + 1).touches_last) || text.is_word(at + 1, "per");
  if (is_ratio && text.at(at + 2).kind == RuleTokenKind::kWord) {
    here.per = name_of_per(text, at + 2);
    here.end = at + 3;
  }
  return here;
}

/// "P < 0.05", "95 % CI", "± 3": of statistics, not of the world.
bool is_statistic(const RuleText& text, std::size_t i, std::size_t end) {
  if (text.is_mark(i - 1, "+-")) return true;
  const bool is_compared = text.is_mark(i - 1, "<") || text.is_mark(i - 1, ">") ||
                           text.is_mark(i - 1, "=") || text.is_mark(i - 1, "<=") ||
                           text.is_mark(i - 1, ">=");
  if (is_compared && text.is_word(i - 2, "p")) return true;
  return text.is_word(end, "ci") || text.is_word(end, "cis") || text.is_word(end, "confidence");
}

void add_context(const RuleText& text, std::size_t first, std::size_t end, RuleQuantity& out) {
  const auto add = [](const RuleToken& token, std::vector<std::string>& stems, std::size_t most) {
    if (!token.stem.empty() && stems.size() < most) stems.push_back(token.stem);
  };
  for (std::size_t i = end; i < std::min(end + kContextTokens, text.tokens.size()); ++i) {
    add(text.tokens[i], out.after, kContextAfter);
  }
  for (std::size_t i = first; i > 0 && first - i < kContextTokens; --i) {
    add(text.tokens[i - 1], out.before, kContextBefore);
  }
}

/// The second number of "10-20", "10 to 20", "between 10 and 20"; `i` is behind the first one.
std::optional<RuleNumber> range_end(const RuleText& text, std::size_t first, std::size_t i) {
  const bool is_dash = text.is_mark(i, "-") && text.at(i + 1).kind == RuleTokenKind::kNumber;
  const bool is_to = text.is_word(i, "to");
  const bool is_and = text.is_word(i, "and") && text.is_word(first - 1, "between");
  if (!is_dash && !is_to && !is_and) return {};
  return number_at(text, i + 1);
}

/// The quantity that begins at token `i`; `end` is set behind it.
std::optional<RuleQuantity> quantity_at(const RuleText& text, std::size_t i, std::size_t& end) {
  const std::optional<RuleNumber> number = number_at(text, i);
  if (!number) return {};
  RuleQuantity out = {
      .span = {}, .first = number->value, .last = number->value, .slack = number->slack};
  UnitHere unit = unit_at(text, number->end);
  end = std::max(unit.end, number->end);
  if (const auto second = range_end(text, i, end)) {
    const UnitHere of_second = unit_at(text, second->end);
    const bool agrees = unit.unit == nullptr || of_second.unit == unit.unit;
    if (agrees && second->value >= number->value) {
      out.last = second->value;
      out.slack = std::max(out.slack, second->slack);
      unit = of_second;
      end = std::max(unit.end, second->end);
    }
  }
  if (is_statistic(text, i, end)) return {};
  const Bound bound = bound_before(text, i);
  out.bound = bound.bound;
  out.unit = unit.unit;
  out.per = unit.per;
  out.span = {text.at(i).span.begin, text.at(end - 1).span.end};
  add_context(text, bound.first, end, out);
  return out;
}

struct Interval {
  double low = 0;
  double high = 0;
};

Interval interval_of(const RuleQuantity& q) {
  Interval out = {q.in_unit(q.first), q.in_unit(q.last)};
  if (q.bound == RuleBound::kMore) out.high = kInfinity;
  if (q.bound == RuleBound::kLess) out.low = -kInfinity;
  if (q.bound == RuleBound::kAbout) {
    out.low -= kAboutShare * std::abs(out.low);
    out.high += kAboutShare * std::abs(out.high);
  }
  return out;
}

/// How far two may be apart: what rounding took from the one that is written with fewer digits.
double tolerance(const RuleQuantity& a, const RuleQuantity& b) {
  const auto slack_of = [](const RuleQuantity& q) {
    return q.unit == nullptr ? q.slack : q.slack * q.unit->factor;
  };
  const double size = std::max(std::abs(a.in_unit(a.last)), std::abs(b.in_unit(b.last)));
  const double slack_a = slack_of(a);
  const double slack_b = slack_of(b);
  double out = size * kNothing;
  if (std::abs(slack_a - slack_b) > kNothing * slack_a) out += std::max(slack_a, slack_b);
  if (a.unit != b.unit && a.unit != nullptr && b.unit != nullptr && a.unit->name != b.unit->name) {
    out += size * kConversionShare;
  }
  return out;
}

}  // namespace

double RuleQuantity::in_unit(double value) const {
  return unit == nullptr ? value : (value + unit->offset) * unit->factor;
}

std::vector<RuleQuantity> find_quantities(const RuleText& text, std::span<const RuleDate> dates) {
  std::vector<RuleQuantity> found;
  auto date = dates.begin();
  for (std::size_t i = 0; i < text.tokens.size();) {
    while (date != dates.end() && date->end_token <= i) ++date;
    if (date != dates.end() && date->first_token <= i) {
      i = date->end_token;
      continue;
    }
    std::size_t end = i + 1;
    if (auto quantity = quantity_at(text, i, end)) found.push_back(std::move(*quantity));
    i = end;
  }
  return found;
}

bool is_same_kind(const RuleQuantity& a, const RuleQuantity& b) {
  if ((a.unit == nullptr) != (b.unit == nullptr)) return false;
  return a.unit == nullptr || (a.unit->quantity == b.unit->quantity && a.per == b.per);
}

bool is_same_amount(const RuleQuantity& a, const RuleQuantity& b) {
  const double most = tolerance(a, b);
  const bool is_bound = a.bound == RuleBound::kMore || a.bound == RuleBound::kLess;
  if (is_bound && a.bound == b.bound) {
    return std::abs(a.in_unit(a.first) - b.in_unit(b.first)) <= most &&
           std::abs(a.in_unit(a.last) - b.in_unit(b.last)) <= most;
  }
  const Interval x = interval_of(a);
  const Interval y = interval_of(b);
  return x.low <= y.high + most && y.low <= x.high + most;
}

}  // namespace quern::apps
