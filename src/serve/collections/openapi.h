// What the routes of collections take and give, for programs: GET /openapi.json.

#pragma once

#include <string_view>

namespace quern::serve {

/// Source: OpenAPI Specification 3.1.
std::string_view openapi_json();

}  // namespace quern::serve
