// What the engine made of the texts of a classify request -> the JSON of the answer.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/scoring/zero_shot.h"
#include "serve/http/http.h"

namespace quern::serve {

/// All but the scores.
struct ClassifyAnswer {
  std::string model;                    // As the client named it.
  std::optional<engine::ZeroShot> own;  // Unset: the model's labels.
  std::optional<engine::Scale> scale;
  std::vector<std::string> warnings;

  /// The answer, or the error if any text failed.
  Response write(const engine::Response& made) const;

  /// About the bytes that makes, for the ledger.
  std::size_t n_bytes(const engine::Response& made) const;

 private:
  Response write_models(const engine::Response& made) const;
  Response write_own(const engine::Response& made, const engine::ZeroShot& asked) const;
};

}  // namespace quern::serve
