#include "serve/scholar_qa/qa_routes.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "serve/claims/fastapi_error.h"
#include "serve/scholar_qa/qa_json.h"

namespace quern::serve {
namespace {

constexpr std::size_t kMaxShownTask = 100;
constexpr std::size_t kMaxQueryBytes = 100'000;

HttpError failed_task(const Status& why) { return http_error(500, "\nError: " + why.message()); }

void poll_task(QaTasks& tasks, const std::string& id, Exchange& x) {
  const std::optional<QaTask> task = tasks.find(id);
  if (!task) {
    return x.fail(http_error(
        404, fmt::format("Referenced task {} does not exist.", id.substr(0, kMaxShownTask))));
  }
  if (!task->status.ok()) return x.fail(failed_task(task->status));
  x.respond({.body = qa_task_json(*task)});
}

void start_task(QaTasks& tasks, std::string query, Exchange& x) {
  const Result<QaTask> task = tasks.start(std::move(query));
  if (task.ok()) return x.respond({.body = qa_task_json(*task)});
  HttpError busy = http_error(429, task.status().message());
  busy.retry_after_s = 1;
  x.fail(busy);
}

// Nothing here waits: a question is answered on a thread of the tasks.
void handle_query(QaTasks& tasks, Exchange& x) {
  std::string body = std::exchange(x.request.body, {});
  QaRequest request;
  if (Problem problem = parse_qa_request(body, request)) {
    return x.fail(unprocessable(std::move(*problem)));
  }
  if (!request.task_id.empty()) return poll_task(tasks, request.task_id, x);
  // The origin begins a task and fails.
  if (request.query.empty()) {
    return x.fail(failed_task({Code::kBadInput, "there is neither a query nor a task_id"}));
  }
  if (request.query.size() > kMaxQueryBytes) {
    return x.fail(unprocessable(bad_request(
        fmt::format("query: has {} bytes, wanted {} at most", request.query.size(), kMaxQueryBytes),
        "query")));
  }
  start_task(tasks, std::move(request.query), x);
}

}  // namespace

void add_qa_routes(Router& router, QaTasks& tasks) {
  const auto add = [&](const char* method, const char* pattern, Handler handler) {
    router.add({.method = method,
                .pattern = pattern,
                .access = Access::kWithKey,
                .write_error = fastapi_error,
                .handler = std::move(handler)});
  };
  for (const char* pattern : {"/api/query_corpusqa", "/query_corpusqa"}) {
    add("POST", pattern, [here = &tasks](const auto& x) { handle_query(*here, *x); });
  }
  add("GET", "/api", [](const auto& x) {
    x->respond({.body = R"({"message":"Hello World","root_path":"/api"})"});
  });
  add("GET", "/api/health", [](const auto& x) { x->respond({.status = 204}); });
}

}  // namespace quern::serve
