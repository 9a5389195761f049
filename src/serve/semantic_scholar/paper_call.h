// One call of a route of Semantic Scholar's API, and what answers it.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper_library.h"
#include "serve/http/exchange.h"
#include "serve/semantic_scholar/query_params.h"

namespace quern::serve {

/// What a handler works with, on a thread that may wait.
struct PaperCall {
  apps::PaperLibrary& library;
  const QueryParams params;
  std::string rest = {};  // Of the path, behind the route's beginning: decoded, its slashes kept.
  std::string body = {};
  std::optional<Exchange::Clock::time_point> deadline = {};
};

/// Writes the answer's JSON, or says why there is none.
using PaperHandle = Problem (*)(PaperCall& call, std::string& out);

// Searches.
Problem handle_paper_search(PaperCall& call, std::string& out);
Problem handle_paper_bulk(PaperCall& call, std::string& out);
Problem handle_paper_match(PaperCall& call, std::string& out);
Problem handle_paper_autocomplete(PaperCall& call, std::string& out);
Problem handle_snippet_search(PaperCall& call, std::string& out);

// Papers by id; of one also its authors, citations and references.
Problem handle_paper(PaperCall& call, std::string& out);
Problem handle_paper_batch(PaperCall& call, std::string& out);

// Authors; of one also its papers.
Problem handle_author_search(PaperCall& call, std::string& out);
Problem handle_author(PaperCall& call, std::string& out);
Problem handle_author_batch(PaperCall& call, std::string& out);

// Papers like others.
Problem handle_recommend_for_paper(PaperCall& call, std::string& out);
Problem handle_recommend(PaperCall& call, std::string& out);

/// A library's Status as the answer's problem.
Problem problem_of(const Status& status);

/// The paper of that id. Errors: kNotFound, also for what has the form of no id.
Result<std::int64_t> find_paper(apps::PaperLibrary& library, const std::string& id);
/// The same, and what is known of it.
Result<apps::KnownPaper> get_paper(apps::PaperLibrary& library, const std::string& id);

/// Takes a last "/part" off `path`; false where it ends otherwise.
bool take_last_part(std::string& path, std::string_view part);

/// The parameter `query`, trimmed. Errors: 400 where it is missing or empty.
Problem parse_query(const QueryParams& params, std::string& out);

/// A list of strings. Errors: 400 where it is none, or has more than `n_most`.
Problem read_id_list(JsonValue value, std::string_view name, std::size_t n_most,
                     std::vector<std::string>& out);
HttpError missing_ids(std::string_view name);
/// {"ids":[...]} of a body. Errors: as read_id_list; 400 where it is missing.
Problem parse_ids(std::string& body, std::size_t n_most, std::vector<std::string>& out);

}  // namespace quern::serve
