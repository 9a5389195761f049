#include "serve/semantic_scholar/paper_filters.h"

#include <fmt/format.h>

#include "apps/papers/paper_dates.h"

namespace quern::serve {
namespace {

using ReadDays = Result<apps::DayRange> (*)(std::string_view);

/// Narrows `out` by a parameter, where there is one.
Problem narrow(const QueryParams& params, std::string_view name, ReadDays read,
               std::optional<apps::DayRange>& out) {
  const std::string_view text = params.value(name);
  if (text.empty()) return {};
  const Result<apps::DayRange> days = read(text);
  if (!days.ok()) return unacceptable(name, text, days.status().message());
  out = out ? apps::common_days(*out, *days) : *days;
  return {};
}

/// What both kinds of filter have.
Problem parse_common(const QueryParams& params, apps::PaperFilter& out) {
  if (Problem problem = parse_published(params, out.published)) return problem;
  if (Problem problem = narrow(params, "year", apps::days_of_years, out.published)) return problem;
  out.venues = params.list("venue");
  out.fields_of_study = params.list("fieldsOfStudy");
  constexpr std::int64_t kMost = std::int64_t{1} << 52;
  return params.read_integer("minCitationCount", 0, kMost, out.min_citations);
}

}  // namespace

Problem parse_published(const QueryParams& params, std::optional<apps::DayRange>& out) {
  return narrow(params, "publicationDateOrYear", apps::days_of_date_range, out);
}

Problem parse_paper_filter(const QueryParams& params, apps::PaperFilter& out) {
  out.publication_types = params.list("publicationTypes");
  out.is_open_access = params.has("openAccessPdf");
  return parse_common(params, out);
}

Problem parse_snippet_filter(const QueryParams& params, apps::PaperFilter& out) {
  out.authors = params.list("authors");
  if (out.authors.size() > kMaxSnippetAuthors) {
    return bad_request(fmt::format("authors: {} are too many, wanted {} at most",
                                   out.authors.size(), kMaxSnippetAuthors),
                       "authors");
  }
  if (const std::string_view text = params.value("insertedBefore"); !text.empty()) {
    const Result<apps::DayRange> days = apps::days_of_date(text);
    if (!days.ok()) return unacceptable("insertedBefore", text, days.status().message());
    out.added_before_day = days->first;
  }
  return parse_common(params, out);
}

}  // namespace quern::serve
