// Errors as the clients of Semantic Scholar's API read them.

#pragma once

#include "serve/http/http_error.h"

namespace quern::serve {

/// {"error", "message"}, the same text twice: these clients want the one or the other by status; of
/// 429 also "code". They take 401, 413, 503 and the like for an answer without anything in it, so
/// that a wrong key is 403, what is too large 400, and what is busy 429, with Retry-After.
ErrorWriter s2_error_writer();

}  // namespace quern::serve
