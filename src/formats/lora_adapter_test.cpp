#include "formats/lora_adapter.h"

#include <cmath>

#include <gmock/gmock.h>

#include "formats/safetensors_header.h"
#include "formats/test_folder.h"

namespace quern::formats {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::string adapter_fixture(const std::string& name) {
  return std::string(QUERN_SOURCE_DIR) + "/tests/data/adapters/" + name;
}

/// A copy of an adapter, to be damaged.
class LoraAdapterTest : public testing::Test {
 protected:
  LoraAdapterTest() { fs::copy(adapter_fixture("lora-classifier"), folder.path("adapter")); }

  void change_config(std::string_view from, std::string_view to) {
    replace_in(path() + "/adapter_config.json", from, to);
  }

  /// Zeros of these shapes in place of the weights.
  void write_weights(const TensorLayout& layout) {
    std::size_t n = 0;
    for (const TensorSlot& slot : layout) {
      std::size_t bytes = dtype_bytes(slot.dtype);
      for (const std::int64_t extent : slot.shape) bytes *= static_cast<std::size_t>(extent);
      n += bytes;
    }
    folder.write("adapter/adapter_model.safetensors",
                 safetensors_header(layout) + std::string(n, '\0'));
  }

  std::string path() const { return folder.path("adapter"); }
  Status status() const { return read_lora_adapter(path()).status(); }

  TestFolder folder;
};

TEST(lora_adapter, reads_what_peft_wrote) {
  const Result<LoraAdapter> adapter = read_lora_adapter(adapter_fixture("lora-classifier"));
  ASSERT_TRUE(adapter.ok()) << adapter.status().message();
  EXPECT_EQ(adapter->task, "SEQ_CLS");
  EXPECT_FALSE(adapter->is_transposed);
  EXPECT_FALSE(adapter->excludes_some);
  EXPECT_THAT(adapter->layers, ElementsAre());
  EXPECT_THAT(adapter->targets, ElementsAre("output.dense", "query", "value"));
  EXPECT_THAT(adapter->modules_to_save, ElementsAre("classifier", "pooler", "classifier", "score"));
  ASSERT_EQ(adapter->updates.size(), 8u);
  const LoraUpdate& first = adapter->updates[0];
  EXPECT_EQ(first.module, "bert.encoder.layer.0.attention.output.dense");
  EXPECT_THAT(first.a.shape, ElementsAre(4, 32));
  EXPECT_THAT(first.b.shape, ElementsAre(32, 4));
  EXPECT_DOUBLE_EQ(first.scale, 6.0 / 4);
  ASSERT_EQ(adapter->saved.size(), 4u);
  EXPECT_EQ(adapter->saved[3].name, "classifier.weight");
}

TEST(lora_adapter, the_scale_of_rank_stabilised_ones_has_the_root_of_the_rank) {
  const Result<LoraAdapter> adapter = read_lora_adapter(adapter_fixture("lora-vectors"));
  ASSERT_TRUE(adapter.ok()) << adapter.status().message();
  EXPECT_DOUBLE_EQ(adapter->updates[0].scale, 5 / std::sqrt(3.0));
  EXPECT_THAT(adapter->layers, ElementsAre(1));
  EXPECT_EQ(adapter->task, "");
}

TEST_F(LoraAdapterTest, layers_are_a_number_or_a_list_of_a_name_or_some) {
  change_config("\"layers_to_transform\": null", "\"layers_to_transform\": 3");
  change_config("\"layers_pattern\": null", "\"layers_pattern\": \"layer\"");
  Result<LoraAdapter> adapter = read_lora_adapter(path());
  ASSERT_TRUE(adapter.ok()) << adapter.status().message();
  EXPECT_THAT(adapter->layers, ElementsAre(3));
  EXPECT_THAT(adapter->layer_names, ElementsAre("layer"));
  change_config("\"layers_pattern\": \"layer\"", "\"layers_pattern\": [\"h\", \"layer\"]");
  adapter = read_lora_adapter(path());
  ASSERT_TRUE(adapter.ok()) << adapter.status().message();
  EXPECT_THAT(adapter->layer_names, ElementsAre("h", "layer"));
  change_config("\"layers_to_transform\": 3", "\"layers_to_transform\": [0, -1]");
  EXPECT_THAT(status().message(), HasSubstr("'layers_to_transform' is [0,-1], want numbers of"));
}

TEST_F(LoraAdapterTest, other_kinds_are_refused_by_name) {
  const struct {
    const char* from;
    const char* to;
    const char* message;
  } cases[] = {
      {"\"LORA\"", "\"IA3\"", "'peft_type' is \"IA3\", want LORA"},
      {"\"use_dora\": false", "\"use_dora\": true", "'use_dora' is true, want none"},
      {"\"bias\": \"none\"", "\"bias\": \"all\"", "'bias' is \"all\", want none"},
      {"\"rank_pattern\": {}", "\"rank_pattern\": {\"query\": 2}",
       "'rank_pattern' is {\"query\":2}"},
      {"\"alpha_pattern\": {}", "\"alpha_pattern\": {\"q\": 2}", "'alpha_pattern'"},
      {"\"lora_bias\": false", "\"lora_bias\": true", "'lora_bias'"},
      {"\"init_lora_weights\": true", "\"init_lora_weights\": \"pissa\"",
       "'init_lora_weights' is \"pissa\", want one that leaves the base as it is"},
  };
  const std::string whole = slurp(path() + "/adapter_config.json");
  for (const auto& c : cases) {
    folder.write("adapter/adapter_config.json", whole);
    change_config(c.from, c.to);
    EXPECT_EQ(status().code(), Code::kUnsupported) << c.message;
    EXPECT_THAT(status().message(), HasSubstr(c.message));
  }
}

TEST_F(LoraAdapterTest, wrong_fields_are_named_with_what_was_wanted) {
  change_config("\"r\": 4", "\"r\": 0");
  EXPECT_THAT(status().message(),
              HasSubstr("adapter_config.json: 'r' is 0, want an integer from 1"));
  change_config("\"r\": 0", "\"r\": 5");
  EXPECT_EQ(status().code(), Code::kBadInput);
  EXPECT_THAT(status().message(), HasSubstr("is [4, 32], want [r, inputs] (r is 5)"));
  change_config("\"r\": 5", "\"r\": 4");
  change_config("\"lora_alpha\": 6", "\"lora_alpha\": \"x\"");
  EXPECT_THAT(status().message(), HasSubstr("'lora_alpha' is \"x\""));
}

TEST_F(LoraAdapterTest, missing_and_cut_files_are_named) {
  const std::string weights = slurp(path() + "/adapter_model.safetensors");
  for (const std::size_t n :
       {weights.size() - 1, weights.size() / 2, std::size_t{9}, std::size_t{0}}) {
    folder.write("adapter/adapter_model.safetensors", weights.substr(0, n));
    EXPECT_EQ(status().code(), Code::kBadInput) << n;
    EXPECT_THAT(status().message(), HasSubstr("adapter_model.safetensors"));
  }
  fs::remove(path() + "/adapter_model.safetensors");
  EXPECT_EQ(status().code(), Code::kNotFound);
  fs::remove(path() + "/adapter_config.json");
  EXPECT_EQ(status().code(), Code::kNotFound);
}

TEST_F(LoraAdapterTest, a_half_without_the_other_and_a_stranger_are_named) {
  change_config("\"SEQ_CLS\"", "null");
  change_config("\"modules_to_save\": [", "\"modules_to_save\": null, \"was\": [");
  const TensorSlot a{"base_model.model.x.query.lora_A.weight", DType::kF16, {4, 8}};
  const TensorSlot b{"base_model.model.x.query.lora_B.weight", DType::kF16, {8, 4}};
  write_weights({a, b});
  EXPECT_TRUE(status().ok()) << status().message();
  write_weights({b});
  EXPECT_THAT(
      status().message(),
      HasSubstr("no tensor 'base_model.model.x.query.lora_A.weight', and there is its other"));
  write_weights({a, {b.name, DType::kF16, {4, 8}}});
  EXPECT_THAT(status().message(),
              HasSubstr("lora_B.weight' is [4, 8], want [outputs, r] (r is 4)"));
  write_weights({a, b, {"base_model.model.x.query.lora_magnitude_vector", DType::kF32, {8}}});
  EXPECT_EQ(status().code(), Code::kUnsupported);
  EXPECT_THAT(status().message(), HasSubstr("lora_magnitude_vector' is neither half of an update"));
  write_weights({a, b, {"transformer.x.weight", DType::kF32, {8}}});
  EXPECT_THAT(status().message(), HasSubstr("want a name that begins with 'base_model.model.'"));
  write_weights({{a.name, DType::kI32, {4, 8}}, b});
  EXPECT_THAT(status().message(), HasSubstr("is of i32, want f32, f16 or bf16"));
  write_weights({});
  EXPECT_THAT(status().message(), HasSubstr("no lora_A and lora_B in it"));
}

TEST_F(LoraAdapterTest, a_module_to_save_that_is_not_there_is_named) {
  change_config("\"pooler\"", "\"projector\"");
  // The pooler's tensors belong to nothing then.
  EXPECT_THAT(status().message(), HasSubstr("pooler.dense.bias' is neither half"));
  write_weights({{"base_model.model.x.query.lora_A.weight", DType::kF32, {4, 8}},
                 {"base_model.model.x.query.lora_B.weight", DType::kF32, {8, 4}},
                 {"base_model.model.classifier.weight", DType::kF32, {3, 8}}});
  EXPECT_THAT(status().message(),
              HasSubstr("no tensor of 'projector', which modules_to_save names"));
  change_config("\"projector\",", "");
  EXPECT_TRUE(status().ok()) << status().message();
  write_weights({{"base_model.model.x.query.lora_A.weight", DType::kF32, {4, 8}},
                 {"base_model.model.x.query.lora_B.weight", DType::kF32, {8, 4}}});
  EXPECT_THAT(status().message(), HasSubstr("no tensor of 'classifier' or 'score', and task_type"));
}

}  // namespace
}  // namespace quern::formats
