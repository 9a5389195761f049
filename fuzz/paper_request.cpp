// Requests of Semantic Scholar's API and of ScholarQA's tasks: any bytes are a request that means
// something, or a problem that says what is wrong and is a client's fault.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/utf8.h"
#include "serve/http/http.h"
#include "serve/scholar_qa/qa_json.h"
#include "serve/semantic_scholar/bulk_token.h"
#include "serve/semantic_scholar/paging.h"
#include "serve/semantic_scholar/paper_call.h"
#include "serve/semantic_scholar/paper_fields.h"
#include "serve/semantic_scholar/paper_filters.h"

namespace {

using namespace quern::serve;

void check(const Problem& problem) {
  if (!problem) return;
  QUERN_CHECK(problem->status >= 400 && problem->status < 500);
  QUERN_CHECK(!problem->message.empty());
}

void read_query(std::string_view text) {
  const QueryParams params = QueryParams::parse(text);
  quern::apps::PaperFilter papers, snippets;
  check(parse_paper_filter(params, papers));
  check(parse_snippet_filter(params, snippets));
  for (const std::string& venue : papers.venues) QUERN_CHECK(quern::is_valid_utf8(venue));
  PageWish page;
  const Problem problem = parse_page(params, kSearchWindow, page);
  check(problem);
  if (!problem) QUERN_CHECK(page.limit >= 1 && page.offset + page.limit <= kSearchWindow.last);
  std::string query;
  check(parse_query(params, query));
  PaperFields paper;
  AuthorFields author;
  LinkFields link;
  FieldSet<SnippetField> snippet;
  const std::string_view fields = params.value("fields");
  check(parse_paper_fields(fields, PaperScope::kAll, paper));
  check(parse_author_fields(fields, author));
  check(parse_link_fields(fields, link));
  check(parse_snippet_fields(fields, snippet));
  QUERN_CHECK(paper.paper.own.has(PaperField::kPaperId));
  if (const auto offset = offset_of_bulk_token(params.value("token"))) {
    QUERN_CHECK(bulk_token(*offset) == params.value("token"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  read_query(text);
  const auto body_of = [&] {
    std::string body(text);
    body.reserve(body.size() + kBodyPadding);
    return body;
  };
  std::string ids_body = body_of(), task_body = body_of();
  std::vector<std::string> ids;
  check(parse_ids(ids_body, 10, ids));
  QUERN_CHECK(ids.size() <= 10);
  QaRequest task;
  check(parse_qa_request(task_body, task));
  return 0;
}
