// The one place where logits become scores. A score is on a named scale, and never scaled twice.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "formats/head_facts.h"

namespace quern::engine {

using formats::Scale;
using formats::scale_name;

/// The wish, or else the model's own scale.
/// Errors: kBadInput for a softmax over a single label, which would be 1 whatever the text says,
/// and
///   for late interaction on any scale but its own, which is raw.
Result<Scale> choose_scale(std::optional<Scale> wanted, Scale own, std::size_t n_labels);

/// The scores of one input, each in f32 from its logit.
///
/// Shapes: logits [n_labels], the same out. Logits must be finite.
/// Numerics: exponents are below 0 (log-sum-exp), so nothing overflows however large a logit is.
std::vector<float> scores_of(std::span<const float> logits, Scale scale);

/// Indices of `logits`, the best first; of equal ones the earlier. Ranks by logits, not by scores:
/// large logits have one sigmoid.
std::vector<std::size_t> best_first(std::span<const float> logits);

}  // namespace quern::engine
