// POST /v1/embeddings: parse, submit to the engine, answer when it is done. docs/api.md.

#pragma once

#include <memory>

#include "serve/backend.h"
#include "serve/http/exchange.h"

namespace quern::serve {

void handle_embeddings(const std::shared_ptr<Backend>& backend,
                       const std::shared_ptr<Exchange>& exchange);

}  // namespace quern::serve
