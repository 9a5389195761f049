// The routes that search for papers: ranked, in bulk, by title, while one types.

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"
#include "serve/semantic_scholar/bulk_token.h"
#include "serve/semantic_scholar/paging.h"
#include "serve/semantic_scholar/paper_call.h"
#include "serve/semantic_scholar/paper_filters.h"
#include "serve/semantic_scholar/paper_writer.h"

namespace quern::serve {
namespace {

constexpr std::uint32_t kBulkPage = 1000;
constexpr std::uint64_t kMaxBulkPapers = 10'000'000;
constexpr std::size_t kMaxTypedChars = 100;
constexpr std::size_t kMaxCompletions = 10;

std::vector<std::int64_t> ids_of(const apps::PaperHits& found) {
  std::vector<std::int64_t> out;
  for (const apps::PaperHit& hit : found.hits) out.push_back(hit.corpus_id);
  return out;
}

Status write_found(PaperCall& call, const apps::PaperAsk& ask, const PageWish& page,
                   const PaperFields& fields, std::string& out) {
  QUERN_ASSIGN(const apps::PaperHits found, call.library.search(ask));
  std::string list;
  QUERN_TRY(
      PaperWriter(call.library).append_list(ids_of(found), fields, MissingPaper::kLeftOut, list));
  const auto total = static_cast<std::int64_t>(found.total);
  JsonMembers members(out);
  members.integer("total", total);
  append_page(members, page, kSearchWindow, page.offset + page.limit < total);
  members.raw("data", list);
  members.end();
  return {};
}

/// "field" or "field:order".
Problem parse_sort(std::string_view text, apps::BulkAsk& out) {
  if (text.empty()) return {};
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view field = text.substr(0, colon);
  const std::string_view order = colon < text.size() ? text.substr(colon + 1) : "asc";
  out.is_descending = order == "desc";
  const bool is_order = order == "asc" || order == "desc";
  if (field == "paperId") {
    out.sort = apps::BulkSort::kPaperId;
  } else if (field == "publicationDate") {
    out.sort = apps::BulkSort::kPublicationDate;
  } else if (field == "citationCount") {
    out.sort = apps::BulkSort::kCitationCount;
  } else {
    return unacceptable("sort", text, "wanted paperId, publicationDate or citationCount");
  }
  if (is_order) return {};
  return unacceptable("sort", text, "wanted asc or desc behind the colon");
}

Status write_bulk(PaperCall& call, const apps::BulkAsk& ask, const PaperFields& fields,
                  std::string& out) {
  QUERN_ASSIGN(const apps::BulkPage page, call.library.bulk(ask));
  std::string list;
  QUERN_TRY(
      PaperWriter(call.library).append_list(page.corpus_ids, fields, MissingPaper::kLeftOut, list));
  const std::uint64_t next = ask.offset + ask.n_wanted;
  JsonMembers members(out);
  members.integer("total", static_cast<std::int64_t>(page.total));
  if (next < std::min(page.total, kMaxBulkPapers)) members.text("token", bulk_token(next));
  members.raw("data", list);
  members.end();
  return {};
}

Status write_match(PaperCall& call, const std::string& title, const apps::PaperFilter& filter,
                   const PaperFields& fields, std::string& out) {
  const Status no_match(Code::kNotFound, "Title match not found");
  QUERN_ASSIGN(const auto match, call.library.match(title, filter));
  if (!match) return no_match;
  QUERN_ASSIGN(const auto papers, call.library.papers({&match->corpus_id, 1}));
  if (papers.empty() || !papers[0]) return no_match;
  std::string paper;
  QUERN_TRY(PaperWriter(call.library).append(*papers[0], fields, match->score, paper));
  out = "{\"data\":[" + paper + "]}";
  return {};
}

Status write_completions(PaperCall& call, std::string_view text, std::string& out) {
  QUERN_ASSIGN(const auto found, call.library.complete(text, kMaxCompletions));
  std::vector<std::int64_t> ids;
  for (const apps::TitleCompletion& title : found) ids.push_back(title.corpus_id);
  QUERN_ASSIGN(const auto papers, call.library.papers(ids));
  out = "{\"matches\":[";
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!papers[i]) continue;
    if (out.back() != '[') out += ',';
    JsonMembers members(out);
    members.text("id", papers[i]->paper.ids.paper_id);
    members.text("title", found[i].title);
    members.text("authorsYear", found[i].authors_year);
    members.end();
  }
  out += "]}";
  return {};
}

/// The first characters of a text.
std::string_view first_chars(std::string_view text, std::size_t n_chars) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < n_chars && end < text.size(); ++i) {
    end += static_cast<std::size_t>(decode_utf8(text, end).n_bytes);
  }
  return text.substr(0, end);
}

Problem parse_fields_and_filter(const QueryParams& params, PaperScope scope, PaperFields& fields,
                                apps::PaperFilter& filter) {
  if (Problem problem = parse_paper_fields(params.value("fields"), scope, fields)) return problem;
  return parse_paper_filter(params, filter);
}

}  // namespace

Problem handle_paper_search(PaperCall& call, std::string& out) {
  apps::PaperAsk ask;
  PageWish page;
  PaperFields fields;
  if (Problem problem = parse_query(call.params, ask.text)) return problem;
  if (Problem problem = parse_page(call.params, kSearchWindow, page)) return problem;
  if (Problem problem =
          parse_fields_and_filter(call.params, PaperScope::kAll, fields, ask.filter)) {
    return problem;
  }
  ask.offset = static_cast<std::uint32_t>(page.offset);
  ask.n_wanted = static_cast<std::uint32_t>(page.limit);
  ask.deadline = call.deadline;
  return problem_of(write_found(call, ask, page, fields, out));
}

// offset and limit are not read: clients send them, and mean nothing by it.
Problem handle_paper_bulk(PaperCall& call, std::string& out) {
  apps::BulkAsk ask = {.n_wanted = kBulkPage};
  PaperFields fields;
  ask.query = call.params.value("query");
  if (Problem problem =
          parse_fields_and_filter(call.params, PaperScope::kWithoutNested, fields, ask.filter)) {
    return problem;
  }
  if (Problem problem = parse_sort(call.params.value("sort"), ask)) return problem;
  if (const std::string_view token = call.params.value("token"); !token.empty()) {
    const auto offset = offset_of_bulk_token(token);
    if (!offset || *offset > kMaxBulkPapers) {
      return unacceptable("token", token, "it is none of this server's");
    }
    ask.offset = *offset;
  }
  return problem_of(write_bulk(call, ask, fields, out));
}

Problem handle_paper_match(PaperCall& call, std::string& out) {
  std::string title;
  PaperFields fields;
  apps::PaperFilter filter;
  if (Problem problem = parse_query(call.params, title)) return problem;
  if (Problem problem = parse_fields_and_filter(call.params, PaperScope::kAll, fields, filter)) {
    return problem;
  }
  return problem_of(write_match(call, title, filter, fields, out));
}

Problem handle_paper_autocomplete(PaperCall& call, std::string& out) {
  std::string text;
  if (Problem problem = parse_query(call.params, text)) return problem;
  return problem_of(write_completions(call, first_chars(text, kMaxTypedChars), out));
}

}  // namespace quern::serve
