// The tensors of a decoder by their roles, found by the names that GGUF files and safetensors
// folders give them, and checked for shape and format. Only decoder_load.cpp includes it.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "formats/decoder_model.h"
#include "formats/gguf/gguf.h"
#include "formats/safetensors.h"
#include "tensor/block_format.h"

namespace quern::models {

/// Consecutive rows of a tensor, in the bytes of its file.
struct RawRows {
  BlockFormat format = BlockFormat::kF32;
  int n_rows = 0;
  int n_cols = 0;  // A vector is one row.
  std::span<const std::byte> bytes;

  bool empty() const { return bytes.empty(); }
};

struct DecoderBlockTensors {
  RawRows q, k, v, attn_out, gate, up, down;
  RawRows q_bias, k_bias, v_bias, attn_out_bias, gate_bias, up_bias, down_bias;
  RawRows attn_norm, ff_norm, post_attn_norm, post_ff_norm, q_norm, k_norm;
};

struct DecoderTensors {
  RawRows token_embedding;
  RawRows output;  // Empty: the embedding.
  RawRows final_norm;
  std::vector<DecoderBlockTensors> blocks;

  // What the rows point into.
  std::optional<formats::GgufFile> gguf;
  std::optional<formats::TensorFiles> safetensors;
};

/// Opens the model's file or files. Errors: kNotFound, kBadInput, kUnsupported, each naming the
/// tensor, what it is and what was wanted.
Result<DecoderTensors> find_decoder_tensors(const formats::DecoderModel& model);

}  // namespace quern::models
