// What comes out of a store as text: hits, JSON, lines of a TREC run.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/json_document.h"
#include "apps/retriever.h"
#include "base/status.h"
#include "cli/hit_highlights.h"
#include "cli/store_counts.h"
#include "store/grouped_search.h"

namespace quern::cli {

/// "QUERY Q0 KEY RANK SCORE quern" for each hit. Where hits were reranked or
/// made diverse scores count down, for
/// readers that go by them and not by ranks. Errors: kBadInput for an id or a key with white space
/// in it, or with nothing.
Status append_run_lines(std::string_view query_id, const apps::Retrieved& answer, std::string& out);

/// "QUERY Q0 PARENT RANK SCORE quern" for each group. Errors: as append_run_lines.
Status append_group_run_lines(std::string_view query_id, const std::vector<store::GroupHit>& groups,
                              std::string& out);

/// "RANK<tab>SCORE<tab>PARENT<tab>how many were found" for each group, and behind it for each of
/// its children "<tab>SCORE<tab>KEY<tab>a part of the document".
void append_group_lines(const std::vector<store::GroupHit>& groups, HitHighlights* highlights,
                        std::string& out);

/// "RANK<tab>SCORE<tab>KEY<tab>a part of the document" for each hit: what answers the question, or
/// without `highlights` the beginning.
void append_hit_lines(const apps::Retrieved& answer, HitHighlights* highlights, std::string& out);

/// {"id":..., "query":..., "hits":[{"key","score","bm25","dense","document","highlights"}], ...};
/// what is not there is left out, "counts" too. Of groups "groups":[{"parent","score","found",
/// "hits":[...]}] for the hits.
void append_result_json(const apps::QueryLine& query, const apps::Retrieved& answer,
                        std::span<const AttributeCounts> counts, HitHighlights* highlights,
                        std::string& out);

}  // namespace quern::cli
