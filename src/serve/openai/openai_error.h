// Errors as the OpenAI API shows them.

#pragma once

#include <string>

#include "serve/http/http_error.h"

namespace quern::serve {

/// {"error": {"message", "type", "param", "code"}}; empty param and code become null.
/// Source: OpenAI API reference, "Error codes".
std::string openai_error(const HttpError& error);

}  // namespace quern::serve
