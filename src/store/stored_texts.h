// What was stored with some documents of a state.

#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/dense_search.h"

namespace quern::store {

/// Gives what was stored with the i-th place, in the order of `places`. A frame of text is unpacked
/// for each, or for neighbours once. Errors: kBadInput for damage, kIo.
Status read_stored_texts(const Generation& generation, std::span<const DocPlace> places,
                         const std::function<void(std::size_t i, std::string stored)>& give);

}  // namespace quern::store
