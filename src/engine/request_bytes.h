// What a request holds until it is answered, as it is booked when it is accepted.

#pragma once

#include <cstddef>

#include "engine/engine.h"
#include "engine/model_card.h"

namespace quern::engine {

/// Its texts and its results, at most. Where documents are scored for a query that is the first
/// input: the rows of the query and of one document, and a score for each.
std::size_t request_bytes(const Request& request, const ModelCard& card, const Plan& plan,
                          int n_threads);

}  // namespace quern::engine
