// Authors, and their papers.

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/paper_dates.h"
#include "serve/semantic_scholar/paging.h"
#include "serve/semantic_scholar/paper_call.h"
#include "serve/semantic_scholar/paper_filters.h"
#include "serve/semantic_scholar/paper_writer.h"

namespace quern::serve {
namespace {

constexpr std::size_t kMaxBatchAuthors = 1000;
constexpr std::size_t kMaxAuthorInError = 100;

Status author_not_found(const std::string& id) {
  return {Code::kNotFound,
          fmt::format("Author with id {} not found", id.substr(0, kMaxAuthorInError))};
}

Status write_author_list(PaperCall& call, std::span<const std::optional<apps::KnownAuthor>> authors,
                         const AuthorFields& fields, std::string& out) {
  PaperWriter writer(call.library);
  out += '[';
  for (const auto& author : authors) {
    if (out.back() != '[') out += ',';
    if (author) {
      QUERN_TRY(writer.append_author(*author, fields, out));
    } else {
      out += "null";
    }
  }
  out += ']';
  return {};
}

Status write_author(PaperCall& call, const AuthorFields& fields, std::string& out) {
  QUERN_ASSIGN(const auto found, call.library.authors({&call.rest, 1}));
  if (found.empty() || !found[0]) return author_not_found(call.rest);
  return PaperWriter(call.library).append_author(*found[0], fields, out);
}

/// When a paper came out: a year alone counts as its first day.
bool is_published_in(const apps::Paper& paper, const apps::DayRange& range) {
  Result<apps::DayRange> days = apps::days_of_date(paper.date);
  if (!days.ok()) days = apps::days_of_date(fmt::format("{:04}", paper.year));
  return days.ok() && days->first >= range.first && days->first <= range.last;
}

/// Those of `ids` that came out in the range.
Status keep_published(apps::PaperLibrary& library, const apps::DayRange& range,
                      std::vector<std::int64_t>& ids) {
  QUERN_ASSIGN(const auto papers, library.papers(ids));
  ids.clear();
  for (const auto& paper : papers) {
    if (paper && is_published_in(paper->paper, range)) ids.push_back(paper->paper.ids.corpus_id);
  }
  return {};
}

Status write_papers_of(PaperCall& call, const PageWish& page, const PaperFields& fields,
                       const std::optional<apps::DayRange>& published, std::string& out) {
  QUERN_ASSIGN(const auto found, call.library.authors({&call.rest, 1}));
  if (found.empty() || !found[0]) return author_not_found(call.rest);
  QUERN_ASSIGN(std::vector<std::int64_t> ids, call.library.papers_of_author(call.rest));
  if (published) QUERN_TRY(keep_published(call.library, *published, ids));
  std::span<const std::int64_t> wanted = ids;
  const std::size_t begin = std::min(ids.size(), static_cast<std::size_t>(page.offset));
  const std::size_t n = std::min(ids.size() - begin, static_cast<std::size_t>(page.limit));
  wanted = wanted.subspan(begin, n);
  std::string list;
  QUERN_TRY(PaperWriter(call.library).append_list(wanted, fields, MissingPaper::kLeftOut, list));
  JsonMembers members(out);
  append_page(members, page, kListWindow, begin + n < ids.size());
  members.raw("data", list);
  members.end();
  return {};
}

Problem answer_papers_of(PaperCall& call, std::string& out) {
  PageWish page;
  PaperFields fields;
  std::optional<apps::DayRange> published;
  if (Problem problem = parse_page(call.params, kListWindow, page)) return problem;
  if (Problem problem = parse_paper_fields(call.params.value("fields"), PaperScope::kAll, fields)) {
    return problem;
  }
  if (Problem problem = parse_published(call.params, published)) return problem;
  return problem_of(write_papers_of(call, page, fields, published, out));
}

}  // namespace

Problem handle_author(PaperCall& call, std::string& out) {
  if (take_last_part(call.rest, "papers")) return answer_papers_of(call, out);
  AuthorFields fields;
  if (Problem problem = parse_author_fields(call.params.value("fields"), fields)) return problem;
  return problem_of(write_author(call, fields, out));
}

Problem handle_author_batch(PaperCall& call, std::string& out) {
  AuthorFields fields;
  std::vector<std::string> ids;
  if (Problem problem = parse_author_fields(call.params.value("fields"), fields)) return problem;
  if (Problem problem = parse_ids(call.body, kMaxBatchAuthors, ids)) return problem;
  const auto authors = call.library.authors(ids);
  if (!authors.ok()) return problem_of(authors.status());
  return problem_of(write_author_list(call, *authors, fields, out));
}

Problem handle_author_search(PaperCall& call, std::string& out) {
  std::string query;
  PageWish page;
  AuthorFields fields;
  if (Problem problem = parse_query(call.params, query)) return problem;
  if (Problem problem = parse_page(call.params, kListWindow, page)) return problem;
  if (Problem problem = parse_author_fields(call.params.value("fields"), fields)) return problem;
  const auto write = [&]() -> Status {
    QUERN_ASSIGN(const apps::AuthorPage found,
                 call.library.search_authors(query, static_cast<std::uint64_t>(page.offset),
                                             static_cast<std::uint32_t>(page.limit)));
    std::vector<std::optional<apps::KnownAuthor>> authors(found.authors.begin(),
                                                          found.authors.end());
    std::string list;
    QUERN_TRY(write_author_list(call, authors, fields, list));
    const auto total = static_cast<std::int64_t>(found.total);
    JsonMembers members(out);
    members.integer("total", total);
    append_page(members, page, kListWindow, page.offset + page.limit < total);
    members.raw("data", list);
    members.end();
    return {};
  };
  return problem_of(write());
}

}  // namespace quern::serve
