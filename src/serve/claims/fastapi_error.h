// Errors as FastAPI shows them, which TruthGraph's clients read.

#pragma once

#include <string>

#include "serve/http/http_error.h"

namespace quern::serve {

/// {"detail": "..."}; of a request that is not as it should be (422) {"detail": [{"type", "loc",
/// "msg"}]}. Source: FastAPI, "Handling Errors".
std::string fastapi_error(const HttpError& error);

/// What is wrong with a body's fields: 422, as FastAPI has it.
HttpError unprocessable(HttpError problem);

}  // namespace quern::serve
