// What the files at a path are good for: known from few fields, before the whole is read.

#pragma once

#include <string>

#include "base/status.h"

namespace quern::formats {

enum class ModelKind {
  kEncoder,  // Makes vectors or labels of whole texts, with whatever network: read_model_folder.
  kDecoder,  // Generates text: read_decoder.
};

/// A decoder's network is an embedder's where the files say so: a folder by modules.json, by an
/// architecture without an output over the vocabulary or by attention that sees both ways; a GGUF
/// file by `pooling_type`.
/// Errors: as read_decoder; kUnsupported for an architecture that is neither.
Result<ModelKind> model_kind(const std::string& path);

}  // namespace quern::formats
