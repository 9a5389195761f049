#include "formats/encoder_family.h"

#include "formats/json_object.h"

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
    .mlm_dense = "cls.predictions.transform.dense",
    .mlm_norm = "cls.predictions.transform.LayerNorm",
    .mlm_decoder = "cls.predictions.decoder",
    .mlm_bias = "cls.predictions.bias",
};

constexpr EncoderNames roberta_names(std::string_view prefix) {
  EncoderNames names = kBertNames;
  names.prefix = prefix;
  names.dense = "classifier.dense";
  names.out = "classifier.out_proj";
  names.mlm_dense = "lm_head.dense";
  names.mlm_norm = "lm_head.layer_norm";
  names.mlm_decoder = "lm_head.decoder";
  names.mlm_bias = "lm_head.bias";
  return names;
}

constexpr EncoderNames electra_names() {
  EncoderNames names = roberta_names("electra.");
  names.embed_project = "embeddings_project";
  names.mlm_dense = {};  // It is as narrow as the embedding.
  return names;
}

constexpr EncoderNames kDistilBertNames = {
    .prefix = "distilbert.",
    .token = "embeddings.word_embeddings",
    .position = "embeddings.position_embeddings",
    .embed_norm = "embeddings.LayerNorm",
    .layer = "transformer.layer.{}.",
    .q = "attention.q_lin",
    .k = "attention.k_lin",
    .v = "attention.v_lin",
    .attn_out = "attention.out_lin",
    .attn_norm = "sa_layer_norm",
    .up = "ffn.lin1",
    .down = "ffn.lin2",
    .ff_norm = "output_layer_norm",
    .dense = "pre_classifier",
    .out = "classifier",
    .mlm_dense = "vocab_transform",
    .mlm_norm = "vocab_layer_norm",
    .mlm_decoder = "vocab_projector",
    .mlm_bias = "vocab_projector.bias",
};

constexpr EncoderNames mpnet_names() {
  EncoderNames names = roberta_names("mpnet.");
  names.type = {};
  names.distance = "encoder.relative_attention_bias";
  names.q = "attention.attn.q";
  names.k = "attention.attn.k";
  names.v = "attention.attn.v";
  names.attn_out = "attention.attn.o";
  names.attn_norm = "attention.LayerNorm";
  return names;
}

constexpr EncoderNames deberta_names() {
  EncoderNames names = kBertNames;
  names.prefix = "deberta.";
  names.embed_project = "embeddings.embed_proj";
  names.distance = "encoder.rel_embeddings";
  names.distance_norm = "encoder.LayerNorm";
  names.q = "attention.self.query_proj";
  names.k = "attention.self.key_proj";
  names.v = "attention.self.value_proj";
  names.distance_k = "attention.self.pos_key_proj";
  names.distance_q = "attention.self.pos_query_proj";
  names.conv = "encoder.conv.conv";
  names.conv_norm = "encoder.conv.LayerNorm";
  return names;
}

/// Version 1.
constexpr EncoderNames first_deberta_names() {
  EncoderNames names = deberta_names();
  names.q = names.k = names.v = {};
  names.qkv = "attention.self.in_proj";
  names.q_bias = "attention.self.q_bias";
  names.v_bias = "attention.self.v_bias";
  names.distance_norm = names.conv = names.conv_norm = {};
  names.distance_k = "attention.self.pos_proj";
  names.distance_q = "attention.self.pos_q_proj";
  return names;
}

constexpr EncoderNames jina_names() {
  EncoderNames names = kBertNames;
  names.position = {};
  names.gate_up = "mlp.gated_layers";
  names.up = {};
  names.down = "mlp.wo";
  names.ff_norm = "mlp.layernorm";
  return names;
}

/// Of its code model, "qk-post-norm".
constexpr EncoderNames jina_code_names() {
  EncoderNames names = jina_names();
  names.q_norm = "attention.self.layer_norm_q";
  names.k_norm = "attention.self.layer_norm_k";
  names.attn_norm_again = "layer_norm_1";
  names.gate_up = "mlp.up_gated_layer";
  names.down = "mlp.down_layer";
  names.ff_norm = "layer_norm_2";
  return names;
}

constexpr EncoderNames kT5Names = {
    .token = "shared",
    .layer = "encoder.block.{}.",
    .final_norm = "encoder.final_layer_norm",
    .distance = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias",
    .q = "layer.0.SelfAttention.q",
    .k = "layer.0.SelfAttention.k",
    .v = "layer.0.SelfAttention.v",
    .attn_out = "layer.0.SelfAttention.o",
    .attn_norm = "layer.0.layer_norm",
    .gate = "layer.1.DenseReluDense.wi_0",
    .up = "layer.1.DenseReluDense.wi_1",
    .plain_up = "layer.1.DenseReluDense.wi",
    .down = "layer.1.DenseReluDense.wo",
    .ff_norm = "layer.1.layer_norm",
};

constexpr EncoderNames kAlbertNames = {
    .prefix = "albert.",
    .token = "embeddings.word_embeddings",
    .position = "embeddings.position_embeddings",
    .type = "embeddings.token_type_embeddings",
    .embed_norm = "embeddings.LayerNorm",
    .embed_project = "encoder.embedding_hidden_mapping_in",
    .layer = "encoder.albert_layer_groups.{}.albert_layers.0.",
    .q = "attention.query",
    .k = "attention.key",
    .v = "attention.value",
    .attn_out = "attention.dense",
    .attn_norm = "attention.LayerNorm",
    .up = "ffn",
    .down = "ffn_output",
    .ff_norm = "full_layer_layer_norm",
    .dense = "pooler",
    .out = "classifier",
};

constexpr EncoderNames kNomicBertNames = {
    .prefix = "bert.",
    .token = "embeddings.word_embeddings",
    .type = "embeddings.token_type_embeddings",
    .embed_norm = "emb_ln",
    .layer = "encoder.layers.{}.",
    .qkv = "attn.Wqkv",
    .attn_out = "attn.out_proj",
    .attn_norm = "norm1",
    .gate = "mlp.fc12",
    .up = "mlp.fc11",
    .plain_up = "mlp.fc1",
    .down = "mlp.fc2",
    .router = "mlp.router.layer",
    .experts_up = "mlp.experts.mlp.w1",
    .experts_down = "mlp.experts.mlp.w2",
    .experts_bias = "mlp.experts.bias",
    .ff_norm = "norm2",
};

constexpr EncoderNames kModernBertNames = {
    .prefix = "model.",
    .token = "embeddings.tok_embeddings",
    .embed_norm = "embeddings.norm",
    .layer = "layers.{}.",
    .final_norm = "final_norm",
    .qkv = "attn.Wqkv",
    .attn_out = "attn.Wo",
    .attn_norm = "attn_norm",
    .gate_up = "mlp.Wi",
    .down = "mlp.Wo",
    .ff_norm = "mlp_norm",
    .dense = "head.dense",
    .head_norm = "head.norm",
    .out = "classifier",
    .mlm_dense = "head.dense",
    .mlm_norm = "head.norm",
    .mlm_decoder = "decoder",
    .mlm_bias = "decoder.bias",
};

constexpr EncoderNames gte_names(std::string_view prefix) {
  return {
      .prefix = prefix,
      .token = "embeddings.word_embeddings",
      .type = "embeddings.token_type_embeddings",
      .embed_norm = "embeddings.LayerNorm",
      .layer = "encoder.layer.{}.",
      .qkv = "attention.qkv_proj",
      .attn_out = "attention.o_proj",
      .attn_norm = "attn_ln",
      .gate_up = "mlp.up_gate_proj",
      .down = "mlp.down_proj",
      .ff_norm = "mlp_ln",
      .dense = "pooler.dense",
      .out = "classifier",
  };
}

constexpr EncoderNames kEuroBertNames = {
    .prefix = "model.",
    .token = "embed_tokens",
    .layer = "layers.{}.",
    .final_norm = "norm",
    .q = "self_attn.q_proj",
    .k = "self_attn.k_proj",
    .v = "self_attn.v_proj",
    .attn_out = "self_attn.o_proj",
    .attn_norm = "input_layernorm",
    .gate = "mlp.gate_proj",
    .up = "mlp.up_proj",
    .down = "mlp.down_proj",
    .ff_norm = "post_attention_layernorm",
};

constexpr EncoderFamily roberta_like(const char* model_type, std::string_view prefix) {
  return {.model_type = model_type,
          .positions = Positions::kBehindPad,
          .default_pad_id = 1,
          .mlm_is_gelu = true,
          .names = roberta_names(prefix)};
}

constexpr EncoderFamily gte_like(const char* model_type, std::string_view prefix) {
  return {.model_type = model_type,
          .positions = Positions::kRope,
          .default_n_types = 1,
          .default_rope_base = 160000,
          .gate_up = GateUp::kUpFirst,
          .up_bias = {.by_default = false},
          .dense_is_pooler = true,
          .names = gte_names(prefix)};
}

constexpr EncoderFamily jina_like(const char* model_type, GateUp order, EncoderNames names) {
  return {.model_type = model_type,
          .positions = Positions::kNone,
          .distances = Distances::kAlibi,
          .gate_up = order,
          .up_bias = {.by_default = false},
          .dense_is_pooler = true,
          .keys = {.activation = {"feed_forward_type", "hidden_act"}},
          .names = names};
}

constexpr EncoderFamily kFamilies[] = {
    {.model_type = "bert", .dense_is_pooler = true, .names = kBertNames},
    roberta_like("roberta", "roberta."),
    roberta_like("xlm-roberta", "roberta."),
    roberta_like("camembert", "roberta."),
    {.model_type = "distilbert",
     .default_n_types = 0,
     .head_activation = HeadActivation::kRelu,
     .keys = {.n_layers = {"n_layers", ""},
              .n_heads = {"n_heads", ""},
              .d_model = {"dim", ""},
              .d_ff = {"hidden_dim", ""},
              .norm_eps = {"", ""},  // Fixed.
              .activation = {"activation", ""}},
     .names = kDistilBertNames},
    {.model_type = "electra", .head_activation = HeadActivation::kGelu, .names = electra_names()},
    {.model_type = "mpnet",
     .positions = Positions::kBehindPad,
     .distances = Distances::kBuckets,
     .default_pad_id = 1,
     .default_n_types = 0,
     .mlm_is_gelu = true,
     .names = mpnet_names()},
    {.model_type = "deberta",
     .distances = Distances::kDisentangled,
     .default_eps = 1e-7,
     .default_n_types = 0,
     .has_qkv_by_heads = true,
     .has_distance_k_bias = false,
     .projects_before_norm = true,
     .head_activation = HeadActivation::kGelu,
     .names = first_deberta_names()},
    {.model_type = "deberta-v2",
     .distances = Distances::kDisentangled,
     .default_eps = 1e-7,
     .default_n_types = 0,
     .projects_before_norm = true,
     .head_activation = HeadActivation::kGelu,
     .names = deberta_names()},
    jina_like("jina-bert-v2", GateUp::kGateFirst, jina_names()),
    jina_like("jina-bert-v2-code", GateUp::kUpFirst, jina_code_names()),
    {.model_type = "t5",
     .positions = Positions::kNone,
     .distances = Distances::kBuckets,
     .default_eps = 1e-6,
     .default_n_types = 0,
     .default_n_positions = 512,
     .default_activation = Activation::kRelu,
     .norm_kind = NormKind::kRms,
     .norm_place = NormPlace::kPre,
     .attention_bias = {"", false},
     .up_bias = {"", false},
     .down_bias = {"", false},
     .norm_bias = {"", false},
     .scales_scores = false,
     .keys = {.n_layers = {"num_layers", "num_hidden_layers"},
              .n_heads = {"num_heads", "num_attention_heads"},
              .d_model = {"d_model", "hidden_size"},
              .d_ff = {"d_ff", ""},
              .d_head = {"d_kv", ""},
              .n_positions = {"n_positions", ""},
              .norm_eps = {"layer_norm_epsilon", ""},
              .activation = {"feed_forward_proj", ""}},
     .names = kT5Names},
    {.model_type = "albert",
     .default_activation = Activation::kGeluTanh,
     .shares_layers = true,
     .dense_is_pooler = true,
     .names = kAlbertNames},
    {.model_type = "nomic_bert",
     .positions = Positions::kRope,
     .default_rope_base = 1000,
     .default_activation = Activation::kSilu,
     .attention_bias = {"qkv_proj_bias", false},
     .up_bias = {"mlp_fc1_bias", false},
     .down_bias = {"mlp_fc2_bias", false},
     .keys = {.n_layers = {"n_layer", "num_hidden_layers"},
              .n_heads = {"n_head", "num_attention_heads"},
              .d_model = {"n_embd", "hidden_size"},
              .d_ff = {"n_inner", "intermediate_size"},
              .n_positions = {"n_positions", "max_position_embeddings"},
              .norm_eps = {"layer_norm_epsilon", "layer_norm_eps"},
              .activation = {"activation_function", "hidden_act"}},
     .names = kNomicBertNames},
    {.model_type = "modernbert",
     .positions = Positions::kRopeInWindows,
     .default_eps = 1e-5,
     .default_n_types = 0,
     .default_rope_base = 160000,
     .norm_place = NormPlace::kPre,
     .attention_bias = {"attention_bias", false},
     .up_bias = {"mlp_bias", false},
     .down_bias = {"mlp_bias", false},
     .norm_bias = {"norm_bias", false},
     .head_bias = {"classifier_bias", false},
     .has_first_attn_norm = false,
     .head_activation = HeadActivation::kGelu,
     .mlm_is_gelu = true,
     .keys = {.norm_eps = {"norm_eps", ""}, .activation = {"hidden_activation", ""}},
     .names = kModernBertNames},
    // A table and no layers: its sizes come from static_model.h, not from these keys.
    {.model_type = "model2vec",
     .positions = Positions::kNone,
     .default_n_types = 0,
     .names = {.token = "embeddings"}},
    gte_like("new", "new."),
    gte_like("gte", "gte."),
    {.model_type = "eurobert",
     .positions = Positions::kRope,
     .default_eps = 1e-5,
     .default_n_types = 0,
     .default_activation = Activation::kSilu,
     .norm_kind = NormKind::kRms,
     .norm_place = NormPlace::kPre,
     .attention_bias = {"attention_bias", false},
     .up_bias = {"mlp_bias", false},
     .down_bias = {"mlp_bias", false},
     .norm_bias = {"", false},
     .keys = {.norm_eps = {"rms_norm_eps", ""}},
     .names = kEuroBertNames},
};

}  // namespace

const char* spelling(const JsonObject& config, const ConfigKey& key) {
  return !config.has(key[0]) && config.has(key[1]) ? key[1] : key[0];
}

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
