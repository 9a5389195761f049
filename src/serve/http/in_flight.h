// How many requests the engine works on for this server.

#pragma once

#include <optional>

#include "serve/api_error.h"
#include "serve/openai/openai_api.h"

namespace quern::serve {

/// Counts one more, or says that there are too many: then leave_engine is not to be called.
std::optional<ApiError> enter_engine(OpenAiApi& api);
void leave_engine(OpenAiApi& api);

}  // namespace quern::serve
