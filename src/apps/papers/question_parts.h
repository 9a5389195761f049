// What a question says by rule: when, by whom, and about what.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper_library.h"

namespace quern::apps {

struct QuestionParts {
  std::string text;    // As it was asked, on one line.
  std::string search;  // What is looked for: without what follows, and without "what is", "papers
                       // about", ...
  std::string keywords = {};  // The same for whole papers, in their terms; "": as `search`.
  std::vector<std::string> venues = {};           // Any of; empty: it names none,
  std::vector<std::string> fields_of_study = {};  // likewise.
  std::optional<DayRange> published = {};  // "papers since 2015", "work published between 2000 and
                                           // 2005".
  std::string note = {};                   // For people: what was taken for a filter.
};

/// Years are a filter only where the question speaks of papers, work, studies, ... of then, or asks
/// for what was published then: "In 2003, Och proposed ..." is none. `this_year` is for "the last
/// five years".
QuestionParts parts_of_question(std::string_view question, int this_year);

}  // namespace quern::apps
