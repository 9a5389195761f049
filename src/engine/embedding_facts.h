// What the vectors of a request depend on beside its texts (EmbeddingFacts of engine.h).

#pragma once

#include <string_view>

#include "base/status.h"
#include "engine/model_card.h"

namespace quern::engine {

/// What there is to know of a plan for vectors. `weights` and `arithmetic` are the source's words.
/// Errors: kBadInput for a plan whose output is no vector.
Result<EmbeddingFacts> embedding_facts(const ModelCard& card, const Plan& plan,
                                       std::string_view weights, std::string_view arithmetic);

}  // namespace quern::engine
