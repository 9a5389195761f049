// Requests and answers of ScholarQA's task API. Source: ai2-scholar-qa 0.8.14, app.py and
// models.py.

#pragma once

#include <string>

#include "serve/json/json_reader.h"
#include "serve/scholar_qa/qa_tasks.h"

namespace quern::serve {

/// Starts a task where `task_id` is "", else asks after one.
struct QaRequest {
  std::string query = {};
  std::string task_id = {};
};

/// opt_in, user_id and thread_id are read, and mean nothing here. Errors: 400 for what has the
/// wrong type.
Problem parse_qa_request(std::string& body, QaRequest& out);

/// Of one that runs: with task_status, steps, and task_result as far as it is written. Of one that
/// is finished: task_id, query and task_result, and no task_status, by which clients see the end.
std::string qa_task_json(const QaTask& task);

}  // namespace quern::serve
