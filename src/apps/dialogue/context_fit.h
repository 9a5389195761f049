// What predictors of one context have in common while they are trained beside others: their part of
// the rows that were gathered for all, and the ridges on them.

#pragma once

#include <span>
#include <vector>

#include "apps/dialogue/context_reader.h"
#include "apps/dialogue/training_rows.h"
#include "base/status.h"
#include "reservoir/ridge.h"

namespace quern::apps {

/// A context of which each of these is a part. Errors: kBadInput for two reservoirs that differ.
Result<ContextSpec> context_of_all(std::span<const ContextSpec> contexts);

/// The numbers of what `whole` sees that `part` sees, in its order. Both are of one width.
std::vector<int> columns_of(const ContextReader& part, const ContextReader& whole);

struct ContextFit {
  std::vector<float> learn = {};       // [n, d_x] Of TrainingRows::learn
  std::vector<float> confidence = {};  // and ::confidence what this context sees.
  reservoir::RidgeFit fit, all;        // On rows that are fitted on, and on those that choose, too.

  /// Errors: kBadInput for fewer than two rows.
  static Result<ContextFit> make(const ContextReader& context, const ContextReader& whole,
                                 const TrainingRows& rows);
};

}  // namespace quern::apps
