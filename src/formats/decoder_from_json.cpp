// decoder_config_from_json of decoder_config.h.
// Source: the configuration_*.py of huggingface/transformers, and its modeling_rope_utils.py.

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "formats/decoder_family.h"
#include "formats/json_object.h"
#include "formats/rope_scaling.h"

namespace quern::formats {
namespace {

/// A positive number from `params`, else from `config`, else `fallback`.
Result<double> either(const JsonObject& params, const JsonObject& config, const char* key,
                      double fallback) {
  const JsonObject& source = params.has(key) ? params : config;
  return source.number_or(key, 1e-6, 1e12, fallback);
}

Result<std::vector<float>> read_factor_list(const JsonObject& params, const char* key, int n_dims) {
  const nlohmann::json& list = params.at(key);
  const auto n = static_cast<std::size_t>(n_dims / 2);
  const std::string want = fmt::format("an array of {} positive numbers", n);
  if (!list.is_array() || list.size() != n) return params.wrong(key, want);
  std::vector<float> out;
  for (const nlohmann::json& item : list) {
    if (!item.is_number() || !(item.get<double>() > 0)) return params.wrong(key, want);
    out.push_back(item.get<float>());
  }
  return out;
}

Status read_yarn(const JsonObject& params, double factor, int n_original, Rope& rope) {
  if (params.has("mscale") || params.has("mscale_all_dim")) {
    return params.unsupported(params.has("mscale") ? "mscale" : "mscale_all_dim", "none");
  }
  YarnScaling yarn{.factor = factor, .n_original_positions = n_original};
  QUERN_ASSIGN(yarn.beta_fast, params.number_or("beta_fast", 0.01, 1e6, 32));
  QUERN_ASSIGN(yarn.beta_slow, params.number_or("beta_slow", 0.01, 1e6, 1));
  QUERN_ASSIGN(yarn.truncate, params.boolean_or("truncate", true));
  QUERN_ASSIGN(const double magnitude,
               params.number_or("attention_factor", 1e-6, 1e3, yarn_magnitude(factor)));
  rope.factors = yarn_rope_factors(rope.n_dims, rope.base, yarn);
  rope.magnitude = static_cast<float>(magnitude);
  return {};
}

Status read_llama3(const JsonObject& params, double factor, int n_original, Rope& rope) {
  Llama3Scaling llama3{.factor = factor, .n_original_positions = n_original};
  QUERN_ASSIGN(llama3.low_freq_factor, params.number_or("low_freq_factor", 1e-3, 1e6, 1));
  QUERN_ASSIGN(llama3.high_freq_factor, params.number_or("high_freq_factor", 1e-3, 1e6, 4));
  if (llama3.high_freq_factor <= llama3.low_freq_factor) {
    return params.wrong("high_freq_factor", "more than 'low_freq_factor'");
  }
  rope.factors = llama3_rope_factors(rope.n_dims, rope.base, llama3);
  return {};
}

Status read_long(const JsonObject& params, double factor, int n_original, Rope& rope) {
  QUERN_ASSIGN(rope.factors, read_factor_list(params, "short_factor", rope.n_dims));
  QUERN_ASSIGN(rope.long_factors, read_factor_list(params, "long_factor", rope.n_dims));
  QUERN_ASSIGN(const double magnitude, params.number_or("attention_factor", 1e-6, 1e3,
                                                        long_rope_magnitude(factor, n_original)));
  rope.magnitude = static_cast<float>(magnitude);
  rope.n_short_positions = n_original;
  return {};
}

/// `params` is rope_scaling (old) or rope_parameters (new), perhaps empty; what it lacks may stand
/// in `config` itself.
Status read_rope(const JsonObject& config, const JsonObject& params, double base, int n_positions,
                 Rope& rope) {
  QUERN_ASSIGN(rope.base, either(params, config, "rope_theta", base));
  if (!(rope.base > 1)) return config.wrong("rope_theta", "more than 1");
  QUERN_ASSIGN(const std::string old_type, params.string_or("type", "default"));
  QUERN_ASSIGN(std::string type, params.string_or("rope_type", old_type));
  constexpr const char* kOriginal = "original_max_position_embeddings";
  const JsonObject& source = params.has(kOriginal) ? params : config;
  QUERN_ASSIGN(const int n_original,
               source.integer_or(kOriginal, 2, kMaxDecoderPositions, n_positions));
  QUERN_ASSIGN(
      const double factor,
      params.number_or("factor", 1e-3, 1e6, static_cast<double>(n_positions) / n_original));
  rope.n_short_positions = n_original;
  // Dynamic scaling begins beyond the trained positions, and those are all that is served.
  if (type == "default" || type == "dynamic") return {};
  if (type == "linear") {
    rope.factors = linear_rope_factors(rope.n_dims, factor);
    return {};
  }
  if (type == "llama3") return read_llama3(params, factor, n_original, rope);
  if (params.has("short_factor")) return read_long(params, factor, n_original, rope);
  if (type == "yarn") return read_yarn(params, factor, n_original, rope);
  return params.unsupported(params.has("rope_type") ? "rope_type" : "type",
                            "default, linear, dynamic, llama3, yarn or longrope");
}

/// What an absent field stands for; one that is there and null says "none".
template <typename Number>
Number unless_null(const JsonObject& config, const char* key, Number fallback) {
  return config.json().contains(key) ? Number(0) : fallback;
}

Result<JsonObject> object_or_empty(const JsonObject& config, const char* key) {
  if (config.has(key)) return config.object(key);
  return JsonObject(nlohmann::json::object(), config.label() + ": " + key);
}

Status read_ropes(const JsonObject& config, const FamilyFacts& facts, DecoderConfig& out) {
  const char* key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  QUERN_ASSIGN(const JsonObject params, object_or_empty(config, key));
  QUERN_ASSIGN(const double part, params.number_or("partial_rotary_factor", 0.001, 1, 1));
  QUERN_ASSIGN(const double share, config.number_or("partial_rotary_factor", 0.001, 1, part));
  out.rope.n_dims = static_cast<int>(out.d_head * share);
  out.window_rope.n_dims = out.rope.n_dims;
  // Gemma 3 gives one set of parameters for each kind of layer.
  if (params.has("full_attention")) {
    QUERN_ASSIGN(const JsonObject full, params.object("full_attention"));
    QUERN_ASSIGN(const JsonObject window, object_or_empty(params, "sliding_attention"));
    QUERN_TRY(read_rope(config, full, facts.rope_base, out.n_positions, out.rope));
    const double base = facts.window_rope_base > 0 ? facts.window_rope_base : facts.rope_base;
    return read_rope(window, window, base, out.n_positions, out.window_rope);
  }
  QUERN_TRY(read_rope(config, params, facts.rope_base, out.n_positions, out.rope));
  out.window_rope = out.rope;
  if (facts.window_rope_base == 0) return {};
  out.window_rope = Rope{.n_dims = out.rope.n_dims};
  QUERN_ASSIGN(out.window_rope.base,
               config.number_or("rope_local_base_freq", 1, 1e12, facts.window_rope_base));
  return {};
}

/// layer_types, else the family's pattern or the first layers without.
Status read_windows(const JsonObject& config, const FamilyFacts& facts, DecoderConfig& out) {
  QUERN_ASSIGN(const bool uses, config.boolean_or("use_sliding_window", !facts.window_is_asked));
  QUERN_ASSIGN(const int stated,
               config.integer_or("sliding_window", 1, kMaxDecoderPositions,
                                 unless_null(config, "sliding_window", facts.window)));
  const int window = uses ? stated : 0;
  QUERN_ASSIGN(const int pattern, config.integer_or("sliding_window_pattern", 1, kMaxDecoderLayers,
                                                    facts.window_pattern));
  set_windows(window, pattern, out);
  if (config.has("layer_types")) {
    QUERN_ASSIGN(const std::vector<std::string> types, config.strings("layer_types"));
    const std::string want = fmt::format(
        "'full_attention' or 'sliding_attention' for each of {} "
        "layers",
        out.n_layers);
    if (types.size() != out.windows.size()) return config.wrong("layer_types", want);
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (types[i] != "full_attention" && types[i] != "sliding_attention") {
        return config.unsupported("layer_types", want);
      }
      out.windows[i] = types[i] == "sliding_attention" ? window : 0;
    }
  } else {
    QUERN_ASSIGN(const int first,
                 config.integer_or("max_window_layers", 0, kMaxDecoderLayers, facts.n_full_first));
    for (int i = 0; i < std::min(first, out.n_layers); ++i) {
      out.windows[static_cast<std::size_t>(i)] = 0;
    }
  }
  return {};
}

Status read_activation(const JsonObject& config, DecoderConfig& out) {
  // Gemma's files say "gelu" and mean the tanh form: its reference ignores the field.
  if (out.activation == Activation::kGeluTanh) return {};
  QUERN_ASSIGN(const std::string name, config.string_or("hidden_act", "silu"));
  if (name == "silu" || name == "swish") return {};
  if (name == "gelu") {
    out.activation = Activation::kGelu;
  } else if (name == "gelu_pytorch_tanh" || name == "gelu_new") {
    out.activation = Activation::kGeluTanh;
  } else {
    return config.unsupported("hidden_act", "silu, gelu, gelu_new or gelu_pytorch_tanh");
  }
  return {};
}

Status read_sizes(const JsonObject& config, const FamilyFacts& facts, DecoderConfig& out) {
  QUERN_ASSIGN(out.n_layers, config.integer("num_hidden_layers", 1, kMaxDecoderLayers));
  QUERN_ASSIGN(out.d_model, config.integer("hidden_size", 1, kMaxDecoderWidth));
  QUERN_ASSIGN(out.n_heads, config.integer("num_attention_heads", 1, kMaxDecoderHeads));
  QUERN_ASSIGN(out.n_kv_heads,
               config.integer_or("num_key_value_heads", 1, kMaxDecoderHeads, out.n_heads));
  QUERN_ASSIGN(out.d_ff, config.integer("intermediate_size", 1, kMaxDecoderFf));
  QUERN_ASSIGN(out.n_vocab, config.integer("vocab_size", 1, kMaxDecoderVocab));
  QUERN_ASSIGN(out.n_positions, config.integer("max_position_embeddings", 1, kMaxDecoderPositions));
  const int d_head = facts.d_head > 0 ? facts.d_head : out.d_model / out.n_heads;
  QUERN_ASSIGN(out.d_head, config.integer_or("head_dim", 1, kMaxDecoderWidth, d_head));
  if (out.d_head == 0) {
    return config.wrong("num_attention_heads",
                        fmt::format("at most 'hidden_size', {}", out.d_model));
  }
  QUERN_ASSIGN(const double eps, config.number_or("rms_norm_eps", 0, 1, 1e-6));
  out.norm_eps = static_cast<float>(eps);
  QUERN_ASSIGN(out.tied_embeddings, config.boolean_or("tie_word_embeddings", facts.is_tied));
  if (facts.scales_embeddings) {
    out.embed_scale = std::sqrt(static_cast<float>(out.d_model));
    out.norm_adds_one = true;
  }
  return {};
}

Status read_attention(const JsonObject& config, const FamilyFacts& facts, DecoderConfig& out) {
  QUERN_ASSIGN(const double cap,
               config.number_or("attn_logit_softcapping", 1e-3, 1e6,
                                unless_null(config, "attn_logit_softcapping", facts.attn_softcap)));
  QUERN_ASSIGN(const double last, config.number_or("final_logit_softcapping", 1e-3, 1e6,
                                                   unless_null(config, "final_logit_softcapping",
                                                               facts.logit_softcap)));
  out.attn_softcap = static_cast<float>(cap);
  out.logit_softcap = static_cast<float>(last);
  double scale_of = out.d_head;
  if (facts.query_scale_of > 0) {
    QUERN_ASSIGN(scale_of,
                 config.number_or("query_pre_attn_scalar", 1e-3, 1e6, facts.query_scale_of));
  }
  out.attn_scale = static_cast<float>(1 / std::sqrt(scale_of));
  QUERN_ASSIGN(const bool bias, config.boolean_or("attention_bias", false));
  QUERN_ASSIGN(out.has_ff_bias, config.boolean_or("mlp_bias", false));
  out.has_qkv_bias = out.has_qkv_bias || bias;
  out.has_attn_out_bias = bias;
  QUERN_ASSIGN(const bool sees_ahead, config.boolean_or("use_bidirectional_attention", false));
  QUERN_ASSIGN(out.is_causal, config.boolean_or("is_causal", !sees_ahead && !facts.sees_both_ways));
  if (sees_ahead && out.is_causal) {
    return config.wrong("is_causal", "false, as 'use_bidirectional_attention' is true");
  }
  return {};
}

}  // namespace

Result<DecoderConfig> decoder_config_from_json(const JsonObject& config) {
  QUERN_ASSIGN(const std::string type, config.string("model_type"));
  const FamilyFacts* facts = find_family(type);
  if (facts == nullptr) {
    return config.unsupported("model_type", "one of: " + known_families());
  }
  // A model that sees images too keeps its text part's numbers apart.
  if (config.has("text_config")) {
    QUERN_ASSIGN(JsonObject inner, config.object("text_config"));
    if (inner.has("text_config")) return inner.wrong("text_config", "nothing");
    return decoder_config_from_json(inner);
  }
  DecoderConfig out = config_of(*facts);
  QUERN_TRY(read_sizes(config, *facts, out));
  QUERN_TRY(read_activation(config, out));
  QUERN_TRY(read_attention(config, *facts, out));
  QUERN_TRY(read_ropes(config, *facts, out));
  QUERN_TRY(read_windows(config, *facts, out));
  QUERN_TRY(check_decoder(out).in(config.label()));
  return out;
}

}  // namespace quern::formats
