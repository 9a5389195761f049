// Numbers of headings as they follow from each other.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quern::apps {

/// How headings are numbered at one level.
enum class NumberKind { kArabic, kRoman, kLetter };

class HeadingNumbers {
 public:
  /// True for a number that may come next: the next of its level or, where one heading may have
  /// been missed, the one behind it; the first one below the last; A after all numbers.
  bool may_follow(std::string_view number) const;

  /// It stood there.
  void take(std::string_view number);

 private:
  struct Part {
    NumberKind kind = NumberKind::kArabic;
    int value = 0;
    bool operator==(const Part&) const = default;
  };
  using Parts = std::vector<Part>;

  Parts parts_of(std::string_view number) const;
  bool is_next_roman(int value) const;

  Parts last_;
  bool is_roman_ = false;  // Of the first level: letters are a level of their own then.
};

}  // namespace quern::apps
