// The JSON of POST /v1/classify -> a request of the engine. docs/api.md says what is accepted;
// fuzz/scoring_request.cpp feeds it anything.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/scoring/zero_shot.h"
#include "serve/http/http_error.h"

namespace quern::serve {

struct ClassifyLimits {
  int max_inputs = 0;
  int max_pairs = 0;  // Texts times labels of one's own.
};

struct ClassifyRequest {
  /// The inputs are texts or pairs; or, for labels of one's own, of each text a pair with each of
  /// its hypotheses in turn.
  engine::Request request;
  std::optional<engine::ZeroShot> own;  // Unset: the model's labels.
  std::optional<engine::Scale> scale;   // Unset: the model's own.
  std::vector<std::string> warnings;

  std::size_t n_pairs_per_text() const { return own ? own->labels.size() : 1; }
};

/// As parse_rerank_request.
std::optional<HttpError> parse_classify_request(std::string& body, const ClassifyLimits& limits,
                                                ClassifyRequest& out);

}  // namespace quern::serve
