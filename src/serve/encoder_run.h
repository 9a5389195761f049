// One request to an encoder being answered, for vectors or for scores: submitted to the engine,
// cancelled when the client goes, written when it is done. Knows no dialect.

#pragma once

#include <functional>
#include <memory>

#include "serve/backend.h"
#include "serve/http/exchange.h"

namespace quern::serve {

struct EncoderPlan {
  engine::Request request;  // The model as the client names it.
  /// The answer to a request that did not fail as a whole.
  std::function<Response(const engine::Response& made)> write;
  /// About how many bytes that is.
  std::function<std::size_t(const engine::Response& made)> n_bytes;
  bool keeps_texts = false;  // `write` holds the texts too, beside the engine.
};

/// Answers `exchange`, whose body is not needed any more. On its I/O thread.
void run_encoder(const std::shared_ptr<Backend>& backend, const std::shared_ptr<Exchange>& exchange,
                 EncoderPlan plan);

}  // namespace quern::serve
