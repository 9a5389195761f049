// Routes of ours for whoever runs the server: what became of its models, loading one ahead, giving
// memory back. All with the server's key.

#pragma once

#include <memory>

#include "serve/backend.h"
#include "serve/http/router.h"

namespace quern::serve {

void add_admin_routes(Router& router, const std::shared_ptr<Backend>& backend);

}  // namespace quern::serve
