#include "apps/claims/rule_dates.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "apps/claims/rule_numbers.h"
#include "apps/claims/rule_units.h"

namespace quern::apps {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

// A bare number of four digits is a year behind these.
constexpr std::array<std::string_view, 21> kBeforeYear = {
    "in",      "since", "during", "until", "till",    "before", "after",
    "by",      "from",  "to",     "and",   "of",      "year",   "early",
    "between", "late",  "mid",    "circa", "through", "around", "about"};
// And behind these, whatever follows it.
constexpr std::array<std::string_view, 8> kOnlyBeforeYear = {"since", "during", "until", "till",
                                                             "year",  "early",  "late",  "mid"};

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

int month_at(const RuleText& text, std::size_t i) {
  const RuleToken& token = text.at(i);
  if (token.kind != RuleTokenKind::kWord || token.text.size() < 3) return 0;
  for (std::size_t m = 0; m < kMonths.size(); ++m) {
    const bool is_short = token.text.size() == 3 || token.text == "sept";
    if (token.text == kMonths[m] || (is_short && kMonths[m].starts_with(token.text))) {
      return static_cast<int>(m) + 1;
    }
  }
  return 0;
}

bool is_plain(const RuleToken& token) {
  return token.kind == RuleTokenKind::kNumber && token.n_decimals == 0 && !token.has_groups;
}

int digits_at(const RuleText& text, std::size_t i, std::size_t n_digits, int least, int most) {
  const RuleToken& token = text.at(i);
  const std::size_t n = token.span.end - token.span.begin;
  const bool fits = is_plain(token) && (n == n_digits || (n_digits == 2 && n == 1)) &&
                    token.value >= least && token.value <= most;
  return fits ? static_cast<int>(token.value) : 0;
}

int year_at(const RuleText& text, std::size_t i) { return digits_at(text, i, 4, 1000, 2200); }
int day_at(const RuleText& text, std::size_t i) { return digits_at(text, i, 2, 1, 31); }

RuleDate date_of(const RuleText& text, std::size_t first, std::size_t end) {
  return {.span = {text.at(first).span.begin, text.at(end - 1).span.end},
          .first_token = first,
          .end_token = end};
}

std::optional<RuleDate> iso_at(const RuleText& text, std::size_t i) {
  const int year = year_at(text, i);
  if (year == 0 || !text.is_mark(i + 1, "-") || !text.is_mark(i + 3, "-")) return {};
  for (std::size_t k = i + 1; k <= i + 4; ++k) {
    if (!text.at(k).touches_last) return {};
  }
  RuleDate date = date_of(text, i, i + 5);
  date.year = year;
  date.month = digits_at(text, i + 2, 2, 1, 12);
  date.day = digits_at(text, i + 4, 2, 1, 31);
  return date.month > 0 && date.day > 0 ? std::optional(date) : std::nullopt;
}

/// "st", "nd", "rd", "th" and "of" behind a day.
std::size_t skip_ordinal(const RuleText& text, std::size_t i) {
  const bool is_ordinal =
      text.at(i).touches_last && (text.is_word(i, "st") || text.is_word(i, "nd") ||
                                  text.is_word(i, "rd") || text.is_word(i, "th"));
  if (is_ordinal) ++i;
  return text.is_word(i, "of") ? i + 1 : i;
}

/// "12 March", "12th of March 2020".
std::optional<RuleDate> day_first_at(const RuleText& text, std::size_t i) {
  const int day = day_at(text, i);
  if (day == 0) return {};
  const std::size_t at_month = skip_ordinal(text, i + 1);
  const int month = month_at(text, at_month);
  if (month == 0) return {};
  const std::size_t at_year = text.is_mark(at_month + 1, ",") ? at_month + 2 : at_month + 1;
  const int year = year_at(text, at_year);
  RuleDate date = date_of(text, i, year > 0 ? at_year + 1 : at_month + 1);
  date.day = day;
  date.month = month;
  date.year = year;
  return date;
}

/// "March 2020", "March 12", "March 12, 2020".
std::optional<RuleDate> month_first_at(const RuleText& text, std::size_t i) {
  const int month = month_at(text, i);
  if (month == 0) return {};
  const std::size_t at_year = text.is_mark(i + 1, ",") ? i + 2 : i + 1;
  if (const int year = year_at(text, at_year); year > 0) {
    RuleDate date = date_of(text, i, at_year + 1);
    date.month = month;
    date.year = year;
    return date;
  }
  const int day = day_at(text, i + 1);
  // "may 5 patients" is none.
  if (day == 0 || text.at(i).text == "may" || find_unit(text.at(i + 2).text) != nullptr) return {};
  std::size_t end = skip_ordinal(text, i + 2);
  if (text.is_mark(end, ",")) ++end;
  const int year = year_at(text, end);
  RuleDate date = date_of(text, i, year > 0 ? end + 1 : i + 2);
  date.month = month;
  date.day = day;
  date.year = year;
  return date;
}

std::optional<RuleDate> decade_at(const RuleText& text, std::size_t i) {
  const int year = year_at(text, i);
  std::size_t at = i + 1;
  if (text.is_mark(at, "'") && text.at(at).touches_last) ++at;
  if (year == 0 || year % 10 != 0 || !text.is_word(at, "s") || !text.at(at).touches_last) return {};
  RuleDate date = date_of(text, i, at + 1);
  date.year = year;
  date.is_decade = true;
  return date;
}

/// What stands behind a number says whether it counts something: a unit, or a word in the plural.
bool counts(const RuleText& text, std::size_t i_next) {
  constexpr std::array<std::string_view, 5> kPlurals = {"people", "men", "women", "children",
                                                        "mice"};
  const RuleToken& next = text.at(i_next);
  if (text.is_mark(i_next, "%") || text.is_mark(i_next, "deg")) return true;
  if (next.kind != RuleTokenKind::kWord || next.stem.empty()) return false;
  return find_unit(next.text) != nullptr || next.text.ends_with('s') ||
         is_one_of(kPlurals, next.text);
}

std::optional<RuleDate> bare_year_at(const RuleText& text, std::size_t i, bool follows_year) {
  const int year = digits_at(text, i, 4, 1500, 2100);
  if (year == 0 || is_in_name(text, i)) return {};
  const RuleToken& before = text.at(i - 1);  // Nothing before the first.
  const bool is_told = before.kind == RuleTokenKind::kWord && is_one_of(kBeforeYear, before.text);
  const bool is_sure =
      before.kind == RuleTokenKind::kWord && is_one_of(kOnlyBeforeYear, before.text);
  const bool is_apart = text.is_mark(i - 1, "(") || text.is_mark(i - 1, ",");
  if (!is_sure && !((is_told || is_apart || follows_year) && !counts(text, i + 1))) return {};
  RuleDate date = date_of(text, i, i + 1);
  date.year = year;
  return date;
}

}  // namespace

std::vector<RuleDate> find_dates(const RuleText& text) {
  std::vector<RuleDate> found;
  for (std::size_t i = 0; i < text.tokens.size();) {
    // "1990-2005": the second one is a year because the first is.
    const bool follows_year = !found.empty() && found.back().year > 0 && i >= 2 &&
                              found.back().end_token + 1 == i && text.is_mark(i - 1, "-");
    std::optional<RuleDate> date = iso_at(text, i);
    if (!date) date = day_first_at(text, i);
    if (!date) date = month_first_at(text, i);
    if (!date) date = decade_at(text, i);
    if (!date) date = bare_year_at(text, i, follows_year);
    if (date) found.push_back(*date);
    i = date ? date->end_token : i + 1;
  }
  return found;
}

bool is_same_date(const RuleDate& a, const RuleDate& b) {
  const auto differs = [](int x, int y) { return x > 0 && y > 0 && x != y; };
  if (differs(a.month, b.month) || differs(a.day, b.day)) return false;
  if (!a.is_decade && !b.is_decade) return !differs(a.year, b.year);
  const auto decade = [](int year) { return year - year % 10; };
  return !differs(decade(a.year), decade(b.year));
}

}  // namespace quern::apps
