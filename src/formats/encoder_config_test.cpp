// What the encoder families' config.json say, in the spellings that published models have.

#include "formats/encoder_config.h"

#include <cmath>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/json_object.h"

namespace quern::formats {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

Result<EncoderConfig> read(const json& config) {
  return read_encoder_config(JsonObject(config, "config.json"));
}

EncoderConfig read_good(const json& config) {
  Result<EncoderConfig> out = read(config);
  EXPECT_TRUE(out.ok()) << out.status().message();
  return out.ok() ? *out : EncoderConfig();
}

const json kNomic = {{"model_type", "nomic_bert"},
                     {"n_embd", 768},
                     {"n_head", 12},
                     {"n_inner", 3072},
                     {"n_layer", 12},
                     {"n_positions", 8192},
                     {"vocab_size", 30528},
                     {"type_vocab_size", 2},
                     {"layer_norm_epsilon", 1e-12},
                     {"activation_function", "swiglu"},
                     {"qkv_proj_bias", false},
                     {"mlp_fc1_bias", false},
                     {"mlp_fc2_bias", false},
                     {"prenorm", false},
                     {"causal", false},
                     {"rotary_emb_base", 1000},
                     {"rotary_emb_fraction", 1.0},
                     {"rotary_emb_interleaved", false},
                     {"rotary_emb_scale_base", nullptr},
                     {"rotary_scaling_factor", nullptr},
                     {"max_trained_positions", 2048}};

TEST(encoder_config, nomic_bert_as_its_own_code_spells_it) {
  const EncoderConfig c = read_good(kNomic);
  EXPECT_EQ(c.n_layers, 12);
  EXPECT_EQ(c.d_model, 768);
  EXPECT_EQ(c.d_ff, 3072);
  EXPECT_EQ(c.n_positions, 8192);
  EXPECT_EQ(c.n_position_rows(), 0);
  EXPECT_EQ(c.rope.base, 1000);
  EXPECT_EQ(c.rope.n_dims, 64);
  EXPECT_EQ(c.activation, Activation::kSilu);
  EXPECT_FALSE(c.has_attention_bias || c.has_up_bias || c.has_down_bias);
  EXPECT_TRUE(c.has_norm_bias);
}

TEST(encoder_config, nomic_bert_as_transformers_spells_it) {
  const EncoderConfig c =
      read_good({{"model_type", "nomic_bert"},
                 {"hidden_size", 768},
                 {"num_attention_heads", 12},
                 {"intermediate_size", 3072},
                 {"num_hidden_layers", 12},
                 {"max_position_embeddings", 2048},
                 {"vocab_size", 30528},
                 {"hidden_act", "silu"},
                 {"rope_parameters", {{"rope_theta", 500.0}, {"rope_type", "default"}}}});
  EXPECT_EQ(c.rope.base, 500);
  EXPECT_EQ(c.n_positions, 2048);
  EXPECT_EQ(c.n_types, 2);
}

// Beyond the positions it was trained on, another base would be right.
TEST(encoder_config, nomic_bert_with_a_scaling_factor_ends_where_it_was_trained) {
  json config = kNomic;
  config["rotary_scaling_factor"] = 2;
  EXPECT_EQ(read_good(config).n_positions, 2048);
}

TEST(encoder_config, what_would_compute_something_else_is_refused_by_name) {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, json>>{{"prenorm", true},
                                                 {"causal", true},
                                                 {"rotary_emb_interleaved", true},
                                                 {"rotary_emb_fraction", 0.5},
                                                 {"rotary_emb_scale_base", 512},
                                                 {"moe_normalize_expert_weights", true},
                                                 {"use_rms_norm", true},
                                                 {"position_embedding_type", "alibi"},
                                                 {"activation_function", "relu6"}}) {
    json config = kNomic;
    config[key] = value;
    const Result<EncoderConfig> c = read(config);
    EXPECT_EQ(c.status().code(), Code::kUnsupported) << key;
    EXPECT_THAT(c.status().message(), HasSubstr("'" + key + "'"));
  }
}

const json kModernBert = {{"model_type", "modernbert"},
                          {"hidden_size", 768},
                          {"num_attention_heads", 12},
                          {"intermediate_size", 1152},
                          {"num_hidden_layers", 7},
                          {"max_position_embeddings", 8192},
                          {"vocab_size", 50368},
                          {"hidden_activation", "gelu"},
                          {"norm_eps", 1e-5},
                          {"position_embedding_type", "absolute"},
                          {"local_attention", 128},
                          {"global_attn_every_n_layers", 3},
                          {"global_rope_theta", 160000.0},
                          {"local_rope_theta", 10000.0}};

TEST(encoder_config, modernbert_has_windows_and_two_ropes) {
  const EncoderConfig c = read_good(kModernBert);
  EXPECT_THAT(c.windows, ElementsAre(0, 65, 65, 0, 65, 65, 0));
  EXPECT_EQ(c.rope.base, 160000);
  EXPECT_EQ(c.window_rope.base, 10000);
  EXPECT_EQ(c.norm_place, NormPlace::kPre);
  EXPECT_FALSE(c.has_norm_bias || c.has_attention_bias || c.has_up_bias);
  EXPECT_EQ(c.n_types, 0);
}

TEST(encoder_config, modernbert_in_the_new_spelling) {
  json config = kModernBert;
  config.erase("global_rope_theta");
  config.erase("local_rope_theta");
  config["rope_parameters"] = {{"full_attention", {{"rope_theta", 7.0}, {"rope_type", "default"}}},
                               {"sliding_attention", {{"rope_theta", 5.0}}}};
  config["num_hidden_layers"] = 2;
  config["layer_types"] = {"sliding_attention", "full_attention"};
  const EncoderConfig c = read_good(config);
  EXPECT_THAT(c.windows, ElementsAre(65, 0));
  EXPECT_EQ(c.rope.base, 7);
  EXPECT_EQ(c.window_rope.base, 5);
  config["layer_types"] = {"sliding_attention"};
  EXPECT_EQ(read(config).status().code(), Code::kBadInput);
}

TEST(encoder_config, gte_multilingual_scales_its_rope) {
  json config = {{"model_type", "new"},
                 {"hidden_size", 768},
                 {"num_attention_heads", 12},
                 {"intermediate_size", 3072},
                 {"num_hidden_layers", 12},
                 {"max_position_embeddings", 8192},
                 {"vocab_size", 250048},
                 {"type_vocab_size", 1},
                 {"hidden_act", "gelu"},
                 {"layer_norm_type", "layer_norm"},
                 {"position_embedding_type", "rope"},
                 {"rope_theta", 20000},
                 {"rope_scaling", {{"factor", 8.0}, {"type", "ntk"}}}};
  const EncoderConfig c = read_good(config);
  EXPECT_EQ(c.rope.base, 160000);
  ASSERT_EQ(c.rope.factors.size(), 32u);
  EXPECT_NEAR(c.rope.factors[5], std::pow(8.0, 2.0 / 64), 1e-6);
  config["rope_scaling"]["type"] = "dynamic";
  EXPECT_EQ(read(config).status().code(), Code::kUnsupported);
}

TEST(encoder_config, positions_of_the_roberta_kind_begin_behind_the_padding) {
  const json config = {{"model_type", "xlm-roberta"}, {"hidden_size", 1024},
                       {"num_attention_heads", 16},   {"intermediate_size", 4096},
                       {"num_hidden_layers", 24},     {"max_position_embeddings", 8194},
                       {"vocab_size", 250002},        {"type_vocab_size", 1},
                       {"layer_norm_eps", 1e-5},      {"pad_token_id", 1}};
  const EncoderConfig c = read_good(config);
  EXPECT_EQ(c.n_positions, 8192);
  EXPECT_EQ(c.first_position, 2);
  EXPECT_EQ(c.n_position_rows(), 8194);
}

TEST(encoder_config, albert_shares_layers_and_has_a_narrow_embedding) {
  json config = {
      {"model_type", "albert"},         {"hidden_size", 768},      {"num_attention_heads", 12},
      {"intermediate_size", 3072},      {"num_hidden_layers", 12}, {"embedding_size", 128},
      {"max_position_embeddings", 512}, {"vocab_size", 30000},     {"num_hidden_groups", 3}};
  const EncoderConfig c = read_good(config);
  EXPECT_EQ(c.d_embed, 128);
  EXPECT_EQ(c.n_blocks(), 3);
  EXPECT_EQ(c.block_of(3), 0);
  EXPECT_EQ(c.block_of(4), 1);
  EXPECT_EQ(c.block_of(11), 2);
  EXPECT_EQ(c.activation, Activation::kGeluTanh);
  config["inner_group_num"] = 2;
  EXPECT_EQ(read(config).status().code(), Code::kUnsupported);
}

// nomic-ai/nomic-embed-text-v2-moe.
TEST(encoder_config, nomic_with_experts_has_no_gate) {
  json config = kNomic;
  EXPECT_TRUE(read_good(config).is_gated);
  config.update({{"activation_function", "gelu"},
                 {"num_experts", 8},
                 {"moe_top_k", 2},
                 {"moe_every_n_layers", 2}});
  const EncoderConfig c = read_good(config);
  EXPECT_FALSE(c.is_gated);
  EXPECT_EQ(c.experts.n, 8);
  EXPECT_EQ(c.experts.n_active, 2);
  EXPECT_FALSE(c.experts.in(0) || c.experts.in(2));
  EXPECT_TRUE(c.experts.in(1) && c.experts.in(11));
  config["moe_top_k"] = 9;
  EXPECT_EQ(read(config).status().code(), Code::kBadInput);
  config["moe_top_k"] = 2;
  config["activation_function"] = "swiglu";
  EXPECT_EQ(read(config).status().code(), Code::kUnsupported);
  json bert = kNomic;
  bert["model_type"] = "gte";
  bert["num_experts"] = 8;
  EXPECT_FALSE(read(bert).ok());
}

TEST(encoder_config, jina_calls_itself_bert) {
  json config = {{"model_type", "bert"},      {"hidden_size", 768},
                 {"num_attention_heads", 12}, {"intermediate_size", 3072},
                 {"num_hidden_layers", 12},   {"max_position_embeddings", 8192},
                 {"vocab_size", 30528},       {"position_embedding_type", "alibi"}};
  const EncoderConfig c = read_good(config);
  EXPECT_EQ(c.family, "jina-bert-v2");
  EXPECT_TRUE(c.has_alibi);
  EXPECT_EQ(c.n_position_rows(), 0);
  EXPECT_EQ(c.activation, Activation::kGelu);
  config["feed_forward_type"] = "reglu";
  EXPECT_EQ(read_good(config).activation, Activation::kRelu);
  config["feed_forward_type"] = "original";
  EXPECT_THAT(read(config).status().message(), HasSubstr("original"));
}

// microsoft/deberta-v3-base.
const json kDeberta = {{"model_type", "deberta-v2"}, {"hidden_size", 768},
                       {"num_attention_heads", 12},  {"intermediate_size", 3072},
                       {"num_hidden_layers", 12},    {"max_position_embeddings", 512},
                       {"vocab_size", 128100},       {"relative_attention", true},
                       {"position_buckets", 256},    {"norm_rel_ebd", "layer_norm"},
                       {"share_att_key", true},      {"pos_att_type", "p2c|c2p"},
                       {"type_vocab_size", 0},       {"position_biased_input", false}};

TEST(encoder_config, deberta_v3) {
  const EncoderConfig c = read_good(kDeberta);
  EXPECT_EQ(c.disentangled.span, 256);
  EXPECT_EQ(c.disentangled.max_distance, 512);
  EXPECT_TRUE(c.disentangled.to_keys && c.disentangled.to_queries && c.disentangled.has_norm);
  EXPECT_FALSE(c.disentangled.has_own_projections);
  EXPECT_EQ(c.n_position_rows(), 0);
  EXPECT_EQ(c.n_types, 0);
  EXPECT_FLOAT_EQ(c.attn_scale, 1 / std::sqrt(64.0f * 3));
  EXPECT_FLOAT_EQ(c.norm_eps, 1e-7f);
}

TEST(encoder_config, deberta_without_the_keys_is_plain_attention_over_positions) {
  json config = kDeberta;
  for (const char* key : {"relative_attention", "position_buckets", "norm_rel_ebd", "share_att_key",
                          "pos_att_type", "position_biased_input"}) {
    config.erase(key);
  }
  const EncoderConfig c = read_good(config);
  EXPECT_EQ(c.disentangled.span, 0);
  EXPECT_EQ(c.n_position_rows(), 512);
  EXPECT_FLOAT_EQ(c.attn_scale, 0.125f);
}

TEST(encoder_config, deberta_says_what_it_cannot_do) {
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, json>>{{"pos_att_type", "p2p"},
                                                           {"conv_kernel_size", 4},
                                                           {"pooler_hidden_act", "tanh"},
                                                           {"position_buckets", 2},
                                                           {"max_relative_positions", 100}}) {
    json config = kDeberta;
    config[key] = value;
    EXPECT_FALSE(read(config).ok()) << key;
  }
}

TEST(encoder_config, deberta_may_have_a_convolution) {
  json config = kDeberta;
  config["conv_kernel_size"] = 3;
  EXPECT_EQ(read_good(config).convolution.activation, HeadActivation::kTanh);
  config["conv_act"] = "gelu";
  config["conv_groups"] = 2;
  const EncoderConfig c = read_good(config);
  EXPECT_EQ(c.convolution.n_taps, 3);
  EXPECT_EQ(c.convolution.n_groups, 2);
  EXPECT_EQ(c.convolution.activation, HeadActivation::kGelu);
  config["conv_groups"] = 5;
  EXPECT_FALSE(read(config).ok());
}

// t5-base says neither its activation nor the width of its heads' sum.
TEST(encoder_config, t5_knows_distances_only) {
  json config = {{"model_type", "t5"}, {"d_model", 48},
                 {"d_kv", 10},         {"d_ff", 96},
                 {"num_layers", 2},    {"num_heads", 4},
                 {"vocab_size", 99},   {"relative_attention_num_buckets", 32}};
  const EncoderConfig c = read_good(config);
  EXPECT_EQ(c.d_head, 10);
  EXPECT_EQ(c.attn_scale, 1);
  EXPECT_EQ(c.n_buckets, 32);
  EXPECT_EQ(c.n_positions, 512);
  EXPECT_EQ(c.n_position_rows(), 0);
  EXPECT_FALSE(c.is_gated);
  EXPECT_EQ(c.activation, Activation::kRelu);
  config["feed_forward_proj"] = "gated-gelu";
  EXPECT_TRUE(read_good(config).is_gated);
  EXPECT_EQ(read_good(config).activation, Activation::kGeluTanh);
  config["relative_attention_num_buckets"] = 64;
  EXPECT_FALSE(read(config).ok());
  config["relative_attention_num_buckets"] = 32;
  config["relative_attention_max_distance"] = 64;
  EXPECT_FALSE(read(config).ok());
}

TEST(encoder_config, the_heads_of_a_layer_are_of_a_bounded_width_together) {
  json t5 = {{"model_type", "t5"}, {"d_model", 48},
             {"d_kv", 65536},      {"d_ff", 96},
             {"num_layers", 2},    {"num_heads", 65536},  // Their product is 0 in 32 bits.
             {"vocab_size", 99},   {"relative_attention_num_buckets", 32}};
  const auto refused = read(t5);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.status().message().find("d_kv"), std::string::npos)
      << refused.status().message();
  json bert = kDeberta;  // A family that knows no such key; nor is "" one.
  bert[""] = 65536;
  EXPECT_EQ(read_good(bert).d_head, read_good(kDeberta).d_head);
}

TEST(encoder_config, deberta_v1_has_as_many_keys_as_queries) {
  json config = kDeberta;
  config["model_type"] = "deberta";
  config["num_key_value_heads"] = 1;
  const auto refused = read(config);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.status().message().find("num_key_value_heads"), std::string::npos)
      << refused.status().message();
}

TEST(encoder_config, jinas_code_model_is_known_by_its_code) {
  const json config = {
      {"model_type", "bert"},
      {"position_embedding_type", "alibi"},
      {"feed_forward_type", "geglu"},
      {"auto_map", {{"AutoModel", "jinaai/jina-bert-v2-qk-post-norm--modeling_bert.X"}}},
      {"hidden_size", 48},
      {"num_attention_heads", 4},
      {"intermediate_size", 96},
      {"num_hidden_layers", 2},
      {"max_position_embeddings", 64},
      {"vocab_size", 99}};
  EXPECT_EQ(read_good(config).family, "jina-bert-v2-code");
}

TEST(encoder_config, mpnet_has_a_bucket_table) {
  const json config = {{"model_type", "mpnet"},
                       {"hidden_size", 768},
                       {"num_attention_heads", 12},
                       {"intermediate_size", 3072},
                       {"num_hidden_layers", 12},
                       {"max_position_embeddings", 514},
                       {"relative_attention_num_buckets", 32},
                       {"vocab_size", 30527},
                       {"layer_norm_eps", 1e-5}};
  const EncoderConfig c = read_good(config);
  EXPECT_EQ(c.n_buckets, 32);
  EXPECT_EQ(c.n_types, 0);
  EXPECT_EQ(c.n_positions, 512);
  EXPECT_EQ(c.first_position, 2);
}

TEST(encoder_config, heads_that_are_turned_have_an_even_width) {
  json config = kNomic;
  config["n_embd"] = 36;
  EXPECT_EQ(read(config).status().code(), Code::kBadInput);
}

}  // namespace
}  // namespace quern::formats
