// The JSON of POST /v1/similarity -> a request of the engine. docs/api.md says what is accepted;
// fuzz/scoring_request.cpp feeds it anything.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "serve/http/http_error.h"

namespace quern::serve {

struct SimilarityRequest {
  enum class Form {
    kOneToMany,  // The first input is the query, the others are documents.
    kPairs,      // Inputs 2i and 2i + 1 are a pair.
  };
  engine::Request request;
  Form form = Form::kOneToMany;
  std::vector<std::string> warnings;
};

/// As parse_rerank_request. At most `max_pairs` documents or pairs.
std::optional<HttpError> parse_similarity_request(std::string& body, int max_pairs,
                                                  SimilarityRequest& out);

}  // namespace quern::serve
