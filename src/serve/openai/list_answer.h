// What the answers of all encoder routes have in common: they are lists, of one entry per input,
// and fail as a whole where an input failed.

#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "engine/engine.h"
#include "serve/http/http_error.h"
#include "serve/json/json_reader.h"

namespace quern::serve {

/// Where in the request an outcome's input came from.
using PlaceOf = std::function<JsonPlace(std::size_t i_outcome)>;

/// About the first bad input, or else the first failed one: what the client can change comes first.
std::optional<HttpError> find_failure(const engine::Response& made, const PlaceOf& place_of);

/// Appends ,"dropped_tokens":n where there were any.
void append_dropped(std::string& body, int n_dropped);

struct ListEnd {
  std::string_view model{};  // As the client named it.
  long n_tokens = 0;
  long n_cut = 0;  // Inputs.
  std::span<const std::string> warnings{};
};

/// Appends ,"model":...,"usage":{...},"warnings":[...]} and sets the header that tells of cuts.
void end_list(Response& response, const ListEnd& end);

}  // namespace quern::serve
