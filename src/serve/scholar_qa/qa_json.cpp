#include "serve/scholar_qa/qa_json.h"

#include <fmt/format.h>

#include "serve/json/json_members.h"

namespace quern::serve {
namespace {

/// A string, or null, which is as none.
Problem read_text(JsonValue value, std::string_view name, std::string& out) {
  bool is_null = false;
  if (Problem problem = read_null(value, {name}, is_null)) return problem;
  return is_null ? Problem() : read_string(value, {name}, out);
}

Problem read_opt_in(JsonValue value) {
  bool is_null = false, unused = false;
  if (Problem problem = read_null(value, {"opt_in"}, is_null)) return problem;
  return is_null ? Problem() : read_flag(value, {"opt_in"}, unused);
}

std::string steps_json(const QaTask& task) {
  std::string out = "[";
  for (const QaStep& step : task.steps) {
    if (out.size() > 1) out += ',';
    JsonMembers members(out);
    members.text("description", step.description);
    members.raw("start_timestamp", fmt::format("{:.3f}", step.started_s));
    members.raw("estimated_timestamp",
                step.expected_s ? fmt::format("{:.3f}", *step.expected_s) : "null");
    members.end();
  }
  return out + ']';
}

}  // namespace

Problem parse_qa_request(std::string& body, QaRequest& out) {
  std::string unused;
  return read_fields(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "query") return read_text(value, key, out.query);
    if (key == "task_id") return read_text(value, key, out.task_id);
    if (key == "user_id" || key == "thread_id") return read_text(value, key, unused);
    if (key == "opt_in") return read_opt_in(value);
    return skip_json(value, {key});
  });
}

std::string qa_task_json(const QaTask& task) {
  const std::string result = task.result.empty() ? "null" : task.result;
  std::string out;
  JsonMembers members(out);
  members.text("task_id", task.id);
  members.text("query", task.query);
  if (!task.is_over) {
    members.text("estimated_time", task.estimate);
    members.text("task_status", task.steps.back().description);
  }
  members.raw("task_result", result);
  if (!task.is_over) members.raw("steps", steps_json(task));
  members.end();
  return out;
}

}  // namespace quern::serve
