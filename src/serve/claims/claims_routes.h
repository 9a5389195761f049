// TruthGraph's routes over our own verdicts: claims, tasks, and the steps by themselves. The same
// under /api/v1. docs/claims_api.md describes them.

#pragma once

#include <memory>
#include <string>

#include "base/thread_pool.h"
#include "serve/backend.h"
#include "serve/claims/claim_runner.h"
#include "serve/claims/claims_desk.h"
#include "serve/collections/search_threads.h"
#include "serve/http/router.h"

namespace quern::serve {

struct ClaimsBackend {
  ClaimsBackend(Backend& backend, const std::string& home, const std::string& model,
                std::string embedder, std::size_t max_waiting);

  ThreadPool scans;  // Of searches.
  ClaimsDesk desk;
  ClaimRunner runner;
  std::string embedder;   // Of /embed where none is named.
  SearchThreads threads;  // Last: they use the others.
};

/// `claims` outlives the server's requests.
void add_claims_routes(Router& router, const std::shared_ptr<Backend>& backend,
                       ClaimsBackend& claims);

}  // namespace quern::serve
