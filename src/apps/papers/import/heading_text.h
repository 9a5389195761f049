// A heading's number, apart from its words.

#pragma once

#include <string>
#include <string_view>

#include "apps/papers/paper.h"

namespace quern::apps {

struct HeadingText {
  std::string number = {};  // "2.1", "A.1", "IV"; without a stop at its end.
  std::string words = {};

  bool operator==(const HeadingText&) const = default;
};

/// "2.1 Related Work", "IV. RESULTS", "A Proofs" is none with a number: a letter is one only with a
/// stop or a figure behind it.
HeadingText heading_text_of(std::string_view line);

/// True for the words of a heading above a bibliography: "References".
bool is_bibliography_heading(std::string_view words);

}  // namespace quern::apps
