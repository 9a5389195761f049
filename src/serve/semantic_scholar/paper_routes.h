// A library of papers under the routes of Semantic Scholar's API: /graph/v1, /recommendations/v1,
// /datasets/v1 (which says that there are none), and those of /graph/v1 that search also under
// /api/v1/semantic_scholar_api. docs/papers_api.md describes them.

#pragma once

#include <memory>

#include "apps/papers/paper_library.h"
#include "serve/backend.h"
#include "serve/collections/search_threads.h"
#include "serve/http/router.h"

namespace quern::serve {

/// What the routes work with. Its end waits for the requests under way.
struct PaperBackend {
  /// The library outlives it.
  explicit PaperBackend(apps::PaperLibrary& of);

  apps::PaperLibrary& library;
  SearchThreads threads;  // Last: they use the library.
};

/// `papers` outlives the server's requests.
void add_paper_routes(Router& router, const std::shared_ptr<Backend>& backend,
                      PaperBackend& papers);

}  // namespace quern::serve
