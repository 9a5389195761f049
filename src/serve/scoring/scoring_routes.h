// The routes that OpenAI does not have, in its manner of fields and errors: rerank, classify,
// similarity.

#pragma once

#include <memory>

#include "serve/backend.h"
#include "serve/http/router.h"

namespace quern::serve {

void add_scoring_routes(Router& router, const std::shared_ptr<Backend>& backend);

}  // namespace quern::serve
