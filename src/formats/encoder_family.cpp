#include "formats/encoder_family.h"

namespace quern::formats {
namespace {

constexpr EncoderNames kBertNames = {
    .prefix = "bert.",
    .token = "embeddings.word_embeddings",
    .position = "embeddings.position_embeddings",
    .type = "embeddings.token_type_embeddings",
    .embed_norm = "embeddings.LayerNorm",
    .layer = "encoder.layer.{}.",
    .q = "attention.self.query",
    .k = "attention.self.key",
    .v = "attention.self.value",
    .attn_out = "attention.output.dense",
    .attn_norm = "attention.output.LayerNorm",
    .up = "intermediate.dense",
    .down = "output.dense",
    .ff_norm = "output.LayerNorm",
    .dense = "pooler.dense",
    .out = "classifier",
};

constexpr EncoderNames roberta_names() {
  EncoderNames names = kBertNames;
  names.prefix = "roberta.";
  names.dense = "classifier.dense";
  names.out = "classifier.out_proj";
  return names;
}

constexpr EncoderFamily kFamilies[] = {
    {.model_type = "bert", .dense_is_pooler = true, .names = kBertNames},
    {.model_type = "roberta",
     .first_position = FirstPosition::kBehindPad,
     .default_pad_id = 1,
     .names = roberta_names()},
};

}  // namespace

const EncoderFamily* find_encoder_family(std::string_view model_type) {
  for (const EncoderFamily& family : kFamilies) {
    if (model_type == family.model_type) return &family;
  }
  return nullptr;
}

std::string encoder_family_names() {
  std::string out;
  for (const EncoderFamily& family : kFamilies) {
    out += (out.empty() ? "" : ", ") + std::string(family.model_type);
  }
  return out;
}

}  // namespace quern::formats
