// One name for the content of a model's weights, whatever folder they lie in.

#pragma once

#include <string>

#include "base/status.h"
#include "formats/safetensors.h"

namespace quern::hub {

/// SHA-256, 64 hex digits, over config.json and the names and digests of the weight files. An
/// installed model's digests are those of its quern.json while no file is newer than that;
/// anything else is read once and remembered in home/packed/digests.
/// Errors: kNotFound, kIo (config.json).
Result<std::string> model_digest(const std::string& home, const std::string& folder,
                                 const formats::TensorFiles& files);

}  // namespace quern::hub
