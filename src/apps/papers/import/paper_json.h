// A paper from one object of JSON, in any of the forms that data sets of papers have. Which form it
// is, its fields tell: docs/papers_import.md.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper.h"
#include "base/status.h"

namespace quern::apps {

/// A paper and what its data set calls it; "": nothing.
struct PaperRecord {
  Paper paper;
  std::string key = {};
};

/// Knows S2ORC (of 2020, its tools' output, the annotated one and its second version), the data
/// sets and the Graph API of Semantic Scholar, arXiv's metadata, entries of the ACL Anthology and
/// of BibTeX as JSON, CSL, ScisummNet, SciFact, and what has a title or a text. Fields of another
/// kind than they should be are not there. Errors: kBadInput.
Result<PaperRecord> paper_record_from_json(std::string_view line);

Result<Paper> paper_from_json(std::string_view line);

/// The objects of an answer that has several in a list, as the Graph API's and Crossref's do: under
/// "data", "papers", "items", "results" or "matches", also within "message"; of an item about a
/// citation its paper. Empty where the object is no such answer.
std::vector<std::string> records_within_json(std::string_view object);

}  // namespace quern::apps
