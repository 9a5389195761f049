// What became of the server's models, as JSON.

#pragma once

#include <string>
#include <vector>

#include "engine/model_status.h"

namespace quern::serve {

/// One object; what does not apply is left out.
void append_status(std::string& out, const engine::ModelStatus& status);

/// {"object":"list","data":[...]}.
std::string statuses_json(const std::vector<engine::ModelStatus>& statuses);

}  // namespace quern::serve
