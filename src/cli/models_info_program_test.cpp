// quern models info: what is known of a model, for people and for programs.

#include "cli/test_program.h"

namespace quern::cli {
namespace {

const std::string kModels = QUERN_SOURCE_DIR "/tests/data/models/";

class ModelsInfoTest : public ProgramTest {
 protected:
  nlohmann::json info(const std::string& model) {
    const Ended ended = quern("models info --json " + model);
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return nlohmann::json::parse(ended.out);
  }
};

TEST_F(ModelsInfoTest, an_embedder_with_its_pooling_prompts_and_tokens) {
  const nlohmann::json json = info(kModels + "tiny-mean-f32");
  EXPECT_EQ(json["task"], "embed");
  EXPECT_EQ(json["family"], "bert");
  EXPECT_EQ(json["sizes"]["width"], 32);
  EXPECT_EQ(json["dimensions"], 32);
  EXPECT_EQ(json["pooling"], "mean");
  EXPECT_EQ(json["normalize"], true);
  EXPECT_EQ(json["dtype"], "f32");
  EXPECT_EQ(json["max_tokens"], 48);
  EXPECT_EQ(json["tokenizer"]["kind"], "WordPiece");
  EXPECT_EQ(json["tokenizer"]["template"], "[CLS] A [SEP]");
  EXPECT_EQ(json["prompts_from"], "none");
  EXPECT_EQ(json["warnings"], nlohmann::json::array());
  EXPECT_FALSE(json["files"].empty());
}

TEST_F(ModelsInfoTest, a_classifier_with_its_labels_and_scale) {
  const nlohmann::json json = info(kModels + "tiny-nli");
  EXPECT_EQ(json["task"], "classify");
  EXPECT_EQ(json["labels"].size(), 3u);
  EXPECT_EQ(json["scale"], "softmax");
  EXPECT_EQ(json["tokenizer"]["pair_template"], "[CLS] A [SEP] B [SEP]");
}

TEST_F(ModelsInfoTest, every_form_that_a_text_can_be_had_in) {
  const nlohmann::json all = info(kModels + "tiny-m3");
  EXPECT_EQ(all["outputs"], (nlohmann::json{"vector", "token", "sparse"}));
  EXPECT_EQ(all["dimensions"], 24);
  EXPECT_EQ(all["token_normalize"], true);
  const nlohmann::json splade = info(kModels + "tiny-splade");
  EXPECT_EQ(splade["outputs"][0], "sparse");
  EXPECT_EQ(splade["terms"], 302);
  EXPECT_FALSE(splade.contains("pooling"));
  const nlohmann::json late = info(kModels + "tiny-late");
  EXPECT_EQ(late["outputs"][0], "token");
  EXPECT_FALSE(late.contains("dimensions"));
  const nlohmann::json tags = info(kModels + "tiny-tags");
  EXPECT_FALSE(tags["labels"].empty());
  EXPECT_FALSE(tags.contains("dimensions"));
}

TEST_F(ModelsInfoTest, a_generator_with_its_ends_and_template) {
  const nlohmann::json json = info(QUERN_SOURCE_DIR "/tests/data/decoders/tiny-chat.gguf");
  EXPECT_EQ(json["task"], "generate");
  EXPECT_FALSE(json["end_tokens"].empty());
  EXPECT_NE(json["chat_template"], "");
}

TEST_F(ModelsInfoTest, known_prompts_are_told_and_used) {
  const std::string add = "models add " + kModels + "tiny-mean-f32 --name bge ";
  ASSERT_EQ(quern(add + "--hub-name BAAI/bge-small-en-v1.5").exit_code, 0);
  const nlohmann::json json = info("bge");
  EXPECT_EQ(json["prompts_from"], "known");
  EXPECT_EQ(json["known_as"], "BAAI/bge-small-en-v1.5");
  EXPECT_EQ(json["prompts"]["query"], "Represent this sentence for searching relevant passages: ");
  EXPECT_EQ(json["default_prompt"], "");
  const Ended table = quern("models info bge-small-en-v1.5");  // By its usual name.
  EXPECT_TRUE(contains(table.out,
                       "query: \"Represent this sentence for searching relevant "
                       "passages: \" (known of this model, not in its files)"))
      << table.out;
}

TEST_F(ModelsInfoTest, warnings_are_in_the_table_and_in_the_log_once) {
  ASSERT_EQ(
      shell("cp -r " + kModels + "tiny-mean-f32 $QUERN_HOME.m && rm $QUERN_HOME.m/modules.json")
          .exit_code,
      0);
  const std::string path = folder_.file("home.m");
  EXPECT_TRUE(contains(quern("models info " + path).out, "warning       no modules.json says"));
  const std::string err = quern("embed -q " + path + " a b c").err;
  const std::size_t at = err.find("no modules.json says");
  EXPECT_NE(at, std::string::npos);
  EXPECT_EQ(err.find("no modules.json says", at + 1), std::string::npos);
}

TEST_F(ModelsInfoTest, no_such_model) {
  const Ended ended = quern("models info bge-m3");
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_TRUE(contains(ended.err, "quern pull")) << ended.err;
}

}  // namespace
}  // namespace quern::cli
