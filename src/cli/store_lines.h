// What goes into a store and comes out of it as text: field lists, JSON lines of documents and
// queries, lines of a TREC run.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
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
/// Errors: kBadInput naming what is missing or of the wrong kind.
Result<store::Document> document_from_line(std::string_view line, const store::Schema& schema);

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

/// "RANK<tab>SCORE<tab>KEY<tab>the document's beginning" for each hit.
void append_hit_lines(const std::vector<store::Hit>& hits, std::string& out);

/// {"id":..., "query":..., "hits":[{"key","score","document"}], "generation":...}; what is not
/// there is left out.
void append_result_json(const QueryLine& query, const store::TextSearchResult& result,
                        double search_ms, std::string& out);

}  // namespace quern::cli
