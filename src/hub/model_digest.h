// One name for the content of a model's weights, whatever folder they lie in.

#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/status.h"
#include "formats/safetensors.h"

namespace quern::hub {

/// SHA-256, 64 hex digits, over the names and digests of config.json, the tokenizer (int8 packing
/// calibrates on texts), formats::kOutputFiles and the weight files. An installed model's digests
/// are those of its quern.json while no file is newer than that; any other file is read once and
/// remembered in home/packed/digests. Errors: kIo.
Result<std::string> model_digest(const std::string& home, const std::string& folder,
                                 const formats::TensorFiles& files);

Result<std::string> model_digest(const std::string& home, const std::string& folder,
                                 std::span<const MappedFile> weights);

/// The same of a folder of safetensors, or of a .gguf file. Errors: as TensorFiles::open.
Result<std::string> model_digest(const std::string& home, const std::string& path);

/// The same where it is known without reading the weight files, else nothing: for listings.
std::optional<std::string> known_model_digest(const std::string& home, const std::string& folder,
                                              const formats::TensorFiles& files);

/// The same of a folder of safetensors, or of a .gguf file.
std::optional<std::string> known_model_digest(const std::string& home, const std::string& path);

}  // namespace quern::hub
