// Hyper-parameters of the encoder families, with everything that a family fixes spelt out, so that
// the maths asks for facts and never for names.
// Source: huggingface/transformers configuration_*.py and modeling_*.py of each family.

#pragma once

#include <string>
#include <vector>

#include "formats/decoder_config.h"
#include "formats/encoder_family.h"
#include "formats/head_activation.h"
#include "tensor/layer_kinds.h"

namespace quern::formats {

class JsonObject;  // formats/json_object.h

/// How many buckets of distances there are, and the distance from which on all have the last one.
inline constexpr int kDistanceBuckets = 32;
inline constexpr int kMaxBucketDistance = 128;

/// DeBERTa's scores: see kernels::RelativeRows. Distances between -span and span have a row each.
struct Disentangled {
  int span = 0;       // 0: there are none.
  int n_buckets = 0;  // Distances beyond half of it share rows, the further the more; 0: none do.
  int max_distance = 0;              // From here on all share the last one.
  bool to_keys = false;              // Queries meet the keys of the distances: "c2p".
  bool to_queries = false;           // Keys meet the queries of the distances: "p2c".
  bool has_own_projections = false;  // Else those of the tokens.
  bool has_norm = false;

  int n_rows() const { return 2 * span; }
};

/// Layers whose feed-forward part is a choice of several, by the row.
struct Experts {
  int n = 0;         // 0: no layer has any.
  int n_active = 0;  // Of each row.
  int every = 0;     // Layers 1, 1 + every, ... have them.

  bool in(int layer) const { return n > 0 && layer % every == 1; }
};

/// Over the rows that the first layer reads, added to what it makes of them and normed: DeBERTa
/// v2-xlarge. Source: transformers modeling_deberta_v2.py, ConvLayer.
struct Convolution {
  int n_taps = 0;    // Odd; 0: there is none.
  int n_groups = 1;  // Of inputs and outputs, which see each other alone.
  HeadActivation activation = HeadActivation::kTanh;
};

/// Every number is checked to be in a sane range.
struct EncoderConfig {
  std::string family;                    // model_type of config.json.
  const EncoderFamily* names = nullptr;  // Its row; nullptr: a decoder's.
  int n_layers = 0;
  int n_heads = 0;
  int n_kv_heads = 0;  // Divides n_heads.
  int d_model = 0;
  int d_head = 0;
  int d_ff = 0;
  int d_embed =
      0;  // Of the embedding; where it is not d_model, a layer leads from one to the other.
  int n_vocab = 0;
  int n_positions = 0;  // Most tokens of a text.
  int n_types = 0;      // Rows of the type table; 0: there is none.
  int n_groups = 0;     // Of layers that have the same weights; 0: each has its own.
  bool has_attention_bias = true;
  bool has_up_bias = true;  // Of gate and up.
  bool has_down_bias = true;
  bool has_norm_bias = true;
  bool has_head_bias = true;  // Of the classifier's first layer.
  float norm_eps = 0;
  NormKind norm_kind = NormKind::kLayer;
  NormPlace norm_place = NormPlace::kPost;
  bool norm_adds_one = false;  // Stored norm weights lack 1.
  Activation activation = Activation::kGelu;
  bool is_gated = false;
  Experts experts = {};
  Convolution convolution = {};
  float embed_scale = 1;  // Of the embedding's rows.
  float attn_scale = 0;   // Of query . key.
  bool causal = false;

  /// Window of each layer [n_layers], as kernels::AttentionSpec has it; or empty: none.
  std::vector<int> windows = {};
  Rope rope = {};         // n_dims 0: positions are learned, or none.
  Rope window_rope = {};  // Of layers that have a window.

  int n_buckets = 0;  // Rows of the table of Distances::kBuckets; 0: there is none.
  bool has_alibi = false;
  Disentangled disentangled = {};

  bool has_position_table = false;
  /// Learned positions begin at this row of their table. With `pad_id`, tokens of that id all take
  /// row pad_id and do not count: RoBERTa.
  int first_position = 0;
  int pad_id = -1;

  /// Rows of the table of learned positions; 0: there is none.
  int n_position_rows() const { return has_position_table ? first_position + n_positions : 0; }
  int n_blocks() const { return n_groups > 0 ? n_groups : n_layers; }
  /// The block that computes a layer.
  int block_of(int layer) const { return layer * n_blocks() / n_layers; }
};

/// A decoder whose hidden states are wanted: the same network, run over whole texts.
/// Errors: kUnsupported for what only the decoder's own forward pass does (capped scores).
Result<EncoderConfig> encoder_from_decoder(const DecoderConfig& config);

/// Errors: kUnsupported for a model_type without a family, known ones listed; kBadInput.
Result<EncoderConfig> read_encoder_config(const JsonObject& config);

/// Errors: the same, for general.architecture.
Result<EncoderConfig> encoder_config_from_gguf(const GgufMetadata& metadata,
                                               const GgufTensors& tensors);

}  // namespace quern::formats
