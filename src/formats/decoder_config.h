// Hyper-parameters of the decoder families (Llama and its kin), from the metadata of a GGUF file or
// from config.json of a safetensors folder. Everything that a family fixes is spelt out here, so
// that the maths asks for facts and never for names.

#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "formats/gguf/gguf.h"
#include "tensor/layer_kinds.h"

namespace quern::formats {

class JsonObject;  // formats/json_object.h

enum class DecoderFamily { kLlama, kQwen2, kQwen3, kGemma, kGemma2, kGemma3, kPhi3 };

const char* decoder_family_name(DecoderFamily family);  // "llama", "qwen2", ...

/// Rotary position embedding. The angle of pair i at position p is
/// p * base^(-2i / n_dims) / factors[i]; cosine and sine are multiplied by `magnitude`. Every kind
/// of scaling (linear, YaRN, Llama 3, long) is resolved into these factors: rope_scaling.h. Source:
/// Su et al. 2021 (arXiv 2104.09864).
struct Rope {
  double base = 10000;
  int n_dims = 0;            // Leading dimensions of each head that turn; even.
  bool interleaved = false;  // Pairs (2i, 2i + 1), as GGUF's llama; else (i, i + n_dims / 2).
  std::vector<float> factors = {};  // [n_dims / 2], or empty: all 1.
  float magnitude = 1;

  // Phi-3: sequences that may grow beyond `n_short_positions` use these instead; empty: none.
  std::vector<float> long_factors = {};  // [n_dims / 2]
  int n_short_positions = 0;
};

struct DecoderConfig {
  DecoderFamily family = DecoderFamily::kLlama;
  int n_layers = 0;
  int n_heads = 0;
  int n_kv_heads = 0;  // Divides n_heads.
  int d_model = 0;
  int d_head = 0;
  int d_ff = 0;
  int n_vocab = 0;
  int n_positions = 0;
  float norm_eps = 0;
  Activation activation = Activation::kSilu;  // Of the gate: act(gate(x)) * up(x).

  float embed_scale = 1;    // Of the embedding's rows.
  float attn_scale = 1;     // Of query . key.
  float attn_softcap = 0;   // c: scores become c * tanh(score / c); 0: none.
  float logit_softcap = 0;  // The same for the logits.

  bool has_qkv_bias = false;
  bool has_attn_out_bias = false;
  bool has_ff_bias = false;
  bool has_qk_norm = false;      // RMS norm of each query and key head.
  bool has_post_norms = false;   // Norms after attention and after the feed-forward part too.
  bool norm_adds_one = false;    // Stored norm weights lack 1 (Gemma's safetensors).
  bool tied_embeddings = false;  // The embedding is the output matrix too.
  bool is_causal = true;         // False: an embedder's, whose tokens see those behind them too.

  /// Window of each layer [n_layers]: a token sees itself and the window - 1 before it; 0: all.
  std::vector<int> windows;
  Rope rope;
  Rope window_rope;  // Of layers that have a window (Gemma 3); elsewhere equal to `rope`.

  const Rope& rope_of(int layer) const {
    return windows[static_cast<std::size_t>(layer)] > 0 ? window_rope : rope;
  }
};

/// Errors: kUnsupported (general.architecture, known ones listed; a rope scaling), kBadInput.
Result<DecoderConfig> decoder_config_from_gguf(const GgufMetadata& metadata,
                                               const GgufTensors& tensors);

/// Errors: as above, for model_type.
Result<DecoderConfig> decoder_config_from_json(const JsonObject& config);

}  // namespace quern::formats
