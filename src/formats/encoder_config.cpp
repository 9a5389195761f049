#include "formats/encoder_config.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace quern::formats {
namespace {

// Far above any published encoder, and low enough that products of two fit 64 bits with room.
constexpr int kMaxLayers = 1024;
constexpr int kMaxWidth = 1 << 16;
constexpr int kMaxVocab = 1 << 24;
constexpr int kMaxPositions = 1 << 20;
constexpr int kMaxTypes = 256;  // Type ids are bytes.

Result<Activation> read_activation(const JsonObject& config) {
  if (!config.has("hidden_act")) return Activation::kGelu;
  QUERN_ASSIGN(const std::string name, config.string("hidden_act"));
  if (name == "gelu" || name == "gelu_python") return Activation::kGelu;
  // One formula under three names.
  if (name == "gelu_new" || name == "gelu_fast" || name == "gelu_pytorch_tanh") {
    return Activation::kGeluTanh;
  }
  if (name == "relu") return Activation::kRelu;
  return config.unsupported("hidden_act", "gelu, gelu_new, gelu_fast, gelu_pytorch_tanh or relu");
}

Result<const EncoderFamily*> read_family(const JsonObject& config) {
  const std::string known = encoder_family_names();
  if (!config.has("model_type")) return config.wrong("model_type", "one of: " + known);
  QUERN_ASSIGN(const std::string type, config.string("model_type"));
  const EncoderFamily* family = find_encoder_family(type);
  if (family == nullptr) return config.unsupported("model_type", "one of: " + known);
  QUERN_ASSIGN(const std::string position, config.string_or("position_embedding_type", "absolute"));
  if (position != "absolute") return config.unsupported("position_embedding_type", "absolute");
  QUERN_ASSIGN(const bool is_decoder, config.boolean_or("is_decoder", false));
  if (is_decoder) return config.unsupported("is_decoder", "false");
  return family;
}

/// Positions that count from behind the padding token's row.
Status read_positions(const JsonObject& config, EncoderConfig& out) {
  QUERN_ASSIGN(out.n_positions, config.integer("max_position_embeddings", 3, kMaxPositions));
  if (out.names->first_position == FirstPosition::kFirstRow) return {};
  QUERN_ASSIGN(out.pad_id,
               config.integer_or("pad_token_id", 0, out.n_vocab - 1, out.names->default_pad_id));
  out.first_position = out.pad_id + 1;
  out.n_positions -= out.first_position;
  if (out.n_positions >= 3) return {};
  return config.wrong("max_position_embeddings",
                      fmt::format("at least {}, as positions begin at {}", out.first_position + 3,
                                  out.first_position));
}

}  // namespace

Result<EncoderConfig> read_encoder_config(const JsonObject& config) {
  EncoderConfig out;
  QUERN_ASSIGN(out.names, read_family(config));
  out.family = out.names->model_type;
  QUERN_ASSIGN(out.n_layers, config.integer("num_hidden_layers", 1, kMaxLayers));
  QUERN_ASSIGN(out.n_heads, config.integer("num_attention_heads", 1, kMaxWidth));
  QUERN_ASSIGN(out.d_model, config.integer("hidden_size", 1, kMaxWidth));
  QUERN_ASSIGN(out.d_ff, config.integer("intermediate_size", 1, 16 * kMaxWidth));
  QUERN_ASSIGN(out.n_vocab, config.integer("vocab_size", 1, kMaxVocab));
  QUERN_ASSIGN(out.n_types,
               config.integer_or("type_vocab_size", 1, kMaxTypes, out.names->default_n_types));
  QUERN_ASSIGN(const double eps, config.number_or("layer_norm_eps", 0, 1, out.names->default_eps));
  out.norm_eps = static_cast<float>(eps);
  QUERN_ASSIGN(out.activation, read_activation(config));
  QUERN_TRY(read_positions(config, out));
  if (out.d_model % out.n_heads != 0) {
    return config.wrong("num_attention_heads",
                        fmt::format("a divisor of 'hidden_size', {}", out.d_model));
  }
  out.n_kv_heads = out.n_heads;
  out.d_head = out.d_model / out.n_heads;
  out.attn_scale = 1.0f / std::sqrt(static_cast<float>(out.d_head));
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
  out.n_vocab = config.n_vocab;
  out.n_positions = config.n_positions;
  out.norm_eps = config.norm_eps;
  out.norm_kind = NormKind::kRms;
  out.norm_place = NormPlace::kPre;
  out.norm_adds_one = config.norm_adds_one;
  out.activation = config.activation;
  out.embed_scale = config.embed_scale;
  out.attn_scale = config.attn_scale;
  out.causal = true;
  out.windows = config.windows;
  out.rope = config.rope;
  out.window_rope = config.window_rope;
  return out;
}

}  // namespace quern::formats
