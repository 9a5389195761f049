#include "serve/semantic_scholar/s2_error.h"

#include <algorithm>
#include <string>

#include "serve/json/json_members.h"

namespace quern::serve {
namespace {

std::string s2_error(const HttpError& error) {
  std::string body;
  JsonMembers members(body);
  members.text("error", error.message);
  members.text("message", error.message);
  if (error.status == 429) members.text("code", "429");
  members.end();
  return body;
}

HttpError s2_status(HttpError error) {
  switch (error.status) {
    case 503:
      error.status = 429;
      error.retry_after_s = std::max(error.retry_after_s, 1);
      break;
    case 413:
    case 431:
      error.status = 400;
      break;
    case 401:
      error.status = 403;
      break;
    default:
      break;
  }
  return error;
}

}  // namespace

ErrorWriter s2_error_writer() { return {s2_error, s2_status}; }

}  // namespace quern::serve
