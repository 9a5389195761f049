// What a GGUF file makes of a text where it generates none: a vector, or logits.
// Source: llama.cpp, convert_hf_to_gguf.py and src/llama-graph.cpp, build_pooling.

#pragma once

#include <optional>

#include "formats/gguf/gguf.h"
#include "formats/head_facts.h"
#include "formats/pair_prompt.h"

namespace quern::formats {

/// `pooling_type` of the architecture: nothing where the file names none.
enum class GgufPooling { kNone, kVector, kRank };
Result<GgufPooling> gguf_pooling(const GgufMetadata& metadata);

/// A vector's poolings are empty where the file names none. Vectors have length 1: a GGUF file does
/// not say, and llama.cpp's own default is that.
/// Errors: kUnsupported for a classifier that the converter has left incomplete; kBadInput.
Result<HeadFacts> gguf_head(const GgufMetadata& metadata, const GgufTensors& tensors, int d_model);

/// The same of a decoder's network, whose classifier is one matrix over its last row.
Result<HeadFacts> gguf_decoder_head(const GgufMetadata& metadata, const GgufTensors& tensors,
                                    int d_model);

/// The text round a pair that the file brings for ranking; nothing where it has none.
Result<std::optional<PairPrompt>> gguf_pair_prompt(const GgufMetadata& metadata);

}  // namespace quern::formats
