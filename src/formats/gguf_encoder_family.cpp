#include "formats/gguf_encoder_family.h"

namespace quern::formats {
namespace {

/// Norms behind their parts.
constexpr EncoderNames kPostNames = {
    .token = "token_embd",
    .position = "position_embd",
    .type = "token_types",
    .embed_norm = "token_embd_norm",
    .layer = "blk.{}.",
    .q = "attn_q",
    .k = "attn_k",
    .v = "attn_v",
    .qkv = "attn_qkv",
    .attn_out = "attn_output",
    .attn_norm = "attn_output_norm",
    .up = "ffn_up",
    .down = "ffn_down",
    .ff_norm = "layer_output_norm",
    .dense = "cls",
    .out = "cls.output",
};

constexpr EncoderNames nomic_names() {
  EncoderNames names = kPostNames;
  names.position = {};
  names.gate = "ffn_gate";
  names.dense = {};
  names.out = {};
  return names;
}

constexpr EncoderNames nomic_moe_names() {
  EncoderNames names = nomic_names();
  names.gate = {};
  names.router = "ffn_gate_inp";
  names.experts_up = "ffn_up_exps";
  names.experts_down = "ffn_down_exps";
  return names;
}

/// Gate and up lie in one matrix, or in two.
constexpr EncoderNames jina_names() {
  EncoderNames names = nomic_names();
  names.gate_up = "ffn_up";
  return names;
}

/// Norms before their parts.
constexpr EncoderNames kPreNames = {
    .token = "token_embd",
    .layer = "blk.{}.",
    .final_norm = "output_norm",
    .q = "attn_q",
    .k = "attn_k",
    .v = "attn_v",
    .qkv = "attn_qkv",
    .attn_out = "attn_output",
    .attn_norm = "attn_norm",
    .down = "ffn_down",
    .ff_norm = "ffn_norm",
};

constexpr EncoderNames modern_names() {
  EncoderNames names = kPreNames;
  names.embed_norm = "token_embd_norm";
  names.gate_up = "ffn_up";
  names.dense = "cls";
  names.head_norm = "cls.norm";
  names.out = "cls.output";
  return names;
}

constexpr EncoderNames euro_names() {
  EncoderNames names = kPreNames;
  names.gate = "ffn_gate";
  names.up = "ffn_up";
  return names;
}

constexpr GgufEncoderFamily kFamilies[] = {
    {"bert", {.model_type = "bert", .names = kPostNames}},
    {"nomic-bert",
     {.model_type = "nomic_bert",
      .positions = Positions::kRope,
      .default_rope_base = 1000,
      .default_activation = Activation::kSilu,
      .names = nomic_names()}},
    {"nomic-bert-moe",
     {.model_type = "nomic_bert",
      .positions = Positions::kRope,
      .default_rope_base = 10000,
      .names = nomic_moe_names()}},
    {"jina-bert-v2",
     {.model_type = "jina-bert-v2",
      .positions = Positions::kNone,
      .distances = Distances::kAlibi,
      .names = jina_names()}},
    {"modern-bert",
     {.model_type = "modernbert",
      .positions = Positions::kRopeInWindows,
      .default_eps = 1e-5,
      .default_rope_base = 160000,
      .norm_place = NormPlace::kPre,
      .has_first_attn_norm = false,
      .head_activation = HeadActivation::kGelu,
      .names = modern_names()}},
    {"eurobert",
     {.model_type = "eurobert",
      .positions = Positions::kRope,
      .default_eps = 1e-5,
      .default_activation = Activation::kSilu,
      .norm_kind = NormKind::kRms,
      .norm_place = NormPlace::kPre,
      .names = euro_names()}},
};

}  // namespace

const GgufEncoderFamily* find_gguf_encoder_family(std::string_view architecture) {
  for (const GgufEncoderFamily& family : kFamilies) {
    if (architecture == family.architecture) return &family;
  }
  return nullptr;
}

std::string gguf_encoder_family_names() {
  std::string out;
  for (const GgufEncoderFamily& family : kFamilies) {
    out += (out.empty() ? "" : ", ") + std::string(family.architecture);
  }
  return out;
}

}  // namespace quern::formats
