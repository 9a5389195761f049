// What the engine made of an embedding request -> the JSON of the answer.

#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "serve/http/http.h"
#include "serve/openai/embeddings_request.h"

namespace quern::serve {

/// The answer, or the error if any input failed: the OpenAI shape has no place for single
/// failures. `model` is the name the client used.
/// `output`: what was asked for; unset: what the model makes of its own.
Response embeddings_response(const engine::Response& made, const std::string& model,
                             EncodingFormat format, const std::vector<std::string>& warnings = {},
                             std::optional<engine::OutputKind> output = {});

/// About the bytes embeddings_response makes, for the ledger.
std::size_t embeddings_response_bytes(const engine::Response& made, EncodingFormat format);

}  // namespace quern::serve
