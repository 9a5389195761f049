#include "formats/decoder_family.h"

#include <cmath>

#include <fmt/format.h>

namespace quern::formats {
namespace {

constexpr FamilyFacts kGemma3 = {.family = DecoderFamily::kGemma3,
                                 .name = "gemma3",
                                 .second_name = "gemma3_text",
                                 .activation = Activation::kGeluTanh,
                                 .scales_embeddings = true,
                                 .is_tied = true,
                                 .has_qk_norm = true,
                                 .has_post_norms = true,
                                 .d_head = 256,
                                 .query_scale_of = 256,
                                 .n_layers_scaled_by_width = 62,
                                 .window = 4096,
                                 .window_pattern = 6,
                                 .rope_base = 1e6,
                                 .window_rope_base = 1e4};

/// Its network in an embedder's file, which knows one name and states its own scale.
constexpr FamilyFacts gemma_embedding() {
  FamilyFacts facts = kGemma3;
  facts.name = "gemma-embedding";
  facts.second_name = FamilyFacts().second_name;
  facts.sees_both_ways = true;
  facts.n_layers_scaled_by_width = FamilyFacts().n_layers_scaled_by_width;
  facts.window = 512;
  return facts;
}

// Source: the configuration_*.py of huggingface/transformers, and llama.cpp's llama-model.cpp.
// In the order of DecoderFamily; then other names of the same families.
constexpr FamilyFacts kFamilies[] = {
    {.family = DecoderFamily::kLlama, .name = "llama", .gguf_interleaves_rope = true},
    {.family = DecoderFamily::kQwen2,
     .name = "qwen2",
     .has_qkv_bias = true,
     .window = 4096,
     .window_is_asked = true,
     .n_full_first = 28},
    {.family = DecoderFamily::kQwen3,
     .name = "qwen3",
     .has_qk_norm = true,
     .d_head = 128,
     .window = 4096,
     .window_is_asked = true,
     .n_full_first = 28},
    {.family = DecoderFamily::kGemma,
     .name = "gemma",
     .activation = Activation::kGeluTanh,
     .scales_embeddings = true,
     .is_tied = true,
     .d_head = 256},
    {.family = DecoderFamily::kGemma2,
     .name = "gemma2",
     .activation = Activation::kGeluTanh,
     .scales_embeddings = true,
     .is_tied = true,
     .has_post_norms = true,
     .d_head = 256,
     .query_scale_of = 256,
     .n_layers_scaled_by_width = 46,
     .attn_softcap = 50,
     .logit_softcap = 30,
     .window = 4096,
     .window_pattern = 2},
    kGemma3,
    {.family = DecoderFamily::kPhi3, .name = "phi3"},
    {.family = DecoderFamily::kLlama, .name = "mistral", .is_in_gguf = false, .window = 4096},
    {.family = DecoderFamily::kLlama,
     .name = "llama_bidirec",
     .is_in_gguf = false,
     .sees_both_ways = true},
    {.family = DecoderFamily::kLlama,
     .name = "llama-embed",
     .sees_both_ways = true,
     .gguf_interleaves_rope = true},
    gemma_embedding(),
};

Status check_factors(const std::vector<float>& factors, int n_dims) {
  if (factors.empty()) return {};
  if (factors.size() != static_cast<std::size_t>(n_dims / 2)) {
    return {Code::kBadInput, fmt::format("{} rope factors for {} rotated dimensions, want {}",
                                         factors.size(), n_dims, n_dims / 2)};
  }
  for (const float factor : factors) {
    if (!(factor > 0) || !std::isfinite(factor)) {
      return {Code::kBadInput, fmt::format("rope factor {}, want a positive number", factor)};
    }
  }
  return {};
}

Status check_rope(const Rope& rope, int d_head) {
  if (rope.n_dims < 2 || rope.n_dims % 2 != 0 || rope.n_dims > d_head) {
    return {Code::kBadInput, fmt::format("rope turns {} dimensions of heads of {}, want an even "
                                         "number from 2 to that",
                                         rope.n_dims, d_head)};
  }
  QUERN_TRY(check_factors(rope.factors, rope.n_dims));
  return check_factors(rope.long_factors, rope.n_dims);
}

}  // namespace

const char* decoder_family_name(DecoderFamily family) {
  return kFamilies[static_cast<std::size_t>(family)].name;
}

const FamilyFacts* find_family(std::string_view model_type) {
  for (const FamilyFacts& facts : kFamilies) {
    const bool is_second = facts.second_name != nullptr && model_type == facts.second_name;
    if (model_type == facts.name || is_second) return &facts;
  }
  return nullptr;
}

const FamilyFacts* find_gguf_family(std::string_view architecture) {
  const FamilyFacts* facts = find_family(architecture);
  const bool is_known = facts != nullptr && facts->is_in_gguf && architecture == facts->name;
  return is_known ? facts : nullptr;
}

std::string known_families() {
  std::string out;
  for (const FamilyFacts& facts : kFamilies) {
    if (!out.empty()) out += ", ";
    out += facts.name;
  }
  return out;
}

DecoderConfig config_of(const FamilyFacts& facts) {
  DecoderConfig out;
  out.family = facts.family;
  out.activation = facts.activation;
  out.has_qkv_bias = facts.has_qkv_bias;
  out.has_qk_norm = facts.has_qk_norm;
  out.has_post_norms = facts.has_post_norms;
  return out;
}

void set_windows(int window, int pattern, DecoderConfig& out) {
  out.windows.assign(static_cast<std::size_t>(out.n_layers), window);
  if (pattern <= 0) return;
  for (int i = pattern - 1; i < out.n_layers; i += pattern) {
    out.windows[static_cast<std::size_t>(i)] = 0;
  }
}

Status check_decoder(const DecoderConfig& config) {
  if (config.n_heads % config.n_kv_heads != 0) {
    return {Code::kBadInput,
            fmt::format("{} attention heads share {} key-value heads, want a divisor",
                        config.n_heads, config.n_kv_heads)};
  }
  QUERN_TRY(check_rope(config.rope, config.d_head));
  return check_rope(config.window_rope, config.d_head);
}

}  // namespace quern::formats
