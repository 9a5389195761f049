// The routes of OpenAI's API.

#pragma once

#include <memory>

#include "serve/backend.h"
#include "serve/http/router.h"

namespace quern::serve {

void add_openai_routes(Router& router, const std::shared_ptr<Backend>& backend);

}  // namespace quern::serve
