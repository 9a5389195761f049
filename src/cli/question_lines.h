// Files of questions: a line of JSON each.

#pragma once

#include <functional>
#include <string>

#include "apps/json_document.h"
#include "base/status.h"

namespace quern::cli {

/// Calls `answer` for each line of a file of questions (apps::query_from_line); blank ones are
/// passed over. Errors: kNotFound for the file; those of a line and of `answer`, which end it, with
/// the line's number.
Status for_each_question(const std::string& path,
                         const std::function<Status(const apps::QueryLine& question)>& answer);

}  // namespace quern::cli
