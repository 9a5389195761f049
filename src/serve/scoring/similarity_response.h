// Vectors that the engine made of a similarity request -> the JSON of their cosines.

#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "serve/http/http.h"
#include "serve/scoring/similarity_request.h"

namespace quern::serve {

/// All but the scores.
struct SimilarityAnswer {
  std::string model;  // As the client named it.
  SimilarityRequest::Form form = SimilarityRequest::Form::kOneToMany;
  std::vector<std::string> warnings;

  /// The answer, in the order of the request, or the error if any text failed.
  Response write(const engine::Response& made) const;

  /// About the bytes that makes, for the ledger.
  std::size_t n_bytes(const engine::Response& made) const;
};

}  // namespace quern::serve
