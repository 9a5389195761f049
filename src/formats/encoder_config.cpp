#include "formats/encoder_config.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "formats/encoder_distances.h"
#include "formats/encoder_positions.h"
#include "formats/json_object.h"

namespace quern::formats {
namespace {

// Far above any published encoder, and low enough that products of two fit 64 bits with room.
constexpr int kMaxLayers = 1024;
constexpr int kMaxWidth = 1 << 16;
constexpr int kMaxVocab = 1 << 24;
constexpr int kMaxTypes = 256;  // Type ids are bytes.

Result<Activation> read_activation(const JsonObject& config, const EncoderFamily& family) {
  const char* key = spelling(config, family.keys.activation);
  if (!config.has(key)) return family.default_activation;
  QUERN_ASSIGN(const std::string name, config.string(key));
  if (name == "gelu" || name == "gelu_python") return Activation::kGelu;
  // One formula under many names.
  for (const char* tanh :
       {"gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_accurate", "gelu_python_tanh"}) {
    if (name == tanh) return Activation::kGeluTanh;
  }
  if (name == "relu") return Activation::kRelu;
  const bool is_gated = family.is_gated();
  if (is_gated && name == "gated-gelu") return Activation::kGeluTanh;
  if (is_gated && name == "gated-silu") return Activation::kSilu;
  if (is_gated && name == "reglu") return Activation::kRelu;
  if (is_gated && (name == "silu" || name == "swish" || name == "swiglu")) return Activation::kSilu;
  if (is_gated && name == "geglu") return Activation::kGelu;
  return config.unsupported(
      key, is_gated ? "silu, swiglu, gated-silu, gelu, geglu, gated-gelu, gelu_new, "
                      "relu or reglu"
                    : "gelu, gelu_new, gelu_fast, gelu_pytorch_tanh or relu");
}

Result<const EncoderFamily*> read_family(const JsonObject& config) {
  const std::string known = encoder_family_names();
  if (!config.has("model_type")) return config.wrong("model_type", "one of: " + known);
  QUERN_ASSIGN(std::string type, config.string("model_type"));
  // Jina's embedders call themselves BERT.
  QUERN_ASSIGN(const std::string positions, config.string_or("position_embedding_type", ""));
  if (type == "bert" && positions == "alibi") {
    const bool is_code = config.at("auto_map").dump().find("qk-post-norm") != std::string::npos;
    type = is_code ? "jina-bert-v2-code" : "jina-bert-v2";
  }
  const EncoderFamily* family = find_encoder_family(type);
  if (family == nullptr) return config.unsupported("model_type", "one of: " + known);
  return family;
}

/// Keys that change the computation in a way that is not here, unless they say this.
struct Wanted {
  const char* key;
  bool value;
};
constexpr Wanted kWanted[] = {{"is_decoder", false},
                              {"prenorm", false},
                              {"rotary_emb_interleaved", false},
                              {"use_rms_norm", false},
                              {"causal", false},
                              {"is_causal", false},
                              {"logn_attention_scale", false},
                              {"moe_normalize_expert_weights", false},
                              {"sinusoidal_pos_embds", false},
                              {"talking_head", false}};

Status check_choices(const JsonObject& config) {
  for (const Wanted& wanted : kWanted) {
    QUERN_ASSIGN(const bool value, config.boolean_or(wanted.key, wanted.value));
    if (value != wanted.value) {
      return config.unsupported(wanted.key, wanted.value ? "true" : "false");
    }
  }
  QUERN_ASSIGN(const int n_parts, config.integer_or("inner_group_num", 0, kMaxLayers, 0));
  if (n_parts > 1) return config.unsupported("inner_group_num", "at most 1");
  for (const auto& [key, want] :
       {std::pair{"layer_norm_type", "layer_norm"}, {"pooler_hidden_act", "gelu"}}) {
    QUERN_ASSIGN(const std::string value, config.string_or(key, want));
    if (value != want) return config.unsupported(key, want);
  }
  return {};
}

Status read_sizes(const JsonObject& config, EncoderConfig& out) {
  const EncoderKeys& keys = out.names->keys;
  const auto integer = [&](const ConfigKey& key, int highest) {
    return config.integer(spelling(config, key), 1, highest);
  };
  QUERN_ASSIGN(out.n_layers, integer(keys.n_layers, kMaxLayers));
  QUERN_ASSIGN(out.n_heads, integer(keys.n_heads, kMaxWidth));
  QUERN_ASSIGN(out.d_model, integer(keys.d_model, kMaxWidth));
  QUERN_ASSIGN(out.d_ff, integer(keys.d_ff, 16 * kMaxWidth));
  QUERN_ASSIGN(out.n_vocab, config.integer("vocab_size", 1, kMaxVocab));
  QUERN_ASSIGN(out.n_types,
               config.integer_or("type_vocab_size", 0, kMaxTypes, out.names->default_n_types));
  if (out.names->names.type.empty()) out.n_types = 0;
  QUERN_ASSIGN(out.n_kv_heads,
               config.integer_or("num_key_value_heads", 1, out.n_heads, out.n_heads));
  QUERN_ASSIGN(out.d_embed, config.integer_or("embedding_size", 1, kMaxWidth, out.d_model));
  if (out.names->names.embed_project.empty()) out.d_embed = out.d_model;
  if (out.names->shares_layers) {
    QUERN_ASSIGN(out.n_groups, config.integer_or("num_hidden_groups", 1, out.n_layers, 1));
  }
  QUERN_ASSIGN(out.d_head, config.integer_or(keys.d_head[0], 1, kMaxWidth, 0));
  if (std::int64_t{out.d_head} * out.n_heads > kMaxWidth) {
    return config.wrong(keys.d_head[0],
                        fmt::format("at most {} in {} heads", kMaxWidth, out.n_heads));
  }
  if (out.d_head == 0 && out.d_model % out.n_heads != 0) {
    return config.wrong(
        spelling(config, keys.n_heads),
        fmt::format("a divisor of '{}', {}", spelling(config, keys.d_model), out.d_model));
  }
  if (out.n_heads % out.n_kv_heads != 0) {
    return config.wrong("num_key_value_heads", fmt::format("a divisor of {}", out.n_heads));
  }
  if (out.names->has_qkv_by_heads && out.n_kv_heads != out.n_heads) {
    return config.wrong("num_key_value_heads",
                        fmt::format("{}: this family has no other", out.n_heads));
  }
  if (out.d_head == 0) out.d_head = out.d_model / out.n_heads;
  const bool scales = out.names->scales_scores;
  out.attn_scale = scales ? 1.0f / std::sqrt(static_cast<float>(out.d_head)) : 1.0f;
  return {};
}

/// Source: transformers modeling_deberta_v2.py, ConvLayer.
Status read_convolution(const JsonObject& config, EncoderConfig& out) {
  constexpr int kMostTaps = 63;
  Convolution conv;
  QUERN_ASSIGN(conv.n_taps, config.integer_or("conv_kernel_size", 0, kMostTaps, 0));
  if (conv.n_taps == 0) return {};
  if (out.names->names.conv.empty()) return config.unsupported("conv_kernel_size", "0");
  if (conv.n_taps % 2 == 0) return config.wrong("conv_kernel_size", "an odd number");
  QUERN_ASSIGN(conv.n_groups, config.integer_or("conv_groups", 1, out.d_model, 1));
  if (out.d_model % conv.n_groups != 0) {
    return config.wrong("conv_groups", fmt::format("a divisor of {}", out.d_model));
  }
  QUERN_ASSIGN(const std::string name, config.string_or("conv_act", "tanh"));
  using enum HeadActivation;
  for (const auto& [known, kind] : {std::pair{"tanh", kTanh}, {"gelu", kGelu}, {"relu", kRelu}}) {
    if (name != known) continue;
    conv.activation = kind;
    out.convolution = conv;
    return {};
  }
  return config.unsupported("conv_act", "tanh, gelu or relu");
}

/// Source: nomic-ai's modeling_hf_nomic_bert.py, NomicMoELayer.
Status read_experts(const JsonObject& config, EncoderConfig& out) {
  QUERN_ASSIGN(const int n, config.integer_or("num_experts", 0, kMaxLayers, 0));
  if (n <= 1) return {};
  if (out.names->names.router.empty()) return config.unsupported("num_experts", "at most 1");
  out.experts.n = n;
  QUERN_ASSIGN(out.experts.n_active, config.integer_or("moe_top_k", 1, n, 1));
  QUERN_ASSIGN(out.experts.every, config.integer("moe_every_n_layers", 2, kMaxLayers));
  if (!out.is_gated) return {};
  return config.unsupported(spelling(config, out.names->keys.activation),
                            "gelu, as experts have no gate");
}

/// Whether the activation that config.json names wants a gate.
Result<bool> reads_gate(const JsonObject& config, const EncoderFamily& family) {
  if (!family.is_gated() || family.names.plain_up.empty()) return family.is_gated();
  const char* custom = family.default_activation == Activation::kRelu ? "relu" : "swiglu";
  QUERN_ASSIGN(const std::string name,
               config.string_or(spelling(config, family.keys.activation), custom));
  return !name.starts_with("gelu") && !name.starts_with("relu");
}

Status read_parts(const JsonObject& config, EncoderConfig& out) {
  const EncoderFamily& family = *out.names;
  const char* eps_key = spelling(config, family.keys.norm_eps);
  QUERN_ASSIGN(const double eps, config.number_or(eps_key, 0, 1, family.default_eps));
  out.norm_eps = static_cast<float>(eps);
  out.norm_kind = family.norm_kind;
  out.norm_place = family.norm_place;
  QUERN_ASSIGN(out.activation, read_activation(config, family));
  QUERN_ASSIGN(out.is_gated, reads_gate(config, family));
  QUERN_TRY(read_experts(config, out));
  QUERN_TRY(read_convolution(config, out));
  const auto has = [&](const Biases& biases) {
    return config.boolean_or(biases.key, biases.by_default);
  };
  QUERN_ASSIGN(out.has_attention_bias, has(family.attention_bias));
  QUERN_ASSIGN(out.has_up_bias, has(family.up_bias));
  QUERN_ASSIGN(out.has_down_bias, has(family.down_bias));
  QUERN_ASSIGN(out.has_norm_bias, has(family.norm_bias));
  QUERN_ASSIGN(out.has_head_bias, has(family.head_bias));
  return {};
}

}  // namespace

Result<EncoderConfig> read_encoder_config(const JsonObject& config) {
  EncoderConfig out;
  QUERN_ASSIGN(out.names, read_family(config));
  out.family = out.names->model_type;
  QUERN_TRY(check_choices(config));
  QUERN_TRY(read_sizes(config, out));
  QUERN_TRY(read_parts(config, out));
  QUERN_TRY(read_encoder_positions(config, out));
  QUERN_TRY(read_encoder_distances(config, out));
  return out;
}

Result<EncoderConfig> encoder_from_decoder(const DecoderConfig& config) {
  if (config.attn_softcap != 0) {
    return {Code::kUnsupported, fmt::format("{}'s capped attention scores, in an embedder",
                                            decoder_family_name(config.family))};
  }
  EncoderConfig out;
  out.family = decoder_family_name(config.family);
  out.n_layers = config.n_layers;
  out.n_heads = config.n_heads;
  out.n_kv_heads = config.n_kv_heads;
  out.d_model = config.d_model;
  out.d_head = config.d_head;
  out.d_ff = config.d_ff;
  out.d_embed = config.d_model;
  out.n_vocab = config.n_vocab;
  out.n_positions = config.n_positions;
  out.norm_eps = config.norm_eps;
  out.norm_kind = NormKind::kRms;
  out.norm_place = NormPlace::kPre;
  out.norm_adds_one = config.norm_adds_one;
  out.activation = config.activation;
  out.is_gated = true;
  out.embed_scale = config.embed_scale;
  out.attn_scale = config.attn_scale;
  out.causal = config.is_causal;
  out.windows = config.windows;
  if (!out.causal) {  // A window of 512 reaches 256 to each side.
    for (int& window : out.windows) window = window > 0 ? window / 2 + 1 : 0;
  }
  out.rope = config.rope;
  out.window_rope = config.window_rope;
  return out;
}

}  // namespace quern::formats
