// GET /v1/dialogue/openapi.json: the routes of dialogues, for programs (OpenAPI 3.1).

#pragma once

#include <string_view>

namespace quern::serve {

std::string_view dialogue_openapi_json();

}  // namespace quern::serve
