// What the engine made of the documents of a rerank request -> the JSON of the answer, which
// clients of Cohere and of Jina both read.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "serve/http/http.h"

namespace quern::serve {

/// All but the scores.
struct RerankAnswer {
  std::string id;
  std::string model;  // As the client named it.
  int top_n = 0;
  std::optional<engine::Scale> scale;
  std::string_view api_version = "1";  // Cohere's.
  /// The documents, where they are wanted back; else none.
  std::shared_ptr<const std::vector<std::string>> documents;
  std::vector<std::string> warnings;

  /// The answer, or the error if any document failed.
  Response write(const engine::Response& made) const;

  /// About the bytes that makes, for the ledger.
  std::size_t n_bytes(const engine::Response& made) const;
};

}  // namespace quern::serve
