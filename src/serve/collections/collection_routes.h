// /v1/collections: stores of the home, made, filled and searched over HTTP. openapi.cpp describes
// them to programs, docs/api.md to people.

#pragma once

#include <memory>

#include "apps/collections.h"
#include "base/thread_pool.h"
#include "serve/backend.h"
#include "serve/collections/search_threads.h"
#include "serve/http/router.h"

namespace quern::serve {

/// What the routes work with. Its end waits for the searches and writes under way.
struct CollectionBackend {
  CollectionBackend(engine::Engine& engine, const std::string& home);

  ThreadPool scans;  // Of searches: a pass of a model does not hold them up.
  apps::Collections collections;
  SearchThreads searches;
};

/// `collections` outlives the server's requests.
void add_collection_routes(Router& router, const std::shared_ptr<Backend>& backend,
                           CollectionBackend& collections);

}  // namespace quern::serve
