// JSON in what a model says: it may stand between other words, and is not to be trusted.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/status.h"

namespace quern::apps {

/// The first object in a reply, whatever stands before and behind it. Errors: kBadInput.
Result<nlohmann::ordered_json> object_in_reply(std::string_view reply);

/// A text on one line, of `most_bytes` at most; "": there is none.
std::string reply_line(const nlohmann::ordered_json& object, const char* name,
                       std::size_t most_bytes);

/// The whole numbers above 0 of a list, also of texts that are ones; of anything else none.
std::vector<std::size_t> reply_numbers(const nlohmann::ordered_json& object, const char* name);

}  // namespace quern::apps
