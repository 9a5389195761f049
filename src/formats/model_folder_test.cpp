#include "formats/model_folder.h"

#include <cstring>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "formats/test_folder.h"

namespace quern::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(model_folder, reads_an_embedder) {
  const Result<ModelFolder> model = read_model_folder(fixture("tiny-mean-f32"));
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->name, "tiny-mean-f32");
  EXPECT_EQ(model->config.family, "bert");
  EXPECT_EQ(model->config.n_layers, 2);
  EXPECT_EQ(model->config.n_heads, 4);
  EXPECT_EQ(model->config.d_model, 32);
  EXPECT_EQ(model->config.d_ff, 64);
  EXPECT_EQ(model->config.n_positions, 64);
  EXPECT_EQ(model->config.n_types, 2);
  EXPECT_EQ(model->config.norm_eps, 1e-12f);
  EXPECT_EQ(model->config.activation, Activation::kGelu);
  EXPECT_EQ(model->head.output, OutputKind::kVector);
  EXPECT_EQ(model->head.n_values, 32);
  EXPECT_EQ(model->head.truncate_to, 0);
  EXPECT_EQ(model->head.poolings, std::vector{Pooling::kMean});
  EXPECT_TRUE(model->head.is_normalized());
  EXPECT_EQ(model->max_tokens, 48);
}

TEST(model_folder, reads_prompts_pooling_kinds_and_activations) {
  const Result<ModelFolder> cls = read_model_folder(fixture("tiny-cls") + "/");
  ASSERT_TRUE(cls.ok()) << cls.status().message();
  EXPECT_EQ(cls->name, "tiny-cls");
  EXPECT_EQ(cls->head.poolings, std::vector{Pooling::kCls});
  EXPECT_EQ(cls->default_prompt, "text: ");
  EXPECT_EQ(cls->prompts.at("query"), "search query: ");

  const Result<ModelFolder> max = read_model_folder(fixture("tiny-max"));
  ASSERT_TRUE(max.ok()) << max.status().message();
  EXPECT_EQ(max->head.poolings, std::vector{Pooling::kMax});
  EXPECT_EQ(max->config.activation, Activation::kRelu);
  EXPECT_FALSE(max->head.is_normalized());

  const Result<ModelFolder> sharded = read_model_folder(fixture("tiny-sharded"));
  ASSERT_TRUE(sharded.ok()) << sharded.status().message();
  EXPECT_EQ(sharded->config.activation, Activation::kGeluTanh);
}

TEST(model_folder, reads_a_classifier) {
  const Result<ModelFolder> model = read_model_folder(fixture("tiny-nli"));
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->head.output, OutputKind::kLogits);
  EXPECT_EQ(model->head.n_values, 3);
  EXPECT_EQ(model->head.scale, Scale::kSoftmax);
  EXPECT_THAT(model->head.labels, ElementsAre("contradiction", "entailment", "neutral"));
  EXPECT_EQ(model->max_tokens, 64);
}

TEST(model_folder, a_bare_encoder_gets_mean_pooling_and_unit_vectors) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-max", "m");
  std::filesystem::remove(path + "/modules.json");
  const Result<ModelFolder> model = read_model_folder(path);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->head.poolings, std::vector{Pooling::kMean});
  EXPECT_TRUE(model->head.is_normalized());
}

TEST(model_folder, a_classifier_without_names_gets_numbered_labels) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-nli", "m");
  replace_in(path + "/config.json", "\"id2label\"", "\"num_labels\": 4, \"unused\"");
  const Result<ModelFolder> model = read_model_folder(path);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_THAT(model->head.labels, ElementsAre("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"));
}

TEST(model_folder, the_absurd_model_max_length_of_real_files_is_no_limit) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-mean-f32", "m");
  replace_in(path + "/tokenizer_config.json", "\"model_max_length\": 64",
             "\"model_max_length\": 1000000000000000019884624838656");
  replace_in(path + "/sentence_bert_config.json", "48", "null");
  const Result<ModelFolder> model = read_model_folder(path);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->max_tokens, 64);
}

struct BadField {
  const char* file;
  const char* from;
  const char* to;
  Code code;
  const char* message;
};

void expect_refused(const char* model, const BadField& c) {
  const TestFolder folder;
  const std::string path = folder.copy_model(model, "m");
  replace_in(path + "/" + c.file, c.from, c.to);
  const Status status = read_model_folder(path).status();
  EXPECT_EQ(status.code(), c.code) << c.to;
  EXPECT_THAT(status.message(), HasSubstr(c.message)) << c.to;
  EXPECT_THAT(status.message(), HasSubstr(c.file)) << c.to;
}

TEST(model_folder, a_bad_field_is_refused_with_file_field_got_and_wanted) {
  const Code bad = Code::kBadInput;
  const Code no = Code::kUnsupported;
  const BadField cases[] = {
      {"config.json", "\"hidden_size\": 32", "\"hidden_size\": -3", bad,
       "'hidden_size' is -3, want an integer from 1"},
      {"config.json", "\"hidden_size\": 32", "\"hidden_size\": \"a\"", bad,
       "'hidden_size' is \"a\", want an integer"},
      {"config.json", "\"hidden_size\": 32", "\"hidden_size\": 18446744073709551615", bad,
       "want an integer from 1"},
      {"config.json", "\"hidden_size\": 32", "\"hidden_size\": 32.5", bad, "want an integer"},
      {"config.json", "\"hidden_size\"", "\"x\"", bad, "no 'hidden_size', want an integer"},
      {"config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5", bad,
       "'num_attention_heads' is 5, want a divisor of 'hidden_size', 32"},
      {"config.json", "1e-12", "2.0", bad, "'layer_norm_eps' is 2.0, want a number from 0"},
      {"config.json", "\"bert\"", "\"xlnet\"", no,
       "'model_type' is \"xlnet\", want one of: bert, roberta"},
      {"config.json", "\"gelu\"", "\"swish\"", no, "'hidden_act' is \"swish\", want gelu"},
      {"config.json", "\"absolute\"", "\"relative_key\"", no, "want absolute"},
      {"config.json", "\"BertModel\"", "\"BertForQuestionAnswering\"", no, "'architectures'"},
      {"config.json", "\"BertModel\"", "3", bad, "want an array of strings"},
      {"config.json", "{", "[", bad, "config.json: not valid JSON"},
      {"modules.json", "models.Pooling", "models.CNN", no, "module 'CNN', want"},
      {"modules.json", "models.Pooling", "models.Dropout", no, "module 'Normalize', want"},
      {"modules.json", "models.Normalize", "models.CNN", no, "module 'CNN', want"},
      {"modules.json", "models.Pooling", "models.Normalize", no, "module 'Normalize', want"},
      {"modules.json", "\"1_Pooling\"", "\"../x\"", bad, "want a folder inside the model's"},
      {"modules.json", "\"path\": \"\"", "\"path\": \"0_Transformer\"", no, "lies in '0_Tr"},
      {"1_Pooling/config.json", "32", "33", bad, "want the model's hidden_size, 32"},
      {"1_Pooling/config.json", "cls_token\": false", "cls_token\": 1", bad, "want true or false"},
      {"sentence_bert_config.json", "48", "0", bad, "'max_seq_length' is 0, want at least 3"},
      {"sentence_bert_config.json", "48", "\"48\"", bad, "want at least 3 tokens"},
      {"tokenizer_config.json", "64", "-1", bad, "'model_max_length' is -1"},
  };
  for (const BadField& c : cases) expect_refused("tiny-mean-f32", c);
  expect_refused("tiny-max", {"1_Pooling/config.json", "\"max\"", "\"attention\"", bad,
                              "pooling 'attention' is not known, want one of: cls, max, mean"});
  expect_refused("tiny-max",
                 {"1_Pooling/config.json", "\"max\"", "[]", bad, "one mode, or a list"});
  expect_refused("tiny-cls", {"config_sentence_transformers.json", "\"prompts\"",
                              "\"truncate_dim\": 0, \"prompts\"", bad, "'truncate_dim' is 0"});
  expect_refused("tiny-nli", {"config.json", "\"2\": \"neutral\"", "\"7\": \"neutral\"", bad,
                              "want a label for each id from 0 to 2"});
  expect_refused("tiny-nli", {"config.json", "\"2\": \"neutral\"", "\"2\": 2", bad, "'id2label'"});
  expect_refused("tiny-cls",
                 {"config_sentence_transformers.json", "\"default_prompt_name\": \"document\"",
                  "\"default_prompt_name\": \"passage\"", bad, "'default_prompt_name'"});
  expect_refused("tiny-cls", {"config_sentence_transformers.json", "\"text: \"", "7", bad,
                              "want texts by name"});
}

TEST(model_folder, reads_a_chain_of_modules) {
  const Result<ModelFolder> flags = read_model_folder(fixture("tiny-st-flags"));
  ASSERT_TRUE(flags.ok()) << flags.status().message();
  EXPECT_THAT(flags->head.poolings,
              ElementsAre(Pooling::kCls, Pooling::kMax, Pooling::kMean, Pooling::kMeanSqrtLen,
                          Pooling::kWeightedMean, Pooling::kLast));
  ASSERT_EQ(flags->head.modules.size(), 2u);
  EXPECT_EQ(flags->head.modules[0].activation, HeadActivation::kTanh);  // Where none is named.
  EXPECT_TRUE(flags->head.is_normalized());
  EXPECT_EQ(flags->head.n_values, 20);

  const Result<ModelFolder> chain = read_model_folder(fixture("tiny-st-chain"));
  ASSERT_TRUE(chain.ok()) << chain.status().message();
  EXPECT_THAT(chain->head.poolings, ElementsAre(Pooling::kLast, Pooling::kMean));
  EXPECT_EQ(chain->head.modules.size(), 6u);  // Without the Dropout.
  EXPECT_EQ(chain->head.n_values, 70);
  EXPECT_EQ(chain->head.truncate_to, 17);

  const Result<ModelFolder> prompts = read_model_folder(fixture("tiny-st-prompts"));
  ASSERT_TRUE(prompts.ok()) << prompts.status().message();
  EXPECT_FALSE(prompts->head.pools_prompt);
  EXPECT_FALSE(prompts->head.is_normalized());
}

TEST(model_folder, a_bad_module_is_refused) {
  const Code bad = Code::kBadInput;
  const Code no = Code::kUnsupported;
  const BadField cases[] = {
      {"3_Dense/config.json", "48", "47", bad, "'in_features' is 47, want the width of what comes"},
      {"3_Dense/config.json", "\"out_features\": 30", "\"out_features\": 29", bad,
       "4_LayerNorm/config.json: 'dimension' is 30, want the width of what comes in, 29"},
      {"3_Dense/config.json", "activation.GELU", "activation.ELU", no,
       "want torch's Identity, Tanh, ReLU"},
      {"3_Dense/config.json", "torch.nn.modules.activation.GELU", "my.code.GELU", no,
       "want torch's"},
      {"3_Dense/config.json", "\"sentence_embedding\"", "\"token_embeddings\"", no,
       "'module_input_name' is \"token_embeddings\", want sentence_embedding"},
      {"5_Dense/config.json", "\"use_residual\": true", "\"use_residual\": 1", bad, "want true or"},
  };
  for (BadField c : cases) {
    const TestFolder folder;
    const std::string path = folder.copy_model("tiny-st-chain", "m");
    replace_in(path + "/" + c.file, c.from, c.to);
    const Status status = read_model_folder(path).status();
    EXPECT_EQ(status.code(), c.code) << c.to;
    EXPECT_THAT(status.message(), HasSubstr(c.message)) << c.to;
  }
}

TEST(model_folder, a_module_in_pickle_alone_is_refused_with_what_to_do) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-st-chain", "m");
  std::filesystem::rename(path + "/3_Dense/model.safetensors", path + "/3_Dense/pytorch_model.bin");
  const Status pickle = read_model_folder(path).status();
  EXPECT_EQ(pickle.code(), Code::kUnsupported);
  EXPECT_THAT(pickle.message(), HasSubstr("'3_Dense' has its weights in pytorch_model.bin alone"));
  EXPECT_THAT(pickle.message(), HasSubstr("save_pretrained"));
  std::filesystem::remove(path + "/3_Dense/pytorch_model.bin");
  const Status none = read_model_folder(path).status();
  EXPECT_EQ(none.code(), Code::kNotFound);
  EXPECT_THAT(none.message(), HasSubstr("no '3_Dense/model.safetensors'"));
}

TEST(model_folder, another_pooling_can_be_chosen_where_there_is_one) {
  ModelFolder one = *read_model_folder(fixture("tiny-mean-f32"));
  ASSERT_TRUE(override_pooling(Pooling::kLast, one.head).ok());
  EXPECT_THAT(one.head.poolings, ElementsAre(Pooling::kLast));
  ModelFolder two = *read_model_folder(fixture("tiny-st-chain"));
  EXPECT_EQ(override_pooling(Pooling::kLast, two.head).message(),
            "the model puts 2 poolings side by side, no other can be chosen");
  ModelFolder labels = *read_model_folder(fixture("tiny-nli"));
  EXPECT_EQ(override_pooling(Pooling::kLast, labels.head).code(), Code::kUnsupported);
}

TEST(model_folder, one_pooling_mode_in_a_list_is_that_mode) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-max", "m");
  replace_in(path + "/1_Pooling/config.json", "\"max\"", "[\"cls\"]");
  const Result<ModelFolder> model = read_model_folder(path);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->head.poolings, std::vector{Pooling::kCls});
}

TEST(model_folder, truncate_dim_is_a_fact_of_the_head) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-mean-f32", "m");
  const auto truncated = [&](const char* json) {
    folder.write("m/config_sentence_transformers.json", json);
    const Result<ModelFolder> model = read_model_folder(path);
    EXPECT_TRUE(model.ok()) << model.status().message();
    return model->head.truncate_to;
  };
  EXPECT_EQ(truncated(R"({"truncate_dim": 8})"), 8);
  EXPECT_EQ(truncated(R"({"truncate_dim": null})"), 0);
  EXPECT_EQ(truncated(R"({"truncate_dim": 32})"), 0);
  EXPECT_EQ(truncated(R"({"truncate_dim": 999})"), 0);
}

TEST(model_folder, outputs_of_tokens_and_terms) {
  const ModelFolder late = *read_model_folder(fixture("tiny-late"));
  EXPECT_EQ(late.head.output, OutputKind::kRows);
  EXPECT_EQ(output_names(late.head), "token");
  EXPECT_EQ(late.head.scale, Scale::kMaxSim);
  const LateInteraction& own = *late.head.rows->late;
  EXPECT_EQ(own.query.max_tokens, 0);
  EXPECT_EQ(own.document.max_tokens, 24);
  EXPECT_EQ(own.filling->token, "[MASK]");
  EXPECT_EQ(own.filling->n_tokens, 16);
  EXPECT_FALSE(own.filling->is_seen);
  EXPECT_TRUE(own.averages);
  EXPECT_EQ(own.skipped.size(), 33u);
  EXPECT_TRUE(late.head.rows->is_normalized());

  const ModelFolder pylate = *read_model_folder(fixture("tiny-late-pylate"));
  EXPECT_EQ(pylate.head.rows->late->query.marker, "[Q] ");
  EXPECT_EQ(pylate.head.rows->late->document.max_tokens, 24);
  EXPECT_TRUE(pylate.head.rows->late->filling->is_seen);
  EXPECT_TRUE(pylate.head.rows->is_normalized());  // Which its files do not say.

  const ModelFolder stanford = *read_model_folder(fixture("tiny-late-stanford"));
  EXPECT_EQ(stanford.head.rows->late->document.marker, "dog");
  EXPECT_EQ(stanford.head.rows->late->skipped.size(), 32u);
  EXPECT_EQ(stanford.head.n_values, 8);

  EXPECT_EQ(output_names(read_model_folder(fixture("tiny-splade"))->head), "sparse");
  EXPECT_TRUE(read_model_folder(fixture("tiny-splade-sum"))->head.sparse->sums);
  EXPECT_TRUE(read_model_folder(fixture("tiny-splade-sum"))->head.sparse->twice);
  EXPECT_EQ(output_names(read_model_folder(fixture("tiny-mlm-roberta"))->head),
            "vector, sparse, token");
  EXPECT_EQ(output_names(read_model_folder(fixture("tiny-m3"))->head), "vector, sparse, token");
  EXPECT_EQ(output_names(read_model_folder(fixture("tiny-mean-f32"))->head), "vector, token");
}

// As it is asked before weights are fetched.
TEST(model_folder, without_weights_a_folder_makes_what_its_other_files_say) {
  for (const char* model : {"tiny-late-stanford", "tiny-mlm-roberta", "tiny-mlm-modernbert"}) {
    SCOPED_TRACE(model);
    const TestFolder folder;
    const std::string path = folder.copy_model(model, "m");
    std::filesystem::remove(path + "/model.safetensors");
    const Result<ModelFolder> read = read_model_folder(path);
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(output_names(read->head), "vector, token");
    // Weights that are there and damaged are no such case.
    folder.write("m/model.safetensors", "x");
    EXPECT_EQ(read_model_folder(path).status().code(), Code::kBadInput);
  }
}

TEST(model_folder, late_interaction_and_terms_that_cannot_be_are_refused) {
  struct Wrong {
    const char* model;
    const char* file;
    const char* from;
    const char* to;
    const char* want;
  };
  const Wrong cases[] = {
      {"tiny-late", "2_MultiVectorMask/config.json", "\"document\"", "\"query\"",
       "'skiplist_tasks' is [\"query\"], want document alone"},
      {"tiny-late", "2_MultiVectorMask/config.json", "\"keep_only_token_ids\": null",
       "\"keep_only_token_ids\": [3]", "'keep_only_token_ids' is [3], want null"},
      {"tiny-late", "sentence_bert_config.json", "\"min\"", "\"most\"", "want fixed or min"},
      {"tiny-late", "sentence_bert_config.json", "\"length\": 16", "\"length\": 0",
       "'length' is 0, want"},
      {"tiny-late", "1_Dense/config.json", "token_embeddings", "sentence_embedding",
       "'module_input_name' is \"sentence_embedding\", want token_embeddings"},
      {"tiny-late", "modules.json", "normalize.Normalize", "token_pooling.HierarchicalTokenPooling",
       "module 'HierarchicalTokenPooling' over the rows of a text, want any of Dense"},
      {"tiny-late", "tokenizer_config.json", "\"mask_token\"", "\"masc_token\"",
       "names a 'mask_token' or an 'eos_token'"},
      {"tiny-late-pylate", "config_sentence_transformers.json", "\"query_length\": 20",
       "\"query_length\": 2", "'query_length' is 2, want"},
      {"tiny-late-pylate", "1_Dense/config.json", "\"in_features\": 24", "\"in_features\": 25",
       "'in_features' is 25, want the width of what comes in, 24"},
      {"tiny-late-stanford", "artifact.metadata", "cosine", "l2", "'similarity' is \"l2\", want"},
      {"tiny-late-stanford", "model.safetensors", "linear.weight", "linear.wright",
       "without a matrix 'linear.weight'"},
      {"tiny-splade", "1_SpladePooling/config.json", "\"max\"", "\"mean\"", "want max or sum"},
      {"tiny-splade", "1_SpladePooling/config.json", "\"relu\"", "\"gelu\"",
       "want relu or log1p_relu"},
      {"tiny-splade", "config.json", "\"model_type\": \"bert\"", "\"model_type\": \"electra\"",
       "by the masked-language model of a 'electra'"},
      {"tiny-m3", "sparse_linear.pt", "HalfStorage", "CharStorage", "holds 'torch CharStorage'"},
      {"tiny-m3", "colbert_linear.pt", "data.pkl", "data.pkk", "it has no data.pkl"},
  };
  for (const Wrong& c : cases) {
    SCOPED_TRACE(std::string(c.model) + " " + c.want);
    const TestFolder folder;
    const std::string path = folder.copy_model(c.model, "m");
    std::string text = slurp(path + "/" + c.file);
    ASSERT_NE(text.find(c.from), std::string::npos);
    for (std::size_t at = 0; (at = text.find(c.from, at)) != std::string::npos;) {
      text.replace(at, std::strlen(c.from), c.to);
      at += std::strlen(c.to);
    }
    folder.write(std::string("m/") + c.file, text);
    const Result<ModelFolder> read = read_model_folder(path);
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(read.status().message(), HasSubstr(c.want));
  }
}

TEST(model_folder, more_words_to_skip_than_a_vocabulary_needs_are_refused) {
  struct Case {
    const char* model;
    const char* file;
  };
  for (const Case& c : {Case{"tiny-late", "2_MultiVectorMask/config.json"},
                        Case{"tiny-late-pylate", "config_sentence_transformers.json"}}) {
    SCOPED_TRACE(c.model);
    const TestFolder folder;
    const std::string path = folder.copy_model(c.model, "m");
    nlohmann::json config = nlohmann::json::parse(slurp(path + "/" + c.file));
    const auto status_of = [&](std::size_t n) {
      config["skiplist_words"] = std::vector<std::string>(n, "w");
      folder.write(std::string("m/") + c.file, config.dump());
      return read_model_folder(path).status();
    };
    EXPECT_TRUE(status_of(4096).ok());
    const Status status = status_of(4097);
    EXPECT_EQ(status.code(), Code::kBadInput);
    EXPECT_THAT(status.message(), HasSubstr("'skiplist_words' is "));
    EXPECT_THAT(status.message(), HasSubstr("want at most 4096 words, it has 4097"));
    EXPECT_LT(status.message().size(), 1000u);
  }
}

TEST(model_folder, missing_files_are_named) {
  const TestFolder folder;
  EXPECT_THAT(read_model_folder(folder.path("none")).status().message(), HasSubstr("not a folder"));
  EXPECT_EQ(read_model_folder(folder.path()).status().code(), Code::kNotFound);
  const std::string path = folder.copy_model("tiny-mean-f32", "m");
  std::filesystem::remove(path + "/tokenizer.json");
  EXPECT_THAT(
      read_model_folder(path).status().message(),
      HasSubstr("no tokenizer.json, no spm.model, no sentencepiece.bpe.model and no vocab.txt"));
  std::filesystem::remove(path + "/1_Pooling/config.json");
  EXPECT_THAT(read_model_folder(path).status().message(), HasSubstr("1_Pooling/config.json"));
}

TEST(model_folder, deep_nesting_is_refused_before_it_is_parsed) {
  const TestFolder folder;
  folder.write("config.json", "{\"a\":" + std::string(100'000, '['));
  EXPECT_THAT(read_model_folder(folder.path()).status().message(),
              HasSubstr("nested more than 64 levels deep"));
}

}  // namespace
}  // namespace quern::formats
