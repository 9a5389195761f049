// The tensors of a model by their roles, found by the names that its family and its kind of file
// give them, and checked for shape and format.

#pragma once

#include <vector>

#include "formats/decoder_model.h"
#include "formats/model_folder.h"
#include "models/tensor_source.h"
#include "models/transformer.h"

namespace quern::models {

/// What a model has not is empty.
struct ModelTensors {
  RawRows token;     // [n_vocab, d_embed]
  RawRows position;  // [n_position_rows, d_embed]
  RawRows type;      // [n_types, d_embed]
  NormTensors embed_norm, final_norm;
  LinearTensors embed_project;
  RawRows distance;           // [n_buckets, n_heads], or DeBERTa's distances [n_rows, d_model],
  NormTensors distance_norm;  // which are normed.
  LinearTensors conv;         // [d_model, d_model / n_groups * n_taps]
  NormTensors conv_norm;
  std::vector<BlockTensors> blocks;
  RawRows output;                        // Of logits over the vocabulary; empty: the embedding.
  LinearTensors dense, out;              // Of a classifier,
  NormTensors head_norm;                 // and between the two.
  RawRows minus;                         // [1, d_model]: what a score's logit is lessened by.
  LinearTensors mlm_dense, mlm_decoder;  // Of a masked-language model,
  NormTensors mlm_norm;                  // and between the two.
};

/// Errors: kNotFound, kBadInput, kUnsupported, each naming the tensor, what it is and what was
/// wanted.
Result<ModelTensors> find_encoder_tensors(const formats::ModelFolder& folder,
                                          const TensorSource& source);
/// kAbsent: of a decoder that makes no logits over its vocabulary, whose files may lack them.
enum class OutputMatrix { kWanted, kAbsent };
Result<ModelTensors> find_decoder_tensors(const formats::DecoderConfig& config,
                                          const TensorSource& source,
                                          OutputMatrix output = OutputMatrix::kWanted);

}  // namespace quern::models
