// The encoder families: what config.json calls them, what each one fixes, and what their
// checkpoints call their tensors. Source: huggingface/transformers, modeling_*.py of each.

#pragma once

#include <array>
#include <string>
#include <string_view>

#include "formats/head_activation.h"
#include "tensor/layer_kinds.h"

namespace quern::formats {

class JsonObject;  // formats/json_object.h

/// What the tensors of a family are called, without ".weight" and ".bias". Empty: it has none.
struct EncoderNames {
  std::string_view prefix =
      {};  // That files of a task put before all but the head; others lack it.
  std::string_view token = {};
  std::string_view position = {};
  std::string_view type = {};
  std::string_view embed_norm = {};
  std::string_view embed_project = {};         // From a narrower embedding to the model's width.
  std::string_view layer = {};                 // "{}" is the layer's number.
  std::string_view final_norm = {};            // With NormPlace::kPre.
  std::string_view distance = {};              // What Distances learn of buckets or distances,
  std::string_view distance_norm = {};         // and the norm of its rows.
  std::string_view conv = {}, conv_norm = {};  // Behind the first layer.

  // Within a layer. `qkv` and `gate_up`: several matrices on top of each other.
  std::string_view q = {}, k = {}, v = {}, qkv = {};
  std::string_view q_bias = {}, v_bias = {};          // Where qkv is by heads.
  std::string_view distance_k = {}, distance_q = {};  // Of Disentangled::has_own_projections.
  std::string_view q_norm = {}, k_norm = {};          // Of all heads of a row together.
  std::string_view attn_out = {};
  std::string_view attn_norm = {};
  std::string_view attn_norm_again = {};  // Of attn_norm's result, with the layer's input added.
  std::string_view gate = {}, up = {}, gate_up = {};
  std::string_view plain_up = {};  // `up` where the activation that config.json names has no gate.
  std::string_view down = {};
  // Of a layer of experts: n_experts matrices [d_ff, d_model] on top of each other, the second kind
  // from d_ff to d_model. GGUF has the latter as [d_model, d_ff].
  std::string_view router = {}, experts_up = {}, experts_down = {}, experts_bias = {};
  std::string_view ff_norm = {};

  // The classifier: out(norm(activation(dense(row)))). `dense` bears the prefix where
  // dense_is_pooler. No `out`: the family has no classifier here.
  std::string_view dense = {};
  std::string_view head_norm = {};
  std::string_view out = {};

  // The head of a masked-language model: decoder(norm(activation(dense(row)))) + bias, where files
  // may leave the decoder out, which is the embedding. No `mlm_dense`: the family has none here.
  std::string_view mlm_dense = {}, mlm_norm = {}, mlm_decoder = {}, mlm_bias = {};
};

/// What config.json calls the sizes: the spelling of the model's own code, and the other one that
/// is met. Empty: there is no such key.
using ConfigKey = std::array<const char*, 2>;
/// The spelling of a key that this file has; the first where it has none.
const char* spelling(const JsonObject& config, const ConfigKey& key);

struct EncoderKeys {
  ConfigKey n_layers = {"num_hidden_layers", ""};
  ConfigKey n_heads = {"num_attention_heads", ""};
  ConfigKey d_model = {"hidden_size", ""};
  ConfigKey d_ff = {"intermediate_size", ""};
  ConfigKey d_head = {"", ""};  // Without one the model's width is shared out among the heads.
  ConfigKey n_positions = {"max_position_embeddings", ""};
  ConfigKey norm_eps = {"layer_norm_eps", ""};
  ConfigKey activation = {"hidden_act", ""};
};

/// How a token knows its place.
enum class Positions {
  kNone,       // Only by its distances.
  kFirstRow,   // A learned table, from its first row on.
  kBehindPad,  // A learned table, from behind the row of the padding token, which all such take.
  kRope,       // Turned queries and keys.
  kRopeInWindows,  // The same; most layers see a window, and turn by another base.
};

/// What attention scores know of how far the key lies from the query.
enum class Distances {
  kNone,
  kBuckets,      // A learned number for each head and bucket of distances: MPNet, T5.
  kAlibi,        // Less, in proportion to the distance.
  kDisentangled  // Keys and queries of the distances: DeBERTa.
};

enum class NormPlace {
  kPost,  // x = norm(x + part(x)): BERT.
  kPre    // x = x + part(norm(x)), and a norm after the last layer: Llama.
};

/// The order of a fused gate and up matrix.
enum class GateUp { kGateFirst, kUpFirst };

/// Which linear layers have a bias, unless config.json says otherwise by `key`.
struct Biases {
  const char* key = "";
  bool by_default = true;
};

struct EncoderFamily {
  const char* model_type;
  Positions positions = Positions::kFirstRow;
  Distances distances = Distances::kNone;
  int default_pad_id = 0;
  double default_eps = 1e-12;
  int default_n_types = 2;
  int default_n_positions = 0;  // 0: config.json has to say.
  double default_rope_base = 10000;
  Activation default_activation = Activation::kGelu;
  NormKind norm_kind = NormKind::kLayer;
  NormPlace norm_place = NormPlace::kPost;
  GateUp gate_up = GateUp::kGateFirst;
  Biases attention_bias = {}, up_bias = {}, down_bias = {}, norm_bias = {}, head_bias = {};
  // Of `qkv`: each head's query rows, then its key's and its value's, and biases apart.
  bool has_qkv_by_heads = false;
  bool has_distance_k_bias = true;
  bool scales_scores = true;        // By the root of a head's width.
  bool has_first_attn_norm = true;  // False: the first layer reads the embedding as it is.
  bool shares_layers = false;       // Groups of layers have the same weights.
  // The layer from a narrower embedding has no bias and comes before the norm, not behind it.
  bool projects_before_norm = false;
  bool dense_is_pooler = false;  // The classifier's first layer is the encoder's pooler.
  HeadActivation head_activation = HeadActivation::kTanh;
  bool mlm_is_gelu = false;  // Else its head has the activation of the feed-forward parts.
  EncoderKeys keys = {};
  EncoderNames names = {};

  bool is_gated() const { return !names.gate.empty() || !names.gate_up.empty(); }
};

/// nullptr if there is none.
const EncoderFamily* find_encoder_family(std::string_view model_type);

/// "bert, roberta": for messages.
std::string encoder_family_names();

}  // namespace quern::formats
