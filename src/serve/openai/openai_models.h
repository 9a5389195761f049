// GET /v1/models and /v1/models/{id}. docs/api.md.

#pragma once

#include <memory>
#include <string>

#include "serve/backend.h"
#include "serve/http/exchange.h"

namespace quern::serve {

/// In the route of one model: what stands behind it is the id, which may hold '/'.
inline constexpr const char* kModelPrefix = "/models/";

void handle_models(const std::shared_ptr<Backend>& backend,
                   const std::shared_ptr<Exchange>& exchange);
void handle_model(const std::shared_ptr<Backend>& backend,
                  const std::shared_ptr<Exchange>& exchange);

}  // namespace quern::serve
