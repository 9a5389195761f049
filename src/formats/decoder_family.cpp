#include "formats/decoder_family.h"

#include <cmath>

#include <fmt/format.h>

namespace quern::formats {
namespace {

using F = DecoderFamily;
constexpr GateActivation kSilu = GateActivation::kSilu;
constexpr GateActivation kGelu = GateActivation::kGeluTanh;

// Source: the configuration_*.py of huggingface/transformers, and llama.cpp's llama-model.cpp.
constexpr FamilyFacts kFamilies[] = {
    // family, name, activation, scales, qkv bias, qk norm, post norms, tied, pattern, d_head, bases
    {F::kLlama, "llama", kSilu, false, false, false, false, false, 0, 0, 1e4, 0},
    {F::kQwen2, "qwen2", kSilu, false, true, false, false, false, 0, 0, 1e4, 0},
    {F::kQwen3, "qwen3", kSilu, false, false, true, false, false, 0, 128, 1e4, 0},
    {F::kGemma, "gemma", kGelu, true, false, false, false, true, 0, 256, 1e4, 0},
    {F::kGemma2, "gemma2", kGelu, true, false, false, true, true, 2, 256, 1e4, 0},
    {F::kGemma3, "gemma3", kGelu, true, false, true, true, true, 6, 256, 1e6, 1e4},
    {F::kPhi3, "phi3", kSilu, false, false, false, false, false, 0, 0, 1e4, 0},
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

const FamilyFacts* find_family(std::string_view name) {
  if (name == "mistral") name = "llama";
  if (name == "gemma3_text") name = "gemma3";
  for (const FamilyFacts& facts : kFamilies) {
    if (name == facts.name) return &facts;
  }
  return nullptr;
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
