// Weights of a base model with a LoRA adapter worked into them, as one safetensors file.

#pragma once

#include <string>

#include "base/status.h"
#include "formats/lora_adapter.h"
#include "formats/safetensors.h"

namespace quern::hub {

/// Writes `path`: tensors that the adapter leaves alone byte for byte, updated ones as f32 (their
/// own type would round away much of a small update), saved ones as the adapter has them. Tensors
/// keep the base's names; new ones have the adapter's, less the prefix that the base does without.
/// Numerics: weight + scale * (B A), sums over the rank in f32 from its first number on.
/// Errors: kBadInput naming the tensor, got and wanted: one that the base does not have, another
///   shape, a module that "target_modules" names and the adapter says nothing of, a name there that
///   no tensor has, numbers that are not finite once they are worked in; kIo.
Status write_merged_weights(const formats::TensorFiles& base, const formats::LoraAdapter& adapter,
                            const std::string& path);

}  // namespace quern::hub
