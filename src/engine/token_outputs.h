// What is kept of numbers that a model made for each token of a text, or for each of its terms.

#pragma once

#include "engine/engine.h"
#include "engine/model_card.h"
#include "tensor/matrix.h"

namespace quern::engine {

/// The rows that count, one after the other, cut or scaled as the plan says, and their tokens.
///
/// Shapes: rows [n_tokens of input, n_values].
void keep_rows(const EncoderFacts& facts, const Plan& plan, const text::Encoding& input,
               Matrix<const float> rows, Outcome& out);

/// Logits of the tokens of the text itself, and where they stand.
///
/// Shapes: rows [n_tokens of input, n_labels]; the input has spans.
void keep_tags(const text::Encoding& input, Matrix<const float> rows, Outcome& out);

/// Terms with a weight above 0, ascending by id. `made`: a weight for every term of the vocabulary
/// [1, n_vocab], or a number for every token [n_tokens, 1], of which the largest of a term counts.
void keep_terms(const EncoderFacts& facts, const text::Encoding& input, Matrix<const float> made,
                Outcome& out);

}  // namespace quern::engine
