// The head of a safetensors file to be written; its tensors follow in the same order, with nothing
// between them. Source: https://github.com/huggingface/safetensors#format.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/dtype.h"

namespace quern::formats {

struct TensorSlot {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape = {};
};

using TensorLayout = std::vector<TensorSlot>;

/// The length and the JSON, padded so that the data begin at a multiple of eight bytes.
std::string safetensors_header(const TensorLayout& layout);

}  // namespace quern::formats
