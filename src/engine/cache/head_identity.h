// What of a model's head its results have their bits from, in words, for the keys of results.

#pragma once

#include <string>

#include "formats/head_facts.h"

namespace quern::engine {

/// Poolings, modules, terms and the score of a token: whatever the files, the table of known models
/// and the user's own pooling made of them.
std::string head_identity(const formats::HeadFacts& head);

/// Some of its weights lie in files of their own, beside those that hub::model_digest reads.
bool has_weights_elsewhere(const formats::HeadFacts& head);

}  // namespace quern::engine
