// ScholarQA's task API over a library of papers: a question is posted, then its task is asked after
// until the result is there. docs/papers_api.md describes it.

#pragma once

#include "serve/http/router.h"
#include "serve/scholar_qa/qa_tasks.h"

namespace quern::serve {

/// POST /query_corpusqa and GET / and /health, all under /api; the first without it as well.
/// `tasks` outlives the server's requests.
void add_qa_routes(Router& router, QaTasks& tasks);

}  // namespace quern::serve
