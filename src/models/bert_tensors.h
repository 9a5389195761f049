// The tensors of a BERT checkpoint by their roles, found by name and checked for shape and type.
// Only bert_load.cpp and weight_placer.cpp include it.

#pragma once

#include <vector>

#include "formats/model_folder.h"
#include "formats/safetensors.h"

namespace quern::models {

/// Several tensors stacked along their first dimension.
using Stack = std::vector<const formats::TensorEntry*>;

struct BlockTensors {
  Stack qkv_w, attn_out_w, ff_in_w, ff_out_w;
  Stack qkv_b, attn_out_b, ff_in_b, ff_out_b;
  Stack attn_norm_w, attn_norm_b, ff_norm_w, ff_norm_b;
};

struct ModelTensors {
  const formats::TensorEntry* token = nullptr;
  const formats::TensorEntry* position = nullptr;
  const formats::TensorEntry* type = nullptr;
  Stack embed_norm_w, embed_norm_b;
  std::vector<BlockTensors> blocks;
  Stack pooler_w, pooler_b, classifier_w, classifier_b;
};

/// Errors: kNotFound, kBadInput, kUnsupported, each naming the tensor, what it is and what was
/// wanted.
Status find_tensors(const formats::ModelFolder& folder, const formats::TensorFiles& files,
                    ModelTensors& out);

}  // namespace quern::models
