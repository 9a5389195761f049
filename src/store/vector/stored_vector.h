// The vector of one document, as near to what went in as its codes are.

#pragma once

#include <vector>

#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/vector/vector_part.h"

namespace quern::store {

/// What a row's codes stand for, [d].
std::vector<float> values_of(const CodedRow& row, int d);

/// Of the active space, [d]; empty where the document has none. Errors: kBadInput for damage, kIo.
Result<std::vector<float>> stored_vector(const Generation& generation, const Place& place);

}  // namespace quern::store
