// Fields that other servers know and this one does not: they are ignored, and the answer says so
// where they would have changed it.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/json/json_reader.h"

namespace quern::serve {

enum class IgnoredBy { kGeneration, kEmbeddings, kScoring };

/// Reads a field that no reader wants, and warns if a client may expect it to matter.
Problem read_ignored(std::string_view key, JsonValue value, IgnoredBy route,
                     std::vector<std::string>& warnings);

}  // namespace quern::serve
