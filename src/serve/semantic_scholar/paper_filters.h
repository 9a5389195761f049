// Which papers a request is about: the filters of the API's search routes.

#pragma once

#include "apps/papers/paper_library.h"
#include "serve/semantic_scholar/query_params.h"

namespace quern::serve {

inline constexpr std::size_t kMaxSnippetAuthors = 10;

/// publicationTypes, openAccessPdf, minCitationCount, publicationDateOrYear, year, venue,
/// fieldsOfStudy. Empty ones do not matter; a type or a field that no paper has is no error: it
/// finds nothing. Errors: 400 naming the value.
Problem parse_paper_filter(const QueryParams& params, apps::PaperFilter& out);

/// The same with authors and insertedBefore, without publicationTypes and openAccessPdf. paperIds,
/// which only the library knows, are not read.
Problem parse_snippet_filter(const QueryParams& params, apps::PaperFilter& out);

/// publicationDateOrYear alone.
Problem parse_published(const QueryParams& params, std::optional<apps::DayRange>& out);

}  // namespace quern::serve
