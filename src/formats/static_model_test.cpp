// Model2Vec folders: what is read, and what is refused by name.

#include "formats/static_model.h"

#include <gmock/gmock.h>

#include "formats/test_folder.h"

namespace quern::formats {
namespace {

using testing::HasSubstr;

/// tiny-static with another config.json or table.
Result<ModelFolder> read_with(const std::string& config, const std::string& tensors = "") {
  const TestFolder folder;
  const std::string model = folder.copy_model("tiny-static", "model");
  folder.write("model/config.json", config);
  if (!tensors.empty()) folder.write("model/model.safetensors", tensors);
  return read_model_folder(model);
}

std::string safetensors(std::string header) {
  const std::uint64_t n = header.size();
  return std::string(reinterpret_cast<const char*>(&n), sizeof n) + header;
}

TEST(static_model, is_an_encoder_without_layers) {
  const auto folder = read_model_folder(fixture("tiny-static"));
  ASSERT_TRUE(folder.ok()) << folder.status().message();
  EXPECT_EQ(folder->config.family, "model2vec");
  EXPECT_EQ(folder->config.n_layers, 0);
  EXPECT_EQ(folder->config.d_model, 20);
  EXPECT_EQ(folder->head.n_values, 20);
  EXPECT_EQ(folder->max_tokens, 40);
  EXPECT_TRUE(folder->head.is_normalized());
  const auto spec = read_tokenizer(folder->path);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_TRUE(spec->drops_unknown);
  EXPECT_EQ(spec->single.size(), 1u);
  EXPECT_TRUE(spec->pair.empty());
}

TEST(static_model, what_its_config_leaves_out) {
  const auto folder = read_with(R"({"architectures": ["StaticModel"]})");
  ASSERT_TRUE(folder.ok()) << folder.status().message();
  EXPECT_EQ(folder->max_tokens, 512);
  EXPECT_FALSE(folder->head.is_normalized());
  const auto unlimited = read_with(R"({"model_type": "model2vec", "max_length": null})");
  ASSERT_TRUE(unlimited.ok()) << unlimited.status().message();
  EXPECT_GT(unlimited->max_tokens, 10000);
}

TEST(static_model, reads_before_its_weights_are_there) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-static", "m");
  std::filesystem::remove(path + "/model.safetensors");
  const auto read = read_model_folder(path);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->max_tokens, 40);
  folder.write("m/model.safetensors", "x");
  EXPECT_EQ(read_model_folder(path).status().code(), Code::kBadInput);
}

TEST(static_model, says_what_it_cannot_do) {
  const std::string plain = R"({"model_type": "model2vec"})";
  const auto message = [](const Result<ModelFolder>& folder) {
    return folder.ok() ? "" : folder.status().message();
  };
  EXPECT_THAT(message(read_with(R"({"model_type": "model2vec", "pooling": "max"})")),
              HasSubstr("'pooling' is \"max\", want mean"));
  EXPECT_THAT(message(read_with(R"({"model_type": "model2vec", "head_config": {}})")),
              HasSubstr("head_config"));
  EXPECT_THAT(
      message(read_with(plain, safetensors(R"({"x": {"dtype": "F32", "shape": [0], "data_offsets":
                                              [0, 0]}})"))),
      HasSubstr("no tensor 'embeddings'"));
  EXPECT_THAT(
      message(read_with(plain, safetensors(R"({"embeddings": {"dtype": "F32", "shape": [0, 4],
                                              "data_offsets": [0, 0]}})"))),
      HasSubstr("no table"));
  EXPECT_THAT(message(read_with(plain, safetensors(R"({"mapping": {"dtype": "F32", "shape": [0],
                                              "data_offsets": [0, 0]}})"))),
              HasSubstr("quantised vocabulary"));
}

}  // namespace
}  // namespace quern::formats
