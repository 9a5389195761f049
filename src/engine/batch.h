// Which of the waiting inputs make up the next batch: a budget of tokens, lengths close together.

#pragma once

#include <limits>
#include <span>
#include <vector>

#include "base/machine.h"

namespace quern::engine {

/// Tokens per batch for a model of these widths: the rows of one batch (hidden and feed-forward,
/// f32) fill about half of the shared cache, so that an operation finds its input there, while
/// the weights are read once per batch. A multiple of 64 in [256, 4096].
int default_batch_tokens(int d_model, int d_ff, const CacheSizes& caches);

/// Positions in `lengths` of the inputs to run together, best first: `lead` always, then those
/// nearest to it in length (of equals, the earlier), while the sum stays within `budget_tokens` and
/// they are `max_texts` at most. Cost: O(n log n), O(n) where everything fits.
std::vector<int> choose_batch(std::span<const int> lengths, int lead, int budget_tokens,
                              int max_texts = std::numeric_limits<int>::max());

}  // namespace quern::engine
