// Papers by id, with their authors, citations and references.

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "serve/semantic_scholar/paging.h"
#include "serve/semantic_scholar/paper_call.h"
#include "serve/semantic_scholar/paper_filters.h"
#include "serve/semantic_scholar/paper_writer.h"

namespace quern::serve {
namespace {

constexpr std::size_t kMaxBatchPapers = 500;
constexpr std::int64_t kNoPaper = 0;  // No paper has it: that is null.

enum class LinkSide { kCitations, kReferences };

Status write_paper(PaperCall& call, const PaperFields& fields, std::string& out) {
  QUERN_ASSIGN(const apps::KnownPaper paper, get_paper(call.library, call.rest));
  return PaperWriter(call.library).append(paper, fields, {}, out);
}

Problem answer_links(PaperCall& call, LinkSide side, std::string& out) {
  const bool is_citing = side == LinkSide::kCitations;
  PageWish page;
  LinkFields fields;
  std::optional<apps::DayRange> published;
  if (Problem problem = parse_page(call.params, kListWindow, page)) return problem;
  if (Problem problem = parse_link_fields(call.params.value("fields"), fields)) return problem;
  if (is_citing) {
    if (Problem problem = parse_published(call.params, published)) return problem;
  }
  const auto write = [&]() -> Status {
    QUERN_ASSIGN(const std::int64_t id, find_paper(call.library, call.rest));
    const auto offset = static_cast<std::uint64_t>(page.offset);
    const auto n = static_cast<std::uint32_t>(page.limit);
    QUERN_ASSIGN(const apps::LinkPage links, is_citing
                                                 ? call.library.citations(id, offset, n, published)
                                                 : call.library.references(id, offset, n));
    PaperWriter writer(call.library);
    std::string list = "[";
    for (const apps::PaperLink& link : links.links) {
      if (list.size() > 1) list += ',';
      QUERN_TRY(writer.append_link(link, is_citing ? "citingPaper" : "citedPaper", fields, list));
    }
    JsonMembers members(out);
    append_page(members, page, kListWindow, links.has_more);
    members.raw("data", list + ']');
    members.end();
    return {};
  };
  return problem_of(write());
}

/// A paper's authors with all that is known of each.
Status write_authors(PaperCall& call, const PageWish& page, const AuthorFields& fields,
                     std::string& out) {
  QUERN_ASSIGN(const apps::KnownPaper paper, get_paper(call.library, call.rest));
  std::span<const apps::PaperAuthor> authors = paper.paper.authors;
  const std::size_t begin = std::min(authors.size(), static_cast<std::size_t>(page.offset));
  const std::size_t n = std::min(authors.size() - begin, static_cast<std::size_t>(page.limit));
  const bool has_more = begin + n < authors.size();
  authors = authors.subspan(begin, n);
  std::vector<std::string> ids;
  for (const apps::PaperAuthor& author : authors) ids.push_back(author.id);
  QUERN_ASSIGN(const auto known, call.library.authors(ids));
  PaperWriter writer(call.library);
  std::string list = "[";
  for (std::size_t i = 0; i < authors.size(); ++i) {
    if (list.size() > 1) list += ',';
    // Of one whom the library does not count, what the paper says.
    const apps::KnownAuthor here = {
        .id = authors[i].id, .name = authors[i].name, .affiliations = authors[i].affiliations};
    QUERN_TRY(writer.append_author(known[i].value_or(here), fields, list));
  }
  JsonMembers members(out);
  append_page(members, page, kListWindow, has_more);
  members.raw("data", list + ']');
  members.end();
  return {};
}

Problem answer_authors(PaperCall& call, std::string& out) {
  PageWish page;
  AuthorFields fields;
  if (Problem problem = parse_page(call.params, kListWindow, page)) return problem;
  if (Problem problem = parse_author_fields(call.params.value("fields"), fields)) return problem;
  return problem_of(write_authors(call, page, fields, out));
}

}  // namespace

Problem handle_paper(PaperCall& call, std::string& out) {
  if (take_last_part(call.rest, "citations")) {
    return answer_links(call, LinkSide::kCitations, out);
  }
  if (take_last_part(call.rest, "references")) {
    return answer_links(call, LinkSide::kReferences, out);
  }
  if (take_last_part(call.rest, "authors")) return answer_authors(call, out);
  PaperFields fields;
  if (Problem problem = parse_paper_fields(call.params.value("fields"), PaperScope::kAll, fields)) {
    return problem;
  }
  return problem_of(write_paper(call, fields, out));
}

Problem handle_paper_batch(PaperCall& call, std::string& out) {
  PaperFields fields;
  std::vector<std::string> names;
  if (Problem problem = parse_paper_fields(call.params.value("fields"), PaperScope::kAll, fields)) {
    return problem;
  }
  if (Problem problem = parse_ids(call.body, kMaxBatchPapers, names)) return problem;
  const auto write = [&]() -> Status {
    std::vector<std::int64_t> ids;
    for (const std::string& name : names) {
      const Result<std::int64_t> id = find_paper(call.library, name);
      if (!id.ok() && id.status().code() != Code::kNotFound) return id.status();
      ids.push_back(id.ok() ? *id : kNoPaper);
    }
    return PaperWriter(call.library).append_list(ids, fields, MissingPaper::kNull, out);
  };
  return problem_of(write());
}

}  // namespace quern::serve
