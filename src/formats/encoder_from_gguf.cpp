// encoder_config_from_gguf of encoder_config.h.
// Source: llama.cpp, src/llama-arch.cpp (keys) and src/llama-model.cpp (what they mean).

#include <cmath>

#include <fmt/format.h>

#include "formats/encoder_config.h"
#include "formats/fast_json.h"
#include "formats/gguf/architecture_keys.h"
#include "formats/gguf_encoder_family.h"

namespace quern::formats {
namespace {

using Keys = ArchitectureKeys;

// As for config.json (encoder_config.cpp).
constexpr int kMaxLayers = 1024;
constexpr int kMaxWidth = 1 << 16;
constexpr int kMaxRows = 1 << 24;
constexpr int kMaxTypes = 256;

/// Rows of a table; 0 where the file has none.
Result<int> rows_of(const GgufTensors& tensors, std::string_view name, int highest) {
  const GgufTensor* table =
      name.empty() ? nullptr : find_tensor(tensors, std::string(name) + ".weight");
  if (table == nullptr) return 0;
  QUERN_TRY(table->problem);
  if (table->shape.size() == 2 && table->shape.front() <= highest) {
    return static_cast<int>(table->shape.front());
  }
  return {Code::kBadInput,
          fmt::format("tensor '{}.weight' is no matrix of at most {} rows", name, highest)};
}

Status read_sizes(const GgufTensors& tensors, const Keys& keys, EncoderConfig& out) {
  const EncoderNames& names = out.names->names;
  QUERN_ASSIGN(out.n_layers, keys.integer("block_count", 1, kMaxLayers));
  QUERN_ASSIGN(out.d_model, keys.integer("embedding_length", 1, kMaxWidth));
  QUERN_ASSIGN(out.n_heads, keys.integer("attention.head_count", 1, kMaxWidth));
  QUERN_ASSIGN(out.n_kv_heads,
               keys.integer_or("attention.head_count_kv", 1, out.n_heads, out.n_heads));
  QUERN_ASSIGN(out.d_ff, keys.integer("feed_forward_length", 1, 16 * kMaxWidth));
  QUERN_ASSIGN(out.n_positions, keys.integer("context_length", 3, kMaxRows));
  QUERN_ASSIGN(out.n_vocab, rows_of(tensors, names.token, kMaxRows));
  QUERN_ASSIGN(out.n_types, rows_of(tensors, names.type, kMaxTypes));
  if (out.names->positions == Positions::kFirstRow) {
    // As many rows as there are; the converter has cut off those before the first position.
    QUERN_ASSIGN(const int n_rows, rows_of(tensors, names.position, kMaxRows));
    if (n_rows == 0) return {Code::kNotFound, "tensor 'position_embd.weight' is missing"};
    out.n_positions = n_rows;
    out.has_position_table = true;
  }
  out.d_embed = out.d_model;
  if (out.n_vocab == 0) return {Code::kNotFound, "tensor 'token_embd.weight' is missing"};
  if (out.d_model % out.n_heads != 0 || out.n_heads % out.n_kv_heads != 0) {
    return keys.metadata().wrong(
        keys.full("attention.head_count"),
        fmt::format("a divisor of {} and a multiple of {}", out.d_model, out.n_kv_heads));
  }
  out.d_head = out.d_model / out.n_heads;
  out.attn_scale = 1.0f / std::sqrt(static_cast<float>(out.d_head));
  return {};
}

Status read_experts(const Keys& keys, EncoderConfig& out) {
  if (out.names->names.router.empty()) return {};
  QUERN_ASSIGN(out.experts.n, keys.integer("expert_count", 2, kMaxLayers));
  QUERN_ASSIGN(out.experts.n_active, keys.integer("expert_used_count", 1, out.experts.n));
  QUERN_ASSIGN(out.experts.every, keys.integer("moe_every_n_layers", 2, kMaxLayers));
  return {};
}

Result<Activation> read_activation(const Keys& keys, const EncoderFamily& family) {
  const std::string key = keys.full("hidden_activation");
  if (!keys.metadata().has(key)) return family.default_activation;
  QUERN_ASSIGN(const std::string_view name, keys.metadata().string(key));
  if (name == "gelu") return Activation::kGelu;
  if (name == "silu" || name == "swish") return Activation::kSilu;
  return {Code::kUnsupported, fmt::format("'{}' is '{}', want gelu or silu", key, shown(name))};
}

Status read_parts(const GgufTensors& tensors, const Keys& keys, EncoderConfig& out) {
  const EncoderFamily& family = *out.names;
  const bool is_rms = family.norm_kind == NormKind::kRms;
  QUERN_ASSIGN(const double eps, keys.number_or(is_rms ? "attention.layer_norm_rms_epsilon"
                                                       : "attention.layer_norm_epsilon",
                                                0, 1, family.default_eps));
  out.norm_eps = static_cast<float>(eps);
  out.norm_kind = family.norm_kind;
  out.norm_place = family.norm_place;
  out.is_gated = family.is_gated();
  QUERN_ASSIGN(out.activation, read_activation(keys, family));
  QUERN_ASSIGN(const bool is_causal, keys.boolean_or("attention.causal", false));
  if (is_causal) return keys.metadata().wrong(keys.full("attention.causal"), "false");
  const auto has = [&](const char* name) { return find_tensor(tensors, name) != nullptr; };
  out.has_attention_bias = has("blk.0.attn_q.bias") || has("blk.0.attn_qkv.bias");
  out.has_up_bias = has("blk.0.ffn_up.bias");
  out.has_down_bias = has("blk.0.ffn_down.bias");
  out.has_norm_bias = has("token_embd_norm.bias");
  out.has_head_bias = has("cls.bias");
  return {};
}

Status read_positions(const Keys& keys, EncoderConfig& out) {
  out.has_alibi = out.names->distances == Distances::kAlibi;
  const Positions positions = out.names->positions;
  if (positions != Positions::kRope && positions != Positions::kRopeInWindows) return {};
  if (out.d_head % 2 != 0) {
    return keys.metadata().wrong(keys.full("attention.head_count"),
                                 "heads of an even width, as they are turned");
  }
  QUERN_ASSIGN(const int n_dims, keys.integer_or("rope.dimension_count", 2, kMaxWidth, out.d_head));
  if (n_dims != out.d_head) {
    return keys.metadata().wrong(keys.full("rope.dimension_count"),
                                 fmt::format("the width of a head, {}", out.d_head));
  }
  const std::string scaling = keys.full("rope.scaling.type");
  QUERN_ASSIGN(const std::string_view type, keys.metadata().string_or(scaling, "none"));
  if (type != "none") {
    return {Code::kUnsupported, fmt::format("'{}' is '{}', want none", scaling, shown(type))};
  }
  out.rope.n_dims = n_dims;
  QUERN_ASSIGN(out.rope.base,
               keys.number_or("rope.freq_base", 1, 1e12, out.names->default_rope_base));
  if (positions == Positions::kRope) return {};
  QUERN_ASSIGN(const int width, keys.integer_or("attention.sliding_window", 1, kMaxRows, 128));
  QUERN_ASSIGN(const int every,
               keys.integer_or("attention.sliding_window_pattern", 1, kMaxLayers, 3));
  for (int i = 0; i < out.n_layers; ++i) {
    out.windows.push_back(i % every == 0 ? 0 : width / 2 + 1);  // 128 reaches 64 to each side.
  }
  out.window_rope.n_dims = n_dims;
  QUERN_ASSIGN(out.window_rope.base, keys.number_or("rope.freq_base_swa", 1, 1e12, 10000));
  return {};
}

}  // namespace

Result<EncoderConfig> encoder_config_from_gguf(const GgufMetadata& metadata,
                                               const GgufTensors& tensors) {
  QUERN_ASSIGN(const std::string_view name, metadata.string("general.architecture"));
  const GgufEncoderFamily* found = find_gguf_encoder_family(name);
  if (found == nullptr) {
    return {Code::kUnsupported, fmt::format("'general.architecture' is '{}', want one of: {}",
                                            shown(name), gguf_encoder_family_names())};
  }
  const Keys keys(metadata, name);
  EncoderConfig out;
  out.names = &found->family;
  out.family = found->family.model_type;
  QUERN_TRY(read_sizes(tensors, keys, out));
  QUERN_TRY(read_experts(keys, out));
  QUERN_TRY(read_parts(tensors, keys, out));
  QUERN_TRY(read_positions(keys, out));
  return out;
}

}  // namespace quern::formats
