#include "hub/adapted_model.h"

#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "formats/json_object.h"
#include "formats/safetensors.h"
#include "formats/safetensors_header.h"
#include "formats/test_folder.h"
#include "hub/merged_weights.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;
using formats::fixture;
using formats::replace_in;
using formats::slurp;
using formats::TensorEntry;
using formats::TensorFiles;
using formats::TestFolder;
using testing::ElementsAre;
using testing::HasSubstr;

std::string adapter_fixture(const std::string& name) {
  return std::string(QUERN_SOURCE_DIR) + "/tests/data/adapters/" + name;
}

std::vector<float> floats(const TensorEntry& entry) {
  EXPECT_EQ(entry.dtype, DType::kF32);
  std::vector<float> out(entry.bytes.size() / sizeof(float));
  std::memcpy(out.data(), entry.bytes.data(), entry.bytes.size());
  return out;
}

TensorFiles opened(const std::string& path) {
  Result<TensorFiles> files = TensorFiles::open(path);
  EXPECT_TRUE(files.ok()) << files.status().message();
  return std::move(*files);
}

class AdaptedModelTest : public testing::Test {
 protected:
  AdaptedModelTest() {
    for (const char* name : {"lora-classifier", "lora-vectors"}) {
      fs::copy(adapter_fixture(name), home.path(name));
    }
  }

  Result<InstalledModel> add(const std::string& adapter,
                             const std::string& base = fixture("tiny-mean-f32")) {
    return add_adapted(hub, {.base = base, .adapter = home.path(adapter), .name = "m"});
  }

  /// The base with `prefix` before its tensors' names, the one called `reshaped` as [16, 64].
  std::string base_with_prefix(const std::string& prefix, const std::string& reshaped = "") {
    const std::string folder = home.path("base" + prefix);
    fs::create_directory(folder);
    for (const auto& entry : fs::directory_iterator(fixture("tiny-mean-f32"))) {
      if (entry.is_regular_file()) fs::copy(entry.path(), folder);
    }
    const TensorFiles base = opened(fixture("tiny-mean-f32"));
    formats::TensorLayout layout;
    std::string bytes;
    for (const auto& [name, entry] : base.all()) {
      const bool is_other = name == reshaped;
      layout.push_back(
          {prefix + name, entry.dtype, is_other ? std::vector<std::int64_t>{16, 64} : entry.shape});
      bytes.append(reinterpret_cast<const char*>(entry.bytes.data()), entry.bytes.size());
    }
    std::ofstream(folder + "/model.safetensors", std::ios::binary)
        << formats::safetensors_header(layout) << bytes;
    return folder;
  }

  /// What PEFT made of the same base: changed and new tensors to a rounding, the others untouched.
  void expect_merged_as_by_peft(const std::string& adapter) {
    const TensorFiles base = opened(fixture("tiny-mean-f32"));
    const TensorFiles got = opened(home.path("models/m"));
    const TensorFiles want = opened(home.path(adapter) + "/merged.safetensors");
    ASSERT_FALSE(want.all().empty());
    for (const auto& [name, entry] : want.all()) {
      const TensorEntry* found = got.find(name);
      ASSERT_NE(found, nullptr) << name;
      ASSERT_EQ(found->shape, entry.shape) << name;
      const std::vector<float> values = floats(*found);
      const std::vector<float> expected = floats(entry);
      for (std::size_t i = 0; i < values.size(); ++i) {
        ASSERT_NEAR(values[i], expected[i], 1e-6) << name << " at " << i;
      }
    }
    for (const auto& [name, entry] : base.all()) {
      if (want.find(name) != nullptr) continue;
      const TensorEntry* found = got.find(name);
      ASSERT_NE(found, nullptr) << name;
      EXPECT_TRUE(std::equal(entry.bytes.begin(), entry.bytes.end(), found->bytes.begin(),
                             found->bytes.end()))
          << name;
    }
    std::size_t n_new = 0;
    for (const auto& [name, entry] : want.all()) n_new += base.find(name) == nullptr ? 1 : 0;
    EXPECT_EQ(got.all().size(), base.all().size() + n_new);
  }

  /// The adapter's first tensor of that name with `value` as its first number.
  void spoil(const std::string& adapter, const std::string& tensor, float value) {
    const std::string path = home.path(adapter + "/adapter_model.safetensors");
    std::string bytes;
    formats::TensorLayout layout;
    {
      const TensorFiles files = opened(path);
      for (const auto& [name, entry] : files.all()) {
        layout.push_back({name, entry.dtype, entry.shape});
        const std::size_t at = bytes.size();
        bytes.append(reinterpret_cast<const char*>(entry.bytes.data()), entry.bytes.size());
        if (name.find(tensor) == std::string::npos) continue;
        EXPECT_EQ(entry.dtype, DType::kF32);
        std::memcpy(bytes.data() + at, &value, sizeof value);
      }
    }
    std::ofstream(path, std::ios::binary) << formats::safetensors_header(layout) << bytes;
  }

  TestFolder home;
  Hub hub{home.path()};
};

TEST_F(AdaptedModelTest, a_classifier_is_merged_as_peft_does_it) {
  const Result<InstalledModel> model = add("lora-classifier");
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->task, "classify");
  EXPECT_EQ(model->dims, 3);
  EXPECT_EQ(model->problem, "");
  expect_merged_as_by_peft("lora-classifier");
  EXPECT_TRUE(hub.verify("m").ok());
  const auto config = *formats::JsonObject::read(home.path("models/m"), "config.json");
  EXPECT_THAT(*config.strings("architectures"), ElementsAre("BertForSequenceClassification"));
  EXPECT_EQ(config.at("id2label").at("1"), "entailment");
  // Nothing of how the base made vectors, nor of what they were.
  for (const char* gone :
       {"modules.json", "1_Pooling", "sentence_bert_config.json", "golden.json"}) {
    EXPECT_FALSE(fs::exists(home.path("models/m/") + gone)) << gone;
  }
}

TEST_F(AdaptedModelTest, an_adapter_of_the_bare_network_leaves_an_embedder) {
  const Result<InstalledModel> model = add("lora-vectors");
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->task, "embed");
  expect_merged_as_by_peft("lora-vectors");
  EXPECT_TRUE(fs::exists(home.path("models/m/1_Pooling/config.json")));
  EXPECT_FALSE(fs::exists(home.path("models/m/golden.json")));
}

TEST_F(AdaptedModelTest, an_installed_base_is_found_by_its_name_and_stays_as_it_is) {
  ASSERT_TRUE(hub.add(fixture("tiny-mean-f32"), "base", "").ok());
  const Result<InstalledModel> model = add("lora-classifier", "base");
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_TRUE(hub.verify("base").ok());
  EXPECT_EQ(hub.find("base")->task, "embed");
}

TEST_F(AdaptedModelTest, names_with_the_prefix_are_found_where_the_base_has_it) {
  const std::string base = base_with_prefix("bert.");
  const Result<InstalledModel> model = add("lora-classifier", base);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const TensorFiles got = opened(home.path("models/m"));
  const TensorFiles want = opened(home.path("lora-classifier") + "/merged.safetensors");
  EXPECT_EQ(got.all().size(), opened(base).all().size() + 4);  // Classifier and pooler.
  const char* changed = "encoder.layer.1.attention.self.value.weight";
  const TensorEntry* merged = got.find(std::string("bert.") + changed);
  ASSERT_NE(merged, nullptr);
  EXPECT_THAT(floats(*merged),
              testing::Pointwise(testing::FloatNear(1e-6F), floats(*want.find(changed))));
  EXPECT_NE(got.find("classifier.weight"), nullptr);
}

TEST_F(AdaptedModelTest, labels_that_no_file_names_are_counted) {
  fs::remove(home.path("lora-classifier/config.json"));
  const Result<InstalledModel> model = add("lora-classifier");
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->dims, 3);
}

TEST_F(AdaptedModelTest, a_transposed_base_gets_the_transposed_update) {
  // W [2, 3] is [n_in, n_out]; A [1, 2], B [3, 1]: W^T + 2 B A.
  TestFolder folder;
  const auto file = [&](const std::string& name, const formats::TensorLayout& layout,
                        const std::vector<float>& values) {
    std::string bytes(values.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    folder.write(name, formats::safetensors_header(layout) + bytes);
  };
  file("base.safetensors", {{"x.c_attn.weight", DType::kF32, {2, 3}}}, {1, 2, 3, 4, 5, 6});
  file("a/adapter_model.safetensors",
       {{"base_model.model.x.c_attn.lora_A.weight", DType::kF32, {1, 2}},
        {"base_model.model.x.c_attn.lora_B.weight", DType::kF32, {3, 1}}},
       {10, 20, 1, 2, 3});
  folder.write("a/adapter_config.json", R"({"peft_type":"LORA","r":1,"lora_alpha":2,
      "fan_in_fan_out":true,"target_modules":["c_attn"]})");
  const auto adapter = formats::read_lora_adapter(folder.path("a"));
  ASSERT_TRUE(adapter.ok()) << adapter.status().message();
  const TensorFiles base = opened(folder.path("base.safetensors"));
  const Status written = write_merged_weights(base, *adapter, folder.path("out.safetensors"));
  ASSERT_TRUE(written.ok()) << written.message();
  const TensorFiles out = opened(folder.path("out.safetensors"));
  EXPECT_THAT(floats(*out.find("x.c_attn.weight")), ElementsAre(21, 42, 63, 44, 85, 126));
}

TEST_F(AdaptedModelTest, an_adapter_of_another_model_is_refused_by_names_and_shapes) {
  Status status = add("lora-classifier", fixture("tiny-nomic-moe")).status();
  EXPECT_EQ(status.code(), Code::kBadInput);
  EXPECT_THAT(status.message(), HasSubstr("the base has no tensor 'bert.encoder.layer.0."));
  const std::string narrow = base_with_prefix("", "encoder.layer.1.attention.self.query.weight");
  status = add("lora-classifier", narrow).status();
  EXPECT_THAT(status.message(),
              HasSubstr("tensor 'encoder.layer.1.attention.self.query.weight' of the base is "
                        "[16, 64], the adapter is made for [32, 32]"));
  EXPECT_THAT(*hub.names(), ElementsAre());
}

TEST_F(AdaptedModelTest, an_adapter_that_leaves_out_a_layer_is_refused) {
  replace_in(home.path("lora-vectors/adapter_config.json"),
             "\"layers_to_transform\": [\n    1\n  ]", "\"layers_to_transform\": null");
  EXPECT_THAT(
      add("lora-vectors").status().message(),
      HasSubstr("no lora_A and lora_B for 'encoder.layer.0.attention.self.key' of the base, "
                "which target_modules names as 'key'"));
  EXPECT_THAT(*hub.names(), ElementsAre());
}

TEST_F(AdaptedModelTest, a_module_missing_in_a_named_layer_is_refused) {
  replace_in(home.path("lora-vectors/adapter_config.json"),
             "\"layers_to_transform\": [\n    1\n  ]", "\"layers_to_transform\": [0, 1]");
  EXPECT_THAT(
      add("lora-vectors").status().message(),
      HasSubstr("no lora_A and lora_B for 'encoder.layer.0.attention.self.key' of the base"));
  replace_in(home.path("lora-vectors/adapter_config.json"), "\"layers_pattern\": null",
             "\"layers_pattern\": \"blocks\"");
  EXPECT_TRUE(add("lora-vectors").ok());  // No layer is named so.
}

TEST_F(AdaptedModelTest, a_name_of_modules_that_no_tensor_has_is_refused) {
  for (const char* adapter : {"lora-vectors", "lora-classifier"}) {
    replace_in(home.path(std::string(adapter) + "/adapter_config.json"), "\"target_modules\": [",
               "\"target_modules\": [\"qkv_proj\",");
    EXPECT_EQ(add(adapter).status().message(),
              "target_modules names 'qkv_proj', and there is no such tensor");
  }
  EXPECT_THAT(*hub.names(), ElementsAre());
}

TEST_F(AdaptedModelTest, numbers_that_are_none_are_refused_by_their_tensor) {
  const std::string clean = slurp(home.path("lora-classifier/adapter_model.safetensors"));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinite = std::numeric_limits<float>::infinity();
  const std::string query = "encoder.layer.1.attention.self.query";
  for (const float value : {nan, infinite, -infinite, 3e38F}) {
    for (const std::string half : {".lora_A", ".lora_B"}) {
      spoil("lora-classifier", query + half, value);
      // Overflows only when it is multiplied.
      if (value == 3e38F) spoil("lora-classifier", query, value);
      EXPECT_THAT(add("lora-classifier").status().message(),
                  HasSubstr("tensor '" + query + ".weight' with the adapter has "))
          << value << half;
      home.write("lora-classifier/adapter_model.safetensors", clean);
    }
  }
  spoil("lora-classifier", "classifier.weight", nan);
  EXPECT_THAT(add("lora-classifier").status().message(),
              HasSubstr("tensor 'classifier.weight' with the adapter has nan at 0, want finite"));
  EXPECT_THAT(*hub.names(), ElementsAre());
}

TEST_F(AdaptedModelTest, the_name_of_the_base_is_refused) {
  ASSERT_TRUE(hub.add(fixture("tiny-mean-f32"), "m", "").ok());
  for (const std::string& base : {std::string("m"), home.path("models/m")}) {
    const Status status = add("lora-classifier", base).status();
    EXPECT_EQ(status.code(), Code::kBadInput);
    EXPECT_EQ(status.message(), "'m' is the base's own name, want another for the adapted model");
  }
  EXPECT_EQ(hub.find("m")->task, "embed");
}

TEST_F(AdaptedModelTest, labels_are_as_many_as_the_classifier_has_rows) {
  home.write("lora-classifier/config.json", R"({"id2label": {"0": "no", "1": "yes"}})");
  const Status status = add("lora-classifier").status();
  EXPECT_EQ(status.code(), Code::kBadInput);
  EXPECT_EQ(status.message(), "id2label names 2 labels, the adapter's classifier has 3 rows");
}

TEST_F(AdaptedModelTest, the_class_fits_the_task_and_the_base) {
  for (const char* other :
       {"BertForTokenClassification", "BertModel", "RobertaForSequenceClassification"}) {
    home.write("lora-classifier/config.json",
               std::string("{\"architectures\": [\"") + other + "\"]}");
    EXPECT_THAT(add("lora-classifier").status().message(),
                HasSubstr(std::string("'architectures' is [\"") + other +
                          "\"], want a class of the base that ends with "
                          "ForSequenceClassification, since task_type is SEQ_CLS"));
  }
  home.write("lora-classifier/config.json",
             R"({"architectures": ["BertForSequenceClassification"]})");
  EXPECT_TRUE(add("lora-classifier").ok());
}

TEST_F(AdaptedModelTest, the_base_is_named_and_its_card_kept) {
  const std::string base = base_with_prefix("");
  fs::copy(fixture("tiny-mean-f32/1_Pooling"), base + "/1_Pooling");
  std::ofstream(base + "/README.md") << "license: of the base";
  home.write("lora-vectors/README.md", "license: of the adapter");
  Result<InstalledModel> model = add("lora-vectors", base);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(slurp(home.path("models/m/README.md")), "license: of the adapter");
  EXPECT_EQ(slurp(home.path("models/m/BASE_README.md")), "license: of the base");
  EXPECT_EQ(read_manifest(home.path("models/m"))->base, base);
  EXPECT_TRUE(hub.verify("m").ok());
  // One on top of it keeps both, and a copy of that, too.
  model = add_adapted(hub, {.base = "m", .adapter = home.path("lora-classifier"), .name = "n"});
  ASSERT_TRUE(model.ok()) << model.status().message();
  ASSERT_TRUE(hub.add(home.path("models/n"), "copy", "").ok());
  EXPECT_EQ(slurp(home.path("models/copy/BASE_README.md")),
            "license: of the adapter\nlicense: of the base");
  EXPECT_EQ(read_manifest(home.path("models/n"))->base, "m");
}

TEST_F(AdaptedModelTest, a_tokenizer_of_other_tokens_is_refused) {
  const std::string own = home.path("lora-classifier/tokenizer.json");
  fs::copy(fixture("tiny-mean-f32/tokenizer.json"), own);
  EXPECT_TRUE(add("lora-classifier").ok());
  nlohmann::json tokenizer = nlohmann::json::parse(slurp(own));
  tokenizer["model"]["vocab"]["quernstone"] = tokenizer["model"]["vocab"].size();
  home.write("lora-classifier/tokenizer.json", tokenizer.dump());
  EXPECT_THAT(add("lora-classifier").status().message(),
              HasSubstr("the tokenizer beside the adapter ("));
}

TEST_F(AdaptedModelTest, what_cannot_be_a_base_or_a_name_is_said_first) {
  EXPECT_EQ(add("lora-classifier", fixture("gguf/tiny-blocks.gguf")).status().code(),
            Code::kUnsupported);
  EXPECT_EQ(add("lora-classifier", "no-such").status().code(), Code::kNotFound);
  EXPECT_EQ(add("no-such-adapter").status().code(), Code::kNotFound);
  EXPECT_EQ(add_adapted(hub, {.base = fixture("tiny-mean-f32"),
                              .adapter = home.path("lora-classifier"),
                              .name = "a/b"})
                .status()
                .code(),
            Code::kBadInput);
}

}  // namespace
}  // namespace quern::hub
