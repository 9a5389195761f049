// The vector of one document, as near to what went in as its codes are.

#pragma once

#include <vector>

#include "base/status.h"
#include "store/catalog/generation.h"

namespace quern::store {

/// Of the active space, [d]; empty where the document has none. Errors: kBadInput for damage, kIo.
Result<std::vector<float>> stored_vector(const Generation& generation, const Place& place);

}  // namespace quern::store
