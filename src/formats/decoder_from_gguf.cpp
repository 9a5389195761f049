// decoder_config_from_gguf of decoder_config.h.
// Source: llama.cpp, src/llama-arch.cpp (keys) and src/llama-model.cpp (what they mean).

#include <cmath>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "formats/decoder_family.h"
#include "formats/fast_json.h"
#include "formats/gguf/architecture_keys.h"
#include "formats/rope_scaling.h"

namespace quern::formats {
namespace {

using Keys = ArchitectureKeys;

/// The vocabulary's size: rows of the embedding, else what the metadata say.
Result<int> read_n_vocab(const GgufTensors& tensors, const Keys& keys) {
  if (const GgufTensor* embedding = find_tensor(tensors, "token_embd.weight")) {
    QUERN_TRY(embedding->problem);
    const std::int64_t n = embedding->shape.front();
    if (embedding->shape.size() == 2 && n <= kMaxDecoderVocab) return static_cast<int>(n);
    return {Code::kBadInput, "tensor 'token_embd.weight' is no matrix [n_vocab, d_model]"};
  }
  if (keys.has("vocab_size")) return keys.integer("vocab_size", 1, kMaxDecoderVocab);
  QUERN_ASSIGN(const auto tokens, keys.metadata().strings("tokenizer.ggml.tokens"));
  if (tokens.empty()) return keys.metadata().wrong("tokenizer.ggml.tokens", "a vocabulary");
  return static_cast<int>(tokens.size());
}

/// A vector of factors that a file keeps as a tensor; empty when it has none.
Result<std::vector<float>> read_factors(const GgufTensors& tensors, const char* name) {
  const GgufTensor* tensor = find_tensor(tensors, name);
  if (tensor == nullptr) return std::vector<float>();
  QUERN_TRY(tensor->problem);
  if (tensor->format != BlockFormat::kF32 || tensor->shape.size() != 1) {
    return {Code::kBadInput, fmt::format("tensor '{}' is not a vector of f32", name)};
  }
  std::vector<float> out(tensor->bytes.size() / sizeof(float));
  std::memcpy(out.data(), tensor->bytes.data(), tensor->bytes.size());
  return out;
}

Status read_rope_scaling(const Keys& keys, int n_positions, Rope& rope) {
  const std::string type_key = keys.full("rope.scaling.type");
  // Old files say "rope.scale_linear" instead of a type and a factor.
  QUERN_ASSIGN(const double old_factor, keys.number_or("rope.scale_linear", 1e-3, 1e6, 1));
  QUERN_ASSIGN(const std::string_view type,
               keys.metadata().string_or(type_key, old_factor != 1 ? "linear" : "none"));
  QUERN_ASSIGN(const double factor, keys.number_or("rope.scaling.factor", 1e-3, 1e6, old_factor));
  QUERN_ASSIGN(const int n_original, keys.integer_or("rope.scaling.original_context_length", 1,
                                                     kMaxDecoderPositions, n_positions));
  QUERN_ASSIGN(const double magnitude, keys.number_or("rope.scaling.attn_factor", 0, 1e3, 1));
  rope.magnitude = static_cast<float>(magnitude);
  rope.n_short_positions = n_original;
  if (type == "none" || type == "longrope") return {};
  if (type == "linear") {
    if (factor != 1) rope.factors = linear_rope_factors(rope.n_dims, factor);
    return {};
  }
  if (type != "yarn") {
    return {Code::kUnsupported, fmt::format("'{}' is '{}', want none, linear, yarn or longrope",
                                            type_key, shown(type))};
  }
  YarnScaling yarn{.factor = factor, .n_original_positions = n_original};
  QUERN_ASSIGN(yarn.beta_fast, keys.number_or("rope.scaling.yarn_beta_fast", 0.01, 1e6, 32));
  QUERN_ASSIGN(yarn.beta_slow, keys.number_or("rope.scaling.yarn_beta_slow", 0.01, 1e6, 1));
  rope.factors = yarn_rope_factors(rope.n_dims, rope.base, yarn);
  rope.magnitude = static_cast<float>(magnitude * yarn_magnitude(factor));
  return {};
}

Status read_rope(const GgufTensors& tensors, const Keys& keys, const FamilyFacts& facts,
                 DecoderConfig& out) {
  Rope& rope = out.rope;
  QUERN_ASSIGN(rope.n_dims,
               keys.integer_or("rope.dimension_count", 2, kMaxDecoderWidth, out.d_head));
  QUERN_ASSIGN(rope.base, keys.number_or("rope.freq_base", 1, 1e12, facts.rope_base));
  rope.interleaved = facts.gguf_interleaves_rope;
  Rope plain = rope;
  QUERN_TRY(read_rope_scaling(keys, out.n_positions, rope));

  QUERN_ASSIGN(const std::vector<float> factors, read_factors(tensors, "rope_freqs.weight"));
  QUERN_ASSIGN(const std::vector<float> shorter,
               read_factors(tensors, "rope_factors_short.weight"));
  QUERN_ASSIGN(rope.long_factors, read_factors(tensors, "rope_factors_long.weight"));
  if (!factors.empty()) rope.factors = factors;
  if (!shorter.empty()) rope.factors = shorter;
  out.window_rope = rope;
  if (facts.window_rope_base > 0) {
    QUERN_ASSIGN(plain.base, keys.number_or("rope.freq_base_swa", 1, 1e12, facts.window_rope_base));
    out.window_rope = plain;
  }
  return {};
}

/// Which layers have a window: a pattern of the family's, or one that the file states.
Status read_windows(const Keys& keys, const FamilyFacts& facts, DecoderConfig& out) {
  constexpr const char* kPattern = "attention.sliding_window_pattern";
  QUERN_ASSIGN(const int window,
               keys.integer_or("attention.sliding_window", 0, kMaxDecoderPositions, 0));
  set_windows(window, facts.window_pattern, out);
  const auto at = keys.metadata().all().find(keys.full(kPattern));
  if (at == keys.metadata().all().end()) return {};
  const auto* array = std::get_if<GgufArray>(&at->second);
  if (array == nullptr) {
    QUERN_ASSIGN(const int pattern, keys.integer(kPattern, 0, kMaxDecoderLayers));
    set_windows(window, pattern, out);
    return {};
  }
  if (array->type != GgufType::kBool || array->n != static_cast<std::uint64_t>(out.n_layers)) {
    return keys.metadata().wrong(keys.full(kPattern), "a number, or a boolean for each layer");
  }
  const std::vector<GgufValue> flags = gguf_elements(*array);
  for (std::size_t i = 0; i < flags.size(); ++i) {
    out.windows[i] = std::get<bool>(flags[i]) ? window : 0;
  }
  return {};
}

Status read_sizes(const GgufTensors& tensors, const Keys& keys, const FamilyFacts& facts,
                  DecoderConfig& out) {
  QUERN_ASSIGN(out.n_layers, keys.integer("block_count", 1, kMaxDecoderLayers));
  QUERN_ASSIGN(out.d_model, keys.integer("embedding_length", 1, kMaxDecoderWidth));
  QUERN_ASSIGN(out.n_heads, keys.uniform("attention.head_count", 1, kMaxDecoderHeads, 0));
  if (out.n_heads == 0) return keys.metadata().wrong(keys.full("attention.head_count"), "a number");
  QUERN_ASSIGN(out.n_kv_heads,
               keys.uniform("attention.head_count_kv", 1, kMaxDecoderHeads, out.n_heads));
  QUERN_ASSIGN(out.d_ff, keys.uniform("feed_forward_length", 1, kMaxDecoderFf, 0));
  if (out.d_ff == 0) return keys.metadata().wrong(keys.full("feed_forward_length"), "a number");
  QUERN_ASSIGN(out.n_positions, keys.integer("context_length", 1, kMaxDecoderPositions));
  // llama.cpp's own fallback; only config.json has one by family.
  QUERN_ASSIGN(out.d_head, keys.integer_or("attention.key_length", 1, kMaxDecoderWidth,
                                           out.d_model / out.n_heads));
  QUERN_ASSIGN(const int d_value,
               keys.integer_or("attention.value_length", 1, kMaxDecoderWidth, out.d_head));
  if (d_value != out.d_head) {
    return keys.metadata().wrong(keys.full("attention.value_length"),
                                 fmt::format("the key length, {}", out.d_head));
  }
  if (out.d_head == 0) {
    return keys.metadata().wrong(keys.full("attention.head_count"),
                                 fmt::format("at most 'embedding_length', {}", out.d_model));
  }
  QUERN_ASSIGN(const double eps, keys.number_or("attention.layer_norm_rms_epsilon", 0, 1, 1e-6));
  out.norm_eps = static_cast<float>(eps);
  QUERN_ASSIGN(out.n_vocab, read_n_vocab(tensors, keys));
  out.tied_embeddings = find_tensor(tensors, "output.weight") == nullptr;
  if (facts.scales_embeddings) out.embed_scale = std::sqrt(static_cast<float>(out.d_model));
  return {};
}

Status read_attention(const GgufTensors& tensors, const Keys& keys, const FamilyFacts& facts,
                      DecoderConfig& out) {
  QUERN_ASSIGN(const double cap,
               keys.number_or("attn_logit_softcapping", 0, 1e6, facts.attn_softcap));
  QUERN_ASSIGN(const double last,
               keys.number_or("final_logit_softcapping", 0, 1e6, facts.logit_softcap));
  out.attn_softcap = static_cast<float>(cap);
  out.logit_softcap = static_cast<float>(last);
  // The files do not say query_pre_attn_scalar; only the 27B models have one that is not d_head,
  // and they are known by their number of layers, as in llama.cpp.
  const bool is_27b = out.n_layers == facts.n_layers_scaled_by_width;
  const double scalar = is_27b ? static_cast<double>(out.d_model) / out.n_heads : out.d_head;
  QUERN_ASSIGN(const double scale,
               keys.number_or("attention.scale", 1e-6, 1e3, 1 / std::sqrt(scalar)));
  out.attn_scale = static_cast<float>(scale);
  out.has_qkv_bias = find_tensor(tensors, "blk.0.attn_q.bias") != nullptr ||
                     find_tensor(tensors, "blk.0.attn_qkv.bias") != nullptr;
  // A vocabulary-only file has no tensors to go by.
  if (tensors.empty()) out.has_qkv_bias = facts.has_qkv_bias;
  out.has_attn_out_bias = find_tensor(tensors, "blk.0.attn_output.bias") != nullptr;
  out.has_ff_bias = find_tensor(tensors, "blk.0.ffn_down.bias") != nullptr;
  QUERN_ASSIGN(out.is_causal, keys.boolean_or("attention.causal", !facts.sees_both_ways));
  return {};
}

}  // namespace

Result<DecoderConfig> decoder_config_from_gguf(const GgufMetadata& metadata,
                                               const GgufTensors& tensors) {
  QUERN_ASSIGN(const std::string_view name, metadata.string("general.architecture"));
  const FamilyFacts* facts = find_gguf_family(name);
  if (facts == nullptr) {
    return {Code::kUnsupported, fmt::format("'general.architecture' is '{}', want one of: {}",
                                            shown(name), known_families())};
  }
  const Keys keys(metadata, name);
  DecoderConfig out = config_of(*facts);
  QUERN_TRY(read_sizes(tensors, keys, *facts, out));
  QUERN_TRY(read_attention(tensors, keys, *facts, out));
  QUERN_TRY(read_rope(tensors, keys, *facts, out));
  QUERN_TRY(read_windows(keys, *facts, out));
  QUERN_TRY(check_decoder(out));
  return out;
}

}  // namespace quern::formats
