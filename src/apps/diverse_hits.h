// Hits that are not all alike: in the order of their marginal relevance.

#pragma once

#include <cstddef>
#include <vector>

#include "apps/retriever.h"
#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/schema.h"

namespace quern::apps {

/// Puts the best n_wanted of `hits` first, each the best by its score less its likeness to those
/// before it (store/rank/diversity.h), and the others behind them as they were. Likeness is that
/// of vectors where the hits have some, else of words. Where hits were reranked those are put in
/// order, by that score. `diversity`: 0 to 1, what likeness counts beside scores. Errors: kBadInput
/// for damage; kIo.
Status diversify_hits(const store::Generation& generation, const store::Schema& schema,
                      float diversity, std::size_t n_wanted, std::vector<RetrievedHit>& hits);

}  // namespace quern::apps
