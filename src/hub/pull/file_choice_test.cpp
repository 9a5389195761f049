#include "hub/pull/file_choice.h"

#include <gmock/gmock.h>

namespace quern::hub {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Listing listing_of(const std::vector<std::string>& paths) {
  Listing listing;
  for (const std::string& path : paths) listing.files.push_back({.path = path, .n_bytes = 1000});
  return listing;
}

std::vector<std::string> chosen(const std::vector<std::string>& paths,
                                const std::string& wanted = "") {
  const Result<FileChoice> choice = choose_files(listing_of(paths), wanted);
  if (!choice.ok()) return {choice.status().message()};
  std::vector<std::string> out;
  for (const ListedFile& file : choice->files) out.push_back(file.path);
  return out;
}

TEST(file_choice, a_folder_model_without_its_other_exports) {
  EXPECT_THAT(chosen({".gitattributes",
                      "1_Pooling/config.json",
                      "2_Dense/config.json",
                      "2_Dense/model.safetensors",
                      "2_Dense/pytorch_model.bin",
                      "README.md",
                      "config.json",
                      "config_sentence_transformers.json",
                      "data_config.json",
                      "model.safetensors",
                      "modules.json",
                      "onnx/config.json",
                      "onnx/model.onnx",
                      "openvino/openvino_model.xml",
                      "pytorch_model.bin",
                      "rust_model.ot",
                      "sentence_bert_config.json",
                      "sentencepiece.bpe.model",
                      "special_tokens_map.json",
                      "tf_model.h5",
                      "tokenizer.json",
                      "tokenizer_config.json",
                      "train_script.py",
                      "vocab.txt",
                      "LICENSE.txt",
                      "0_Transformer/sub/config.json"}),
              ElementsAre("1_Pooling/config.json", "2_Dense/config.json", "LICENSE.txt",
                          "README.md", "config.json", "config_sentence_transformers.json",
                          "modules.json", "sentence_bert_config.json", "sentencepiece.bpe.model",
                          "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
                          "vocab.txt", "2_Dense/model.safetensors", "model.safetensors"));
}

TEST(file_choice, what_makes_rows_and_terms_and_no_other_pickles) {
  EXPECT_THAT(chosen({"artifact.metadata", "colbert_linear.pt", "config.json", "model.safetensors",
                      "optimizer.pt", "sparse_linear.pt", "1_Dense/sparse_linear.pt"}),
              ElementsAre("artifact.metadata", "config.json", "colbert_linear.pt",
                          "model.safetensors", "sparse_linear.pt"));
  EXPECT_TRUE(is_weight_file("sparse_linear.pt"));
  EXPECT_FALSE(is_weight_file("artifact.metadata"));
}

TEST(file_choice, shards_instead_of_one_file) {
  EXPECT_THAT(
      chosen({"config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
              "model.safetensors.index.json", "consolidated.safetensors"}),
      ElementsAre("config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors",
                  "model-00002-of-00002.safetensors"));
}

TEST(file_choice, gguf_files_by_name_quantisation_and_parts) {
  const std::vector<std::string> files = {"m-Q4_K.gguf",
                                          "m-Q4_K_M.gguf",
                                          "big/m-Q8_0-00001-of-00002.gguf",
                                          "big/m-Q8_0-00002-of-00002.gguf",
                                          "mmproj-f16.gguf",
                                          "imatrix.gguf"};
  EXPECT_THAT(chosen(files, "Q4_K"), ElementsAre("m-Q4_K.gguf"));
  EXPECT_THAT(chosen(files, "q4_k_m"), ElementsAre("m-Q4_K_M.gguf"));
  EXPECT_THAT(chosen(files, "m-Q4_K_M.gguf"), ElementsAre("m-Q4_K_M.gguf"));
  for (const char* wanted : {"Q8_0", "big/m-Q8_0-00001-of-00002.gguf"}) {
    EXPECT_THAT(chosen(files, wanted),
                ElementsAre("big/m-Q8_0-00001-of-00002.gguf", "big/m-Q8_0-00002-of-00002.gguf"));
  }
  EXPECT_THAT(chosen(files)[0], HasSubstr("big/m-Q8_0.gguf (2.0 kB"));
  EXPECT_THAT(chosen(files, "m")[0], HasSubstr("in the names of several files"));
  EXPECT_THAT(chosen({"config.json", "only.gguf"}), ElementsAre("only.gguf"));
  EXPECT_THAT(chosen({"config.json", "model.safetensors", "m.gguf"}),
              ElementsAre("config.json", "model.safetensors"));
}

}  // namespace
}  // namespace quern::hub
