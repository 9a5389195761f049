#include "serve/semantic_scholar/paper_routes.h"

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "serve/semantic_scholar/paper_call.h"
#include "serve/semantic_scholar/paper_openapi.h"
#include "serve/semantic_scholar/s2_error.h"

namespace quern::serve {
namespace {

constexpr int kPaperThreads = 4;

/// Behind the route's beginning: without a last slash, which some put there.
std::string rest_of(std::string_view path, std::size_t n_begin) {
  path.remove_prefix(std::min(path.size(), n_begin));
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

void answer_paper_call(PaperBackend& papers, Exchange& x, std::size_t n_begin, PaperHandle handle) {
  PaperCall call{.library = papers.library,
                 .params = QueryParams::parse(x.request.query),
                 .rest = rest_of(x.request.path, n_begin),
                 .body = std::exchange(x.request.body, {})};
  if (x.deadline != Exchange::Clock::time_point::max()) call.deadline = x.deadline;
  try {
    std::string out;
    if (const Problem problem = handle(call, out)) return x.fail(*problem);
    x.respond({.body = std::move(out)});
  } catch (const std::exception& e) {
    x.fail(http_error(500, fmt::format("internal error: {}", e.what())));
  }
}

/// Runs `handle` where it may wait. Refused where too many requests wait.
void run_paper_call(const std::shared_ptr<Backend>& backend, PaperBackend* papers,
                    const std::shared_ptr<Exchange>& exchange, std::size_t n_begin,
                    PaperHandle handle) {
  if (const auto full = enter_engine(*backend, 1)) return exchange->fail(*full);
  papers->threads.add([=] {
    if (!exchange->is_gone()) answer_paper_call(*papers, *exchange, n_begin, handle);
    backend->queue.leave(1);
  });
}

struct PaperRoute {
  const char* method;
  const char* pattern;
  PaperHandle handle;
};

// The first that matches counts.
constexpr PaperRoute kPaperRoutes[] = {
    {"GET", "/graph/v1/paper/search", handle_paper_search},
    {"GET", "/graph/v1/paper/search/bulk", handle_paper_bulk},
    {"GET", "/graph/v1/paper/search/match", handle_paper_match},
    {"GET", "/graph/v1/paper/autocomplete", handle_paper_autocomplete},
    {"POST", "/graph/v1/paper/batch", handle_paper_batch},
    {"GET", "/graph/v1/paper/*", handle_paper},
    {"GET", "/graph/v1/author/search", handle_author_search},
    {"POST", "/graph/v1/author/batch", handle_author_batch},
    {"GET", "/graph/v1/author/*", handle_author},
    {"GET", "/graph/v1/snippet/search", handle_snippet_search},
    {"GET", "/recommendations/v1/papers/forpaper/*", handle_recommend_for_paper},
    {"POST", "/recommendations/v1/papers", handle_recommend},
    {"GET", "/api/v1/semantic_scholar_api/paper/search", handle_paper_search},
    {"GET", "/api/v1/semantic_scholar_api/snippet/search", handle_snippet_search},
};

Route paper_route(std::string method, std::string pattern, Handler handler) {
  return {.method = std::move(method),
          .pattern = std::move(pattern),
          .access = Access::kWithKey,
          .write_error = s2_error_writer(),
          .handler = std::move(handler)};
}

void answer_nothing_there(const std::shared_ptr<Exchange>& exchange) {
  exchange->fail(http_error(404, fmt::format("Requested object not found: {} {}",
                                             exchange->request.method, exchange->request.path)));
}

}  // namespace

PaperBackend::PaperBackend(apps::PaperLibrary& of) : library(of), threads(kPaperThreads) {}

void add_paper_routes(Router& router, const std::shared_ptr<Backend>& backend,
                      PaperBackend& papers) {
  for (const PaperRoute& route : kPaperRoutes) {
    const std::string_view begin = route.pattern;
    const std::size_t n_begin = begin.size() - (begin.ends_with('*') ? 1 : 0);
    router.add(
        paper_route(route.method, route.pattern,
                    [backend, here = &papers, n_begin, handle = route.handle](const auto& x) {
                      run_paper_call(backend, here, x, n_begin, handle);
                    }));
  }
  router.add(paper_route("GET", "/api/v1/semantic_scholar_api/health", [](const auto& exchange) {
    exchange->respond({.body = R"({"status":"healthy"})"});
  }));
  router.add(paper_route("GET", "/graph/v1/swagger.json", [](const auto& exchange) {
    exchange->respond({.body = std::string(paper_openapi_json())});
  }));
  for (const char* rest :
       {"/graph/v1", "/recommendations/v1", "/datasets/v1", "/api/v1/semantic_scholar_api"}) {
    for (const char* method : {"GET", "POST"}) {
      router.add(paper_route(method, rest, answer_nothing_there));
      router.add(paper_route(method, std::string(rest) + "/*", answer_nothing_there));
    }
  }
}

}  // namespace quern::serve
