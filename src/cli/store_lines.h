// What goes into a store and comes out of it as text: field lists, JSON lines of documents and
// queries, lines of a TREC run.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/hit_highlights.h"
#include "cli/store_counts.h"
#include "store/grouped_search.h"
#include "store/schema.h"
#include "store/text_search.h"

namespace quern::cli {

/// Fields from "title^2,text" (two, one of them boosted) or "title+text" (one, of both joined).
/// Errors: kBadInput for a boost that is no number; what check_schema says.
Result<store::Schema> schema_from_flags(std::string_view fields, const std::string& analyzer,
                                        float k1, float b);

/// From "year:integer,lang:keyword". Empty: none.
/// Errors: kBadInput naming what has no type, or one that is not known.
Result<std::vector<store::Attribute>> attributes_from_flag(std::string_view text);

/// A document from {"id" or "_id", and fields and attributes by name}. Its key is the id, text or
/// integer; a field's joined parts have a space between; what a hit gives back is the line. An
/// attribute may be a list of values, or be missing.
///
/// Its parent (the file or paper that it is a part of) is "parent", with which the id begins,
/// unless the schema uses that name; without one, what of the id is before the last
/// `parent_separator`, where that is not empty and in it. Errors: kBadInput naming what is missing
/// or of the wrong kind.
Result<store::Document> document_from_line(std::string_view line, const store::Schema& schema,
                                           std::string_view parent_separator = {});

struct QueryLine {
  std::string id;
  std::string text;
};

/// A query from {"id" or "_id", "text"}. Errors: as document_from_line.
Result<QueryLine> query_from_line(std::string_view line);

/// "QUERY Q0 KEY RANK SCORE quern" for each hit. Errors: kBadInput for an id or a key with white
/// space in it, or with nothing.
Status append_run_lines(std::string_view query_id, const std::vector<store::Hit>& hits,
                        std::string& out);

/// "QUERY Q0 PARENT RANK SCORE quern" for each group. Errors: as append_run_lines.
Status append_group_run_lines(std::string_view query_id, const std::vector<store::GroupHit>& groups,
                              std::string& out);

/// "RANK<tab>SCORE<tab>PARENT<tab>how many were found" for each group, and behind it for each of
/// its children "<tab>SCORE<tab>KEY<tab>a part of the document".
void append_group_lines(const std::vector<store::GroupHit>& groups, HitHighlights* highlights,
                        std::string& out);

/// As append_result_json, with "groups":[{"parent","score","found","hits":[...]}] for the hits.
void append_grouped_json(const QueryLine& query, const store::GroupedResult& result,
                         std::span<const AttributeCounts> counts, HitHighlights* highlights,
                         double search_ms, std::string& out);

/// "RANK<tab>SCORE<tab>KEY<tab>a part of the document" for each hit: what answers the question, or
/// without `highlights` the beginning.
void append_hit_lines(const std::vector<store::Hit>& hits, HitHighlights* highlights,
                      std::string& out);

/// {"id":..., "query":..., "hits":[{"key","score","document","highlights"}], "generation":...};
/// what is not there is left out, "counts" too.
void append_result_json(const QueryLine& query, const store::TextSearchResult& result,
                        std::span<const AttributeCounts> counts, HitHighlights* highlights,
                        double search_ms, std::string& out);

}  // namespace quern::cli
