#include "formats/decoder_config.h"

#include <cmath>

#include <gmock/gmock.h>

#include "formats/decoder_model.h"
#include "formats/gguf/test_gguf.h"
#include "formats/json_object.h"
#include "formats/model_folder.h"
#include "formats/model_kind.h"
#include "formats/test_folder.h"

namespace quern::formats {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

// The fields that every family's config.json has.
constexpr const char* kSizes = R"("num_hidden_layers": 6, "hidden_size": 64,
  "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 96, "vocab_size": 500,
  "max_position_embeddings": 256, "rms_norm_eps": 1e-5)";

Result<DecoderConfig> from_json(const std::string& type, const std::string& more = "") {
  const std::string text = "{\"model_type\": \"" + type + "\", " + kSizes + more + "}";
  Result<JsonObject> json = JsonObject::parse(text, "config.json");
  EXPECT_TRUE(json.ok()) << json.status().message();
  return decoder_config_from_json(*json);
}

DecoderConfig json_config(const std::string& type, const std::string& more = "") {
  Result<DecoderConfig> config = from_json(type, more);
  EXPECT_TRUE(config.ok()) << config.status().message();
  return config.ok() ? *config : DecoderConfig();
}

TEST(decoder_config_json, llama) {
  const DecoderConfig c = json_config("llama", R"(, "rope_theta": 5e5, "rope_scaling": null)");
  EXPECT_EQ(c.family, DecoderFamily::kLlama);
  EXPECT_EQ(c.n_layers, 6);
  EXPECT_EQ(c.n_heads, 4);
  EXPECT_EQ(c.n_kv_heads, 2);
  EXPECT_EQ(c.d_head, 16);
  EXPECT_EQ(c.n_vocab, 500);
  EXPECT_EQ(c.norm_eps, 1e-5f);
  EXPECT_EQ(c.attn_scale, 0.25f);
  EXPECT_EQ(c.embed_scale, 1);
  EXPECT_EQ(c.activation, Activation::kSilu);
  EXPECT_FALSE(c.has_qkv_bias || c.has_qk_norm || c.has_post_norms || c.norm_adds_one);
  EXPECT_FALSE(c.tied_embeddings);
  EXPECT_THAT(c.windows, Each(0));
  EXPECT_EQ(c.rope.base, 5e5);
  EXPECT_EQ(c.rope.n_dims, 16);
  EXPECT_FALSE(c.rope.interleaved);
  EXPECT_TRUE(c.rope.factors.empty());
}

TEST(decoder_config_json, mistral_has_a_window_unless_it_says_null) {
  EXPECT_THAT(json_config("mistral").windows, Each(4096));
  EXPECT_THAT(json_config("mistral", R"(, "sliding_window": 32)").windows, Each(32));
  EXPECT_THAT(json_config("mistral", R"(, "sliding_window": null)").windows, Each(0));
}

TEST(decoder_config_json, qwen) {
  const DecoderConfig two = json_config(
      "qwen2", R"(, "sliding_window": 32, "use_sliding_window": false, "max_window_layers": 4,
                    "tie_word_embeddings": true)");
  EXPECT_TRUE(two.has_qkv_bias);
  EXPECT_FALSE(two.has_attn_out_bias);
  EXPECT_TRUE(two.tied_embeddings);
  EXPECT_THAT(two.windows, Each(0));
  EXPECT_THAT(json_config("qwen2", R"(, "sliding_window": 32, "use_sliding_window": true,
                                       "max_window_layers": 4)")
                  .windows,
              ElementsAre(0, 0, 0, 0, 32, 32));
  // transformers' defaults: a window of 4096, and none in the first 28 layers.
  constexpr const char* kMany = R"(, "num_hidden_layers": 30, "use_sliding_window": true)";
  for (const std::string type : {"qwen2", "qwen3"}) {
    EXPECT_THAT(json_config(type, R"(, "sliding_window": 8, "use_sliding_window": true)").windows,
                Each(0));
    const DecoderConfig many = json_config(type, kMany);
    EXPECT_EQ(many.windows.at(27), 0);
    EXPECT_EQ(many.windows.at(28), 4096);
  }
  const DecoderConfig three = json_config("qwen3");
  EXPECT_TRUE(three.has_qk_norm);
  EXPECT_FALSE(three.has_qkv_bias);
  EXPECT_EQ(three.d_head, 128);
  EXPECT_EQ(json_config("qwen3", R"(, "head_dim": 32)").d_head, 32);
}

TEST(decoder_config_json, gemma) {
  const DecoderConfig one = json_config("gemma", R"(, "head_dim": 16, "hidden_act": "gelu")");
  EXPECT_EQ(one.activation, Activation::kGeluTanh);
  EXPECT_EQ(one.embed_scale, 8);
  EXPECT_TRUE(one.norm_adds_one);
  EXPECT_TRUE(one.tied_embeddings);
  EXPECT_EQ(one.attn_softcap, 0);
  EXPECT_EQ(one.attn_scale, 0.25f);

  const DecoderConfig two = json_config("gemma2", R"(, "head_dim": 16, "query_pre_attn_scalar": 64,
                                 "sliding_window": 8, "final_logit_softcapping": null)");
  EXPECT_TRUE(two.has_post_norms);
  EXPECT_EQ(two.attn_scale, 0.125f);
  EXPECT_EQ(two.attn_softcap, 50);
  EXPECT_EQ(two.logit_softcap, 0);
  EXPECT_THAT(two.windows, ElementsAre(8, 0, 8, 0, 8, 0));
}

TEST(decoder_config_json, gemma3_turns_its_windowed_layers_otherwise) {
  const DecoderConfig old = json_config(
      "gemma3_text", R"(, "head_dim": 16, "sliding_window": 8, "sliding_window_pattern": 3,
                          "rope_theta": 2e6, "rope_local_base_freq": 2e4,
                          "rope_scaling": {"rope_type": "linear", "factor": 8})");
  EXPECT_TRUE(old.has_qk_norm);
  EXPECT_THAT(old.windows, ElementsAre(8, 8, 0, 8, 8, 0));
  EXPECT_EQ(old.rope_of(2).base, 2e6);
  EXPECT_THAT(old.rope_of(2).factors, Each(8.0f));
  EXPECT_EQ(old.rope_of(0).base, 2e4);
  EXPECT_TRUE(old.rope_of(0).factors.empty());

  const DecoderConfig now =
      json_config("gemma3", R"(, "text_config": {"model_type": "gemma3_text", "head_dim": 16,
        "sliding_window": 8, "layer_types": ["full_attention", "sliding_attention",
        "sliding_attention", "sliding_attention", "sliding_attention", "full_attention"],
        "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 3e6},
                            "sliding_attention": {"rope_type": "default", "rope_theta": 3e4}}, )" +
                                std::string(kSizes) + "}");
  EXPECT_THAT(now.windows, ElementsAre(0, 8, 8, 8, 8, 0));
  EXPECT_EQ(now.rope.base, 3e6);
  EXPECT_EQ(now.window_rope.base, 3e4);
}

TEST(decoder_config_json, phi3_has_two_sets_of_rope_factors) {
  const std::string ones = "[1, 1, 1, 1, 1, 1, 1, 1]";
  const std::string twos = "[2, 2, 2, 2, 2, 2, 2, 2]";
  const DecoderConfig c =
      json_config("phi3", R"(, "original_max_position_embeddings": 64, "rope_scaling": {"type":
                    "longrope", "short_factor": )" +
                              ones + ", \"long_factor\": " + twos + "}");
  EXPECT_THAT(c.rope.factors, Each(1.0f));
  EXPECT_THAT(c.rope.long_factors, Each(2.0f));
  EXPECT_EQ(c.rope.n_short_positions, 64);
  EXPECT_NEAR(c.rope.magnitude, std::sqrt(1 + std::log(4.0) / std::log(64.0)), 1e-6);
}

TEST(decoder_config_json, rope_parameters_in_old_and_new_form_agree) {
  const std::string rest = R"("factor": 4, "original_max_position_embeddings": 64)";
  for (const std::string type : {"linear", "llama3", "yarn"}) {
    const DecoderConfig old = json_config("llama", R"(, "rope_theta": 2e4, "rope_scaling": {"type":
                                          ")" + type + "\", " +
                                                       rest + "}");
    const DecoderConfig now =
        json_config("llama", R"(, "rope_parameters": {"rope_theta": 2e4, "rope_type": ")" + type +
                                 "\", " + rest + "}");
    EXPECT_EQ(now.rope.base, 2e4);
    EXPECT_EQ(old.rope.factors.size(), 8u) << type;
    EXPECT_EQ(old.rope.factors, now.rope.factors) << type;
    EXPECT_EQ(old.rope.magnitude, now.rope.magnitude) << type;
  }
  EXPECT_TRUE(json_config("llama", R"(, "rope_scaling": {"type": "dynamic", "factor": 2})")
                  .rope.factors.empty());
}

TEST(decoder_config_json, a_bad_field_is_named) {
  struct Case {
    const char* type;
    const char* more;
    Code code;
    const char* message;
  };
  const Code bad = Code::kBadInput;
  const Code no = Code::kUnsupported;
  const Case cases[] = {
      {"mamba", "", no, "'model_type' is \"mamba\", want one of: llama, qwen2, qwen3, gemma"},
      {"llama", R"(, "num_key_value_heads": 3)", bad, "4 attention heads share 3 key-value"},
      {"llama", R"(, "num_key_value_heads": 0)", bad, "'num_key_value_heads' is 0"},
      {"llama", R"(, "hidden_size": 3)", bad, "'num_attention_heads' is 4, want at most"},
      {"llama", R"(, "hidden_act": "relu6")", no, "'hidden_act' is \"relu6\""},
      {"llama", R"(, "head_dim": 15)", bad, "rope turns 15 dimensions of heads of 15"},
      {"llama", R"(, "partial_rotary_factor": 0.01)", bad, "rope turns 0 dimensions"},
      {"llama", R"(, "rope_theta": 1)", bad, "'rope_theta' is 1, want more than 1"},
      {"llama", R"(, "rope_theta": -5)", bad, "'rope_theta' is -5"},
      {"llama", R"(, "rope_scaling": {"type": "spiral"})", no,
       "'type' is \"spiral\", want default"},
      {"llama", R"(, "rope_scaling": [])", bad, "'rope_scaling' is [], want an object"},
      {"llama", R"(, "rope_scaling": {"type": "linear", "factor": 0})", bad, "'factor' is 0"},
      {"llama", R"(, "rope_scaling": {"type": "yarn", "factor": 2, "mscale": 1})", no, "'mscale'"},
      {"llama", R"(, "rope_scaling": {"type": "llama3", "high_freq_factor": 1})", bad,
       "'high_freq_factor' is 1, want more than"},
      {"phi3", R"(, "rope_scaling": {"type": "longrope", "short_factor": [1], "long_factor": [1]})",
       bad, "'short_factor' is [1], want an array of 8 positive numbers"},
      {"gemma3", R"(, "text_config": {"model_type": "gemma3_text", "text_config": {}})", bad,
       "'text_config'"},
      {"gemma3_text", R"(, "layer_types": ["full_attention"])", bad, "for each of 6 layers"},
      {"qwen3", R"(, "layer_types": ["a","a","a","a","a","a"])", no, "'layer_types'"},
      {"gemma3_text", R"(, "use_bidirectional_attention": true, "is_causal": true)",
       Code::kBadInput, "'is_causal' is true, want false, as 'use_bidirectional_attention' is"},
  };
  for (const Case& c : cases) {
    const Status status = from_json(c.type, c.more).status();
    EXPECT_EQ(status.code(), c.code) << c.more;
    EXPECT_THAT(status.message(), HasSubstr(c.message)) << c.more;
  }
}

/// A GGUF file of a family with the usual keys; `more` adds to it.
TestGguf gguf_of(const std::string& family) {
  TestGguf file;
  file.string("general.architecture", family).u32(family + ".block_count", 6);
  file.u32(family + ".embedding_length", 64).u32(family + ".attention.head_count", 4);
  file.u32(family + ".attention.head_count_kv", 2).u32(family + ".feed_forward_length", 96);
  file.u32(family + ".context_length", 256);
  file.f32(family + ".attention.layer_norm_rms_epsilon", 1e-5f);
  file.strings("tokenizer.ggml.tokens", {"<s>", "</s>", "a", "<|im_end|>", "<|end|>"});
  file.array<std::int32_t>("tokenizer.ggml.token_type", 5, {3, 3, 1, 3, 1});
  return file.u32("tokenizer.ggml.bos_token_id", 0).u32("tokenizer.ggml.eos_token_id", 1);
}

Result<DecoderModel> read_model(const TestGguf& file) {
  const TestFolder folder;
  return read_decoder(folder.write("m.gguf", file.bytes()));
}

DecoderConfig gguf_config(const TestGguf& file) {
  const Result<DecoderModel> model = read_model(file);
  EXPECT_TRUE(model.ok()) << model.status().message();
  return model.ok() ? model->config : DecoderConfig();
}

TEST(decoder_config_gguf, llama) {
  TestGguf file = gguf_of("llama");
  file.u32("llama.rope.dimension_count", 8).f32("llama.rope.freq_base", 1e5f);
  const DecoderConfig c = gguf_config(file);
  EXPECT_EQ(c.n_layers, 6);
  EXPECT_EQ(c.n_kv_heads, 2);
  EXPECT_EQ(c.d_head, 16);
  EXPECT_EQ(c.n_vocab, 5);
  EXPECT_EQ(c.rope.n_dims, 8);
  EXPECT_EQ(c.rope.base, 1e5);
  EXPECT_TRUE(c.rope.interleaved);
  EXPECT_TRUE(c.tied_embeddings);
  EXPECT_FALSE(c.norm_adds_one);
}

TEST(decoder_config_gguf, tensors_say_what_the_metadata_do_not) {
  TestGguf file = gguf_of("llama");
  const std::string row(64 * 4, '\0');
  std::string factors;
  for (int i = 0; i < 8; ++i) factors += TestGguf::raw(i < 4 ? 1.0f : 8.0f);
  file.tensor("token_embd.weight", {64, 7}, 0, std::string(64 * 7 * 4, '\0'));
  file.tensor("output.weight", {64, 7}, 0, std::string(64 * 7 * 4, '\0'));
  file.tensor("rope_freqs.weight", {8}, 0, factors).tensor("blk.0.attn_q.bias", {64}, 0, row);
  const DecoderConfig c = gguf_config(file);
  EXPECT_EQ(c.n_vocab, 7);
  EXPECT_FALSE(c.tied_embeddings);
  EXPECT_TRUE(c.has_qkv_bias);
  EXPECT_THAT(c.rope.factors, ElementsAre(1, 1, 1, 1, 8, 8, 8, 8));
}

TEST(decoder_config_gguf, gemma2_and_gemma3) {
  TestGguf two = gguf_of("gemma2");
  two.u32("gemma2.attention.sliding_window", 8).u32("gemma2.attention.key_length", 32);
  two.u32("gemma2.attention.value_length", 32).f32("gemma2.final_logit_softcapping", 20);
  const DecoderConfig c2 = gguf_config(two);
  EXPECT_THAT(c2.windows, ElementsAre(8, 0, 8, 0, 8, 0));
  EXPECT_EQ(c2.attn_softcap, 50);
  EXPECT_EQ(c2.logit_softcap, 20);
  EXPECT_EQ(c2.embed_scale, 8);
  EXPECT_FLOAT_EQ(c2.attn_scale, 1 / std::sqrt(32.0f));
  EXPECT_FALSE(c2.rope.interleaved);

  TestGguf three = gguf_of("gemma3");
  three.u32("gemma3.attention.sliding_window", 8).f32("gemma3.rope.freq_base", 1e6f);
  three.string("gemma3.rope.scaling.type", "linear").f32("gemma3.rope.scaling.factor", 8);
  const DecoderConfig c3 = gguf_config(three);
  EXPECT_THAT(c3.windows, ElementsAre(8, 8, 8, 8, 8, 0));
  EXPECT_EQ(c3.rope_of(5).base, 1e6);
  EXPECT_THAT(c3.rope_of(5).factors, Each(8.0f));
  EXPECT_EQ(c3.rope_of(0).base, 1e4);
  EXPECT_TRUE(c3.rope_of(0).factors.empty());
  three.array<std::uint8_t>("gemma3.attention.sliding_window_pattern", 7, {1, 1, 0, 1, 1, 0});
  EXPECT_THAT(gguf_config(three).windows, ElementsAre(8, 8, 0, 8, 8, 0));
}

TEST(decoder_config_gguf, yarn_agrees_with_config_json) {
  TestGguf file = gguf_of("qwen2");
  file.string("qwen2.rope.scaling.type", "yarn").f32("qwen2.rope.scaling.factor", 4);
  file.u32("qwen2.rope.scaling.original_context_length", 64);
  const DecoderConfig gguf = gguf_config(file);
  const DecoderConfig json = json_config("qwen2", R"(, "rope_scaling": {"type": "yarn", "factor": 4,
                                     "original_max_position_embeddings": 64})");
  EXPECT_EQ(gguf.rope.factors, json.rope.factors);
  EXPECT_EQ(gguf.rope.magnitude, json.rope.magnitude);
  EXPECT_TRUE(gguf.has_qkv_bias);
}

TEST(decoder_config_gguf, a_bad_field_is_named) {
  const auto message = [](TestGguf file) { return read_model(file).status().message(); };
  EXPECT_THAT(message(gguf_of("mamba")),
              HasSubstr("'general.architecture' is 'mamba', want one of: llama, qwen2"));
  EXPECT_THAT(message(gguf_of("llama").u32("llama.attention.value_length", 8)),
              HasSubstr("'llama.attention.value_length' is 8, want the key length, 16"));
  EXPECT_THAT(message(gguf_of("llama").u32("llama.rope.dimension_count", 18)),
              HasSubstr("rope turns 18 dimensions of heads of 16"));
  EXPECT_THAT(message(gguf_of("llama").f32("llama.rope.freq_base", std::nanf(""))),
              HasSubstr("'llama.rope.freq_base' is nan"));
  EXPECT_THAT(message(gguf_of("llama").string("llama.rope.scaling.type", "spiral")),
              HasSubstr("'llama.rope.scaling.type' is 'spiral', want none, linear, yarn"));
  EXPECT_THAT(message(gguf_of("gemma3").array<std::uint8_t>(
                  "gemma3.attention.sliding_window_pattern", 7, {1})),
              HasSubstr("want a number, or a boolean for each layer"));
  EXPECT_THAT(message(gguf_of("llama").tensor("rope_freqs.weight", {3}, 0, "123412341234")),
              HasSubstr("3 rope factors for 16 rotated dimensions, want 8"));
  EXPECT_THAT(message(gguf_of("llama").tensor("rope_freqs.weight", {8}, 1, std::string(16, '1'))),
              HasSubstr("'rope_freqs.weight' is not a vector of f32"));
  EXPECT_EQ(message(gguf_of("llama").u32("tokenizer.ggml.eot_token_id", 5)), "");  // A warning.
  TestGguf layers;
  layers.string("general.architecture", "llama").u32("llama.block_count", 6);
  layers.u32("llama.embedding_length", 64);
  layers.array<std::int32_t>("llama.attention.head_count", 5, {4, 2});
  EXPECT_THAT(message(layers), HasSubstr("differs between layers"));
}

TEST(decoder_model, gguf_gives_template_and_end_tokens) {
  TestGguf file = gguf_of("llama");
  file.string("tokenizer.chat_template", "{{ bos_token }}");
  file.u32("tokenizer.ggml.eom_token_id", UINT32_MAX);
  const TestFolder folder;
  folder.write("d/m.gguf", file.bytes());
  const Result<DecoderModel> model = read_decoder(folder.path("d"));
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->name, "m");
  EXPECT_EQ(model->path, folder.path("d/m.gguf"));
  EXPECT_EQ(model->chat_template, "{{ bos_token }}");
  EXPECT_EQ(model->bos_token, "<s>");
  EXPECT_EQ(model->eos_token, "</s>");
  EXPECT_THAT(model->end_ids, ElementsAre(1, 3));  // "<|end|>" is no control token here.
  EXPECT_EQ(*model_kind(folder.path("d")), ModelKind::kDecoder);
  folder.write("d/n.gguf", file.bytes());
  EXPECT_THAT(read_decoder(folder.path("d")).status().message(), HasSubstr("holds 2 .gguf files"));
}

TEST(decoder_model, end_tokens_without_a_logit_are_left_out) {
  TestGguf file = gguf_of("llama");  // 5 tokens; 1, 3 and now 4 end an answer.
  file.u32("tokenizer.ggml.eom_token_id", 4);
  file.tensor("token_embd.weight", {64, 3}, 0, std::string(64 * 3 * 4, '\0'));
  const TestFolder folder;
  folder.write("m.gguf", file.bytes());
  const Result<DecoderModel> model = read_decoder(folder.path("m.gguf"));
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->config.n_vocab, 3);
  EXPECT_THAT(model->end_ids, ElementsAre(1));
}

TEST(decoder_model, a_folder_gives_template_and_end_tokens) {
  const TestFolder folder;
  folder.write("config.json",
               std::string(R"({"model_type": "llama", "eos_token_id": 2, )") + kSizes + "}");
  folder.write("generation_config.json", R"({"eos_token_id": [7, 2]})");
  folder.write("tokenizer_config.json",
               R"({"bos_token": {"content": "<b>"}, "eos_token": "<e>", "chat_template":
                   [{"name": "tool", "template": "t"}, {"name": "default", "template": "d"}]})");
  Result<DecoderModel> model = read_decoder(folder.path());
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->weights, WeightFiles::kSafetensors);
  EXPECT_THAT(model->end_ids, ElementsAre(2, 7));
  EXPECT_EQ(model->bos_token, "<b>");
  EXPECT_EQ(model->eos_token, "<e>");
  EXPECT_EQ(model->chat_template, "d");
  folder.write("chat_template.jinja", "file");
  EXPECT_EQ(read_decoder(folder.path())->chat_template, "file");
  folder.write("generation_config.json", R"({"eos_token_id": [500]})");
  EXPECT_THAT(read_decoder(folder.path()).status().message(),
              HasSubstr("generation_config.json: 'eos_token_id' is [500], want ids from 0 to 499"));
  EXPECT_EQ(read_decoder(folder.path("none")).status().code(), Code::kNotFound);
}

TEST(decoder_model, a_folder_ends_where_any_of_its_files_says) {
  const TestFolder folder;
  folder.write("config.json",
               std::string(R"({"model_type": "llama", "eos_token_id": 2, )") + kSizes + "}");
  folder.write("generation_config.json", R"({"eos_token_id": [7]})");
  text::TokenizerSpec tokenizer;
  tokenizer.vocab = {"a", "<end>", "b", "<|im_end|>"};
  tokenizer.added = {{.id = 9, .content = "<e>", .special = true},
                     {.id = 11, .content = "<|im_end|>", .special = false},
                     {.id = 12, .content = "<|im_start|>", .special = true},
                     {.id = 500, .content = "<|endoftext|>", .special = true}};
  const auto ends = [&](const std::string& tokenizer_config) {
    folder.write("tokenizer_config.json", tokenizer_config);
    DecoderModel model = *read_decoder(folder.path());
    add_tokenizer_ends(tokenizer, model);
    return model.end_ids;
  };
  // 500 has no row in this model; the <|im_end|> that is an ordinary piece is no end by itself.
  EXPECT_THAT(ends("{}"), ElementsAre(2, 7, 11));
  EXPECT_THAT(ends(R"({"eos_token": "<e>"})"), ElementsAre(2, 7, 9, 11));
  EXPECT_THAT(ends(R"({"eos_token": {"content": "<e>", "lstrip": false}})"),
              ElementsAre(2, 7, 9, 11));
  EXPECT_THAT(ends(R"({"eos_token": "<end>"})"), ElementsAre(1, 2, 7, 11));
  EXPECT_THAT(ends(R"({"eos_token": "nowhere"})"), ElementsAre(2, 7, 11));
}

TEST(decoder_model, kinds_are_told_apart) {
  EXPECT_EQ(*model_kind(fixture("tiny-nli")), ModelKind::kEncoder);
  const TestFolder folder;
  folder.write("config.json", R"({"model_type": "xlnet"})");
  EXPECT_THAT(model_kind(folder.path()).status().message(),
              HasSubstr("architecture 'xlnet', want one of: bert, roberta, xlm-roberta"));
  EXPECT_EQ(model_kind(folder.path("none")).status().code(), Code::kNotFound);
}

TEST(decoder_model, a_real_file_reads) {
  const std::string path = shared_file("data/tiny_models/stories260K.gguf");
  if (path.empty()) GTEST_SKIP() << "the shared data are not there";
  const Result<DecoderModel> model = read_decoder(path);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->config.n_layers, 5);
  EXPECT_EQ(model->config.n_kv_heads, 4);
  EXPECT_EQ(model->config.d_head, 8);
  EXPECT_EQ(model->config.d_ff, 172);
  EXPECT_EQ(model->config.n_vocab, 512);
  EXPECT_FALSE(model->config.tied_embeddings);
  EXPECT_THAT(model->end_ids, ElementsAre(2));
}

}  // namespace
TEST(model_kind, a_decoders_network_embeds_where_its_files_say_so) {
  const std::string decoders = QUERN_SOURCE_DIR "/tests/data/decoders/";
  EXPECT_EQ(*model_kind(decoders + "qwen3"), ModelKind::kDecoder);
  EXPECT_EQ(*model_kind(decoders + "gguf/qwen3.gguf"), ModelKind::kDecoder);
  for (const char* name : {"tiny-st-qwen3", "gguf/tiny-st-qwen3.gguf", "gguf/tiny-st-llama.gguf",
                           "gguf/tiny-nomic.gguf"}) {
    EXPECT_EQ(*model_kind(fixture(name)), ModelKind::kEncoder) << name;
  }
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-st-qwen3", "m");
  std::filesystem::remove(path + "/modules.json");
  EXPECT_EQ(*model_kind(path), ModelKind::kEncoder);  // A Qwen3Model has no output matrix.
  replace_in(path + "/config.json", "Qwen3Model", "Qwen3ForCausalLM");
  EXPECT_EQ(*model_kind(path), ModelKind::kDecoder);
  replace_in(path + "/config.json", "{", R"({"is_causal": false, )");
  EXPECT_EQ(*model_kind(path), ModelKind::kEncoder);
  EXPECT_THAT(read_decoder(path).status().message(), HasSubstr("it cannot generate text"));
}

TEST(model_folder, a_decoder_without_modules_pools_as_its_architecture_says) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-st-qwen3", "m");
  std::filesystem::remove(path + "/modules.json");
  EXPECT_EQ(read_model_folder(path)->head.poolings, std::vector{Pooling::kMean});
  replace_in(path + "/config.json", "Qwen3Model", "Qwen3ForCausalLM");
  EXPECT_EQ(read_model_folder(path)->head.poolings, std::vector{Pooling::kLast});
  replace_in(path + "/config.json", "{", R"({"is_causal": false, )");
  EXPECT_EQ(read_model_folder(path)->head.poolings, std::vector{Pooling::kMean});
}

TEST(model_folder, windows_of_a_model_that_sees_both_ways_reach_half_to_each_side) {
  const ModelFolder gemma = *read_model_folder(fixture("tiny-st-gemma"));
  EXPECT_FALSE(gemma.config.causal);
  EXPECT_THAT(gemma.config.windows, testing::ElementsAre(5, 5, 5, 5, 5, 0, 5));
  const ModelFolder gguf = *read_model_folder(fixture("gguf/tiny-st-gemma.gguf"));
  EXPECT_EQ(gguf.config.windows, gemma.config.windows);
  EXPECT_EQ(gguf.head.n_values, gemma.head.n_values);
  EXPECT_EQ(gguf.head.modules.size(), gemma.head.modules.size());
}

}  // namespace quern::formats
