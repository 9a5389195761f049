// GET /graph/v1/swagger.json: the routes of a library of papers, for programs (OpenAPI 3.1).

#pragma once

#include <string_view>

namespace quern::serve {

std::string_view paper_openapi_json();

}  // namespace quern::serve
