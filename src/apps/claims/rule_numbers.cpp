#include "apps/claims/rule_numbers.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "apps/claims/rule_units.h"

namespace quern::apps {
namespace {

struct NumberWord {
  std::string_view word;
  double value;
};

// "one" says too many other things, unless it counts thousands.
constexpr auto kUnder20 = std::to_array<NumberWord>({
    {"two", 2},
    {"three", 3},
    {"four", 4},
    {"five", 5},
    {"six", 6},
    {"seven", 7},
    {"eight", 8},
    {"nine", 9},
    {"ten", 10},
    {"eleven", 11},
    {"twelve", 12},
    {"thirteen", 13},
    {"fourteen", 14},
    {"fifteen", 15},
    {"sixteen", 16},
    {"seventeen", 17},
    {"eighteen", 18},
    {"nineteen", 19},
});
constexpr auto kTens = std::to_array<NumberWord>({
    {"twenty", 20},
    {"thirty", 30},
    {"forty", 40},
    {"fifty", 50},
    {"sixty", 60},
    {"seventy", 70},
    {"eighty", 80},
    {"ninety", 90},
});
constexpr auto kScales = std::to_array<NumberWord>({
    {"hundred", 1e2},
    {"thousand", 1e3},
    {"million", 1e6},
    {"billion", 1e9},
    {"trillion", 1e12},
});

template <std::size_t n>
double find_value(const std::array<NumberWord, n>& words, std::string_view word) {
  const auto* found = std::find_if(words.begin(), words.end(),
                                   [word](const NumberWord& w) { return w.word == word; });
  return found == words.end() ? 0 : found->value;
}

double word_value(const RuleText& text, std::size_t i, double (*find)(std::string_view word)) {
  return text.at(i).kind == RuleTokenKind::kWord ? find(text.at(i).text) : 0;
}
double under_20(std::string_view word) { return find_value(kUnder20, word); }
double tens(std::string_view word) { return find_value(kTens, word); }
double scale(std::string_view word) { return find_value(kScales, word); }

/// Takes "thousand", "hundred million" into it.
void take_scales(const RuleText& text, RuleNumber& number, bool has_decimals) {
  double all = 1;
  // Two at most: "hundred thousand". More say nothing.
  for (int n = 0; n < 2; ++n) {
    const double by = word_value(text, number.end, scale);
    if (by == 0) break;
    all *= by;
    ++number.end;
  }
  if (all == 1) return;
  number.value *= all;
  // "2 million" is not said of 2.4 million, and neither is "five hundred" of 540.
  number.slack *= has_decimals ? all : all / 10;
}

std::optional<RuleNumber> spelt_at(const RuleText& text, std::size_t i) {
  RuleNumber number = {.value = 0, .slack = 0.5, .end = i + 1};
  if (const double ten = word_value(text, i, tens); ten > 0) {
    number.value = ten;
    const std::size_t next = text.is_mark(i + 1, "-") ? i + 2 : i + 1;
    const double one = word_value(text, next, under_20);
    if (one > 0 && one < 10) {
      number.value += one;
      number.end = next + 1;
    } else if (text.is_word(next, "one")) {
      number.value += 1;
      number.end = next + 1;
    }
  } else if (const double few = word_value(text, i, under_20); few > 0) {
    number.value = few;
  } else if (text.is_word(i, "one") && word_value(text, i + 1, scale) > 0) {
    number.value = 1;
  } else {
    return {};
  }
  take_scales(text, number, /*has_decimals=*/false);
  return number;
}

bool is_glue(const RuleText& text, std::size_t i) {
  return text.is_mark(i, "-") || text.is_mark(i, "/") || text.is_mark(i, ":");
}

bool ends_name(const RuleText& text, std::size_t i) {
  if (i == 0 || !text.at(i).touches_last) return false;
  if (text.at(i - 1).kind == RuleTokenKind::kWord) return true;
  // "IL-6", "1/2", "[3": but not "10-20".
  if (text.is_mark(i - 1, "[") || text.is_mark(i - 1, "/")) return true;
  return i >= 2 && is_glue(text, i - 1) && text.at(i - 1).touches_last &&
         text.at(i - 2).kind == RuleTokenKind::kWord && find_unit(text.at(i - 2).text) == nullptr;
}

bool begins_name(const RuleText& text, std::size_t i) {
  const RuleToken& next = text.at(i + 1);
  if (!next.touches_last) return false;
  if (next.kind == RuleTokenKind::kWord) {
    return find_unit(next.text) == nullptr && scale(next.text) == 0;
  }
  if (text.is_mark(i + 1, "/") || text.is_mark(i + 1, "]")) return true;
  if (!text.is_mark(i + 1, "-") || !text.at(i + 2).touches_last) return false;
  return text.at(i + 2).kind == RuleTokenKind::kWord && find_unit(text.at(i + 2).text) == nullptr &&
         scale(text.at(i + 2).text) == 0;
}

}  // namespace

bool is_in_name(const RuleText& text, std::size_t i) {
  return ends_name(text, i) || begins_name(text, i);
}

std::optional<RuleNumber> number_at(const RuleText& text, std::size_t i) {
  const RuleToken& token = text.at(i);
  if (token.kind == RuleTokenKind::kWord) return spelt_at(text, i);
  if (token.kind != RuleTokenKind::kNumber || is_in_name(text, i)) return {};
  RuleNumber number = {.value = token.value, .slack = 0.5, .end = i + 1};
  for (int n = 0; n < token.n_decimals; ++n) number.slack /= 10;
  take_scales(text, number, token.n_decimals > 0);
  return number;
}

}  // namespace quern::apps
