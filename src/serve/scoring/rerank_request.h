// The JSON of POST /v1/rerank -> a request of the engine. docs/api.md says what is accepted;
// fuzz/scoring_request.cpp feeds it anything.
// Source: the rerank APIs of Cohere (v1, v2) and Jina, whose common part this is.

#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "serve/http/http_error.h"

namespace quern::serve {

struct RerankRequest {
  engine::Request request;  // The inputs are the documents.
  int top_n = std::numeric_limits<int>::max();
  bool return_documents = false;
  std::optional<engine::Scale> scale;  // Unset: the model's own.
  std::vector<std::string> warnings;
};

/// Fills `out` from `body` (which may be grown, to make room for padding) or says what is wrong
/// with it: what was got, what was wanted, and the parameter.
std::optional<HttpError> parse_rerank_request(std::string& body, int max_documents,
                                              RerankRequest& out);

}  // namespace quern::serve
