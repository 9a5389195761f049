// What is kept of one input's result: enough to answer any request that it can serve.

#pragma once

#include <cstddef>
#include <vector>

#include "engine/model_card.h"
#include "tensor/matrix.h"

namespace quern::engine {

/// Of a vector or logits the numbers as the pass made them; of rows and tags those of each token,
/// one after the other; of weights of terms those that count, with their ids.
struct StoredResult {
  std::vector<float> values;
  std::vector<text::TokenId> ids;

  std::size_t n_bytes() const {
    return values.size() * sizeof(float) + ids.size() * sizeof(text::TokenId);
  }
  bool operator==(const StoredResult&) const = default;
};

/// What is to be kept of what a pass made of one input.
///
/// Shapes: made [1, n_values], or [n_tokens, n_values] where the form has a row per token.
StoredResult stored_result(const ModelCard& card, const Plan& plan, const text::Encoding& input,
                           Matrix<const float> made);

/// Makes the outcome of it, the same to the bit as from the pass itself. False where its shape is
/// not that of such a result: it is damaged, and nothing was done.
bool finish_stored(const ModelCard& card, const Plan& plan, const text::Encoding& input,
                   const StoredResult& stored, Outcome& out);

}  // namespace quern::engine
