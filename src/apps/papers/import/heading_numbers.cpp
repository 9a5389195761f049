#include "apps/papers/import/heading_numbers.h"

#include <algorithm>

namespace quern::apps {
namespace {

// Numbers go on where one heading was not seen.
constexpr int kMostMissed = 1;

int roman_value(std::string_view text) {
  int out = 0, before = 0;
  for (const char c : text) {
    const int value = c == 'I' ? 1 : c == 'V' ? 5 : c == 'X' ? 10 : c == 'L' ? 50 : 0;
    if (value == 0) return 0;
    out += value > before ? value - 2 * before : value;
    before = value;
  }
  return out;
}

int arabic_value(std::string_view text) {
  int out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || out > 999) return 0;
    out = 10 * out + (c - '0');
  }
  return out;
}

}  // namespace

// "2.1", "A.3", "A3", "IV"; below a Roman number a letter is the second level. Empty: no number.
HeadingNumbers::Parts HeadingNumbers::parts_of(std::string_view number) const {
  Parts out;
  while (!number.empty()) {
    const std::size_t n = std::min(number.find('.'), number.size());
    const std::string_view part = number.substr(0, n);
    const bool is_letter = part.size() == 1 && part[0] >= 'A' && part[0] <= 'Z';
    const bool is_sub_letter = is_roman_ && is_letter && out.empty() && !last_.empty();
    if (const int value = arabic_value(part); value > 0) {
      out.push_back({NumberKind::kArabic, value});
    } else if (const int roman = roman_value(part);
               out.empty() && roman > 0 && (part.size() > 1 || is_next_roman(roman))) {
      out.push_back({NumberKind::kRoman, roman});
    } else if (is_sub_letter) {
      out.push_back(last_[0]);
      out.push_back({NumberKind::kLetter, part[0] - 'A' + 1});
    } else if (is_letter && out.empty()) {
      out.push_back({NumberKind::kLetter, part[0] - 'A' + 1});
    } else if (out.empty() && part.size() > 1 && part[0] >= 'A' && part[0] <= 'Z') {
      out.push_back({NumberKind::kLetter, part[0] - 'A' + 1});
      out.push_back({NumberKind::kArabic, arabic_value(part.substr(1))});
    } else {
      return {};
    }
    number.remove_prefix(std::min(n + 1, number.size()));
  }
  return out;
}

// I, V and X are letters, too: which it is shows what came before.
bool HeadingNumbers::is_next_roman(int value) const {
  if (last_.empty()) return value == 1;
  return is_roman_ && value > last_[0].value && value <= last_[0].value + 1 + kMostMissed;
}

bool HeadingNumbers::may_follow(std::string_view number) const {
  const Parts parts = parts_of(number);
  if (parts.empty()) return false;
  std::size_t n_same = 0;
  while (n_same < parts.size() && n_same < last_.size() && parts[n_same] == last_[n_same]) ++n_same;
  if (n_same == parts.size()) return false;
  // All that stands below the first part that differs begins again.
  for (std::size_t i = n_same + 1; i < parts.size(); ++i) {
    if (parts[i].value > 1) return false;
  }
  const Part& part = parts[n_same];
  const bool has_before = n_same < last_.size() && last_[n_same].kind == part.kind;
  const int before = has_before ? last_[n_same].value : 0;
  if (n_same == 0 && !last_.empty() && !has_before) {
    return part.kind == NumberKind::kLetter && part.value == 1;
  }
  return part.value > before && part.value <= before + 1 + kMostMissed;
}

void HeadingNumbers::take(std::string_view number) {
  Parts parts = parts_of(number);
  if (parts.empty()) return;
  is_roman_ = parts[0].kind == NumberKind::kRoman;
  last_ = std::move(parts);
}

}  // namespace quern::apps
