// What the requests for scores have in common: texts in lists, and the scale they want.

#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scoring/scores.h"
#include "serve/json/json_reader.h"

namespace quern::serve {

/// A limit of this server, for the message to whoever asks for more.
Problem check_limit(std::size_t n, int limit, std::string_view field, std::string_view what);

/// Reads a string, or an object with a member "text" (others are passed over).
Problem read_text(JsonValue value, const JsonPlace& place, std::string& out);

/// Reads a list of two strings.
Problem read_pair(JsonValue value, const JsonPlace& place, std::string& first, std::string& second);

/// Reads "raw", "sigmoid" or "softmax" of the field `scores`.
Problem read_scale(JsonValue value, std::initializer_list<engine::Scale> scales,
                   std::optional<engine::Scale>& out);

/// Reads the field `raw_scores` of other servers: true means raw, false the model's own scale.
Problem read_raw_scores(JsonValue value, std::optional<engine::Scale>& out);

}  // namespace quern::serve
