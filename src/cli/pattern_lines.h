// What a search for a pattern found, as text and JSON.

#pragma once

#include <string>
#include <string_view>

#include "store/pattern_search.h"
#include "store/schema.h"

namespace quern::cli {

/// "KEY<tab>FIELD:LINE<tab>the line" for each line in which a match begins; a long one is cut
/// around its first match.
void append_pattern_lines(const store::PatternSearchResult& result, const store::Schema& schema,
                          bool is_bold, std::string& out);

/// One JSON object, described in docs/patterns.md.
void append_pattern_json(const store::PatternSearch& wanted,
                         const store::PatternSearchResult& result, const store::Schema& schema,
                         double search_ms, std::string& out);

/// What a person should know of the search: that all had to be read, that some are not known.
/// Empty, or lines.
std::string pattern_notes(const store::PatternEffort& effort);

}  // namespace quern::cli
