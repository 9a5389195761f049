// The last step of an input: what the plan asks of the numbers that a pass made. Needs no weights.

#pragma once

#include "engine/engine.h"
#include "engine/model_card.h"
#include "tensor/matrix.h"

namespace quern::engine {

/// Shapes: made [1, n_values], or [n_tokens of input, n_values] where the form has a row per token.
void finish_outcome(const ModelCard& card, const Plan& plan, const text::Encoding& input,
                    Matrix<const float> made, Outcome& out);

}  // namespace quern::engine
