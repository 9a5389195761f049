// Which files of a repository make up the model that was asked for.

#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "hub/pull/listing.h"

namespace quern::hub {

struct FileChoice {
  std::vector<ListedFile> files;  // What says most of a model comes first, weights last.
  bool is_gguf = false;           // A .gguf file, or the parts of a split one.
};

/// `wanted`: PullReference::file. Without it a folder model: configs, tokenizer, module folders and
/// safetensors (never pytorch_model.bin, ONNX and the like); or, of a repository of .gguf files,
/// the only one. With it the .gguf file of that name, or the only one that has it in its name.
/// Errors: kNotFound (no such file, with near names), kBadInput (several, listed; nothing that can
/// be read, with what there is).
Result<FileChoice> choose_files(const Listing& listing, const std::string& wanted);

bool is_weight_file(const std::string& path);

}  // namespace quern::hub
