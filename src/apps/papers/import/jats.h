// Papers from JATS and NLM XML, as PubMed Central and publishers keep them. Source: JATS 1.3
// (ANSI/NISO Z39.96), by pugixml.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper.h"
#include "base/status.h"

namespace quern::apps {

inline constexpr std::size_t kMaxJatsFileBytes = std::size_t{32} << 20;

/// Elements stand no deeper in each other.
inline constexpr int kMaxJatsDepth = 100;

/// The articles of a file, one or several within another element: ids, title, authors with their
/// affiliations, dates, journal, abstract, licence, sections, references with the sentences that
/// cite them. Formulas, figures and tables are left out. Entities that a document type declares are
/// not read, from wherever: nothing is fetched, nothing grows. Errors: kBadInput (no XML, saying at
/// which byte; no article in it; too deep).
Result<std::vector<Paper>> papers_of_jats(std::string_view xml);

}  // namespace quern::apps
