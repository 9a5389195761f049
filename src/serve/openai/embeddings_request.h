// The JSON of POST /v1/embeddings -> a request of the engine. docs/api.md says what is accepted;
// fuzz/openai_request.cpp feeds it anything.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "serve/http/http_error.h"

namespace quern::serve {

enum class EncodingFormat { kFloat, kBase64 };

struct EmbeddingsRequest {
  engine::Request request;
  EncodingFormat format = EncodingFormat::kFloat;
  std::vector<std::string> warnings;  // Of fields that are ignored, but would change the answer.
};

/// Fills `out` from `body` (which may be grown, to make room for padding) or says what is wrong
/// with it: what was got, what was wanted, and the parameter.
/// Source: OpenAI API reference, "Create embeddings".
std::optional<HttpError> parse_embeddings_request(std::string& body, int max_inputs,
                                                  EmbeddingsRequest& out);

}  // namespace quern::serve
