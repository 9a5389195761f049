// One object of JSON from outside, checked before it is parsed: whatever the bytes are, there is an
// object or a reason.

#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "base/status.h"

namespace quern::apps {

/// Its fields stay in their order. Errors: kBadInput.
Result<nlohmann::ordered_json> object_from_json(std::string_view text);

}  // namespace quern::apps
