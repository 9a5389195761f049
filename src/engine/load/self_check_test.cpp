// Model folders whose files leave something out or contradict each other: each is refused, or loads
// with a warning that says what. None of them may pass in silence.

#include "engine/load/self_check.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "engine/engine.h"
#include "engine/load/model_source.h"
#include "formats/test_folder.h"

namespace quern::engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class WrongMetadata : public testing::Test {
 protected:
  std::string copy(const char* model) const { return folder_.copy_model(model, "m"); }

  /// The warnings of a model that can be read, or why it cannot.
  std::string told(const std::string& path) const {
    const Result<std::unique_ptr<ModelSource>> source = make_folder_source(folder_.path(), "f32");
    EXPECT_TRUE(source.ok());
    const Result<ModelPlace> place = (*source)->resolve(path);
    if (!place.ok()) return "refused: " + place.status().message();
    const Result<ModelCard> card = (*source)->read(*place);
    if (!card.ok()) return "refused: " + card.status().message();
    std::string all;
    for (const std::string& warning : card->warnings) all += "warned: " + warning + "\n";
    return all;
  }

  /// What a request to the model ends with.
  Status run(const std::string& path, Task task = Task::kEmbed) const {
    Result<std::unique_ptr<Engine>> engine =
        Engine::make({.n_threads = 1, .home = folder_.path("home"), .precision = "f32"});
    EXPECT_TRUE(engine.ok());
    Request request;
    request.model = path;
    request.task = task;
    request.inputs.push_back({.text = "a small text", .text_pair = {}, .ids = {}});
    return (*engine)->run(std::move(request)).status;
  }

  template <typename Change>
  void rewrite(const std::string& path, Change change, const char* file = "config.json") const {
    nlohmann::json json = nlohmann::json::parse(formats::slurp(path + "/" + file));
    change(json);
    folder_.write(std::string("m/") + file, json.dump());
  }

  void remove_template(const std::string& path) const {
    rewrite(path, [](nlohmann::json& json) { json["post_processor"] = nullptr; }, "tokenizer.json");
  }

  formats::TestFolder folder_;
};

TEST_F(WrongMetadata, sound_models_are_not_warned_of) {
  for (const char* model :
       {"tiny-mean-f32", "tiny-cls", "tiny-nli", "tiny-roberta", "tiny-modernbert",
        "tiny-roberta-cross", "tiny-deberta", "tiny-jina", "tiny-static"}) {
    EXPECT_EQ(told(formats::fixture(model)), "") << model;
  }
}

TEST_F(WrongMetadata, no_modules_json) {
  const std::string path = copy("tiny-mean-f32");
  fs::remove(path + "/modules.json");
  EXPECT_THAT(told(path), HasSubstr("warned: no modules.json says how a text becomes a vector"));
}

TEST_F(WrongMetadata, no_pooling_config) {
  const std::string path = copy("tiny-mean-f32");
  fs::remove(path + "/1_Pooling/config.json");
  EXPECT_THAT(told(path), HasSubstr("refused: "));
  EXPECT_THAT(told(path), HasSubstr("1_Pooling/config.json"));
}

TEST_F(WrongMetadata, a_pooling_config_without_a_mode) {
  const std::string path = copy("tiny-mean-f32");
  folder_.write("m/1_Pooling/config.json",
                R"({"word_embedding_dimension": 32, "pooling_mode_mean_tokens": false})");
  EXPECT_THAT(told(path), HasSubstr("1_Pooling/config.json names no pooling mode"));
}

TEST_F(WrongMetadata, pooling_of_another_width) {
  const std::string path = copy("tiny-mean-f32");
  folder_.write("m/1_Pooling/config.json",
                R"({"word_embedding_dimension": 64, "pooling_mode_mean_tokens": true})");
  EXPECT_THAT(told(path), HasSubstr("refused: "));
  EXPECT_THAT(told(path), HasSubstr("'word_embedding_dimension' is 64"));
}

TEST_F(WrongMetadata, a_default_prompt_that_is_not_there) {
  const std::string path = copy("tiny-mean-f32");
  folder_.write("m/config_sentence_transformers.json",
                R"({"prompts": {"query": "q: "}, "default_prompt_name": "document"})");
  EXPECT_THAT(told(path), HasSubstr("refused: "));
  EXPECT_THAT(told(path), HasSubstr("'default_prompt_name' is \"document\""));
}

TEST_F(WrongMetadata, more_dimensions_kept_than_there_are) {
  const std::string path = copy("tiny-mean-f32");
  folder_.write("m/config_sentence_transformers.json", R"({"truncate_dim": 512})");
  EXPECT_THAT(told(path),
              HasSubstr("warned: config_sentence_transformers.json: 'truncate_dim' is 512"));
}

TEST_F(WrongMetadata, a_limit_beyond_the_positions) {
  const std::string path = copy("tiny-mean-f32");
  folder_.write("m/sentence_bert_config.json", R"({"max_seq_length": 4096})");
  EXPECT_THAT(told(path), HasSubstr("warned: sentence_bert_config.json: 'max_seq_length' is 4096"));
}

TEST_F(WrongMetadata, the_last_token_without_an_end_token) {
  const std::string path = copy("tiny-mean-f32");
  folder_.write("m/1_Pooling/config.json",
                R"({"word_embedding_dimension": 32, "pooling_mode_lasttoken": true})");
  ASSERT_EQ(told(path), "");  // [SEP] ends a text.
  remove_template(path);
  EXPECT_THAT(told(path), HasSubstr("warned: a vector is made of the last token, and the tokenizer "
                                    "puts no end token behind a text"));
}

TEST_F(WrongMetadata, the_first_token_without_one_of_its_own) {
  const std::string path = copy("tiny-mean-f32");
  folder_.write("m/1_Pooling/config.json",
                R"({"word_embedding_dimension": 32, "pooling_mode_cls_token": true})");
  ASSERT_EQ(told(path), "");  // [CLS] begins a text.
  remove_template(path);
  EXPECT_THAT(told(path),
              HasSubstr("warned: a vector is made of the first token, and the tokenizer "
                        "puts none of its own in front of a text"));
}

TEST_F(WrongMetadata, no_template_at_all) {
  const std::string path = copy("tiny-mean-f32");
  remove_template(path);
  EXPECT_THAT(told(path), HasSubstr("warned: the tokenizer puts no tokens of its own"));
}

TEST_F(WrongMetadata, labels_without_names) {
  const std::string path = copy("tiny-nli");
  rewrite(path, [](nlohmann::json& config) {
    config.erase("id2label");
    config.erase("label2id");
    config["num_labels"] = 3;
  });
  EXPECT_THAT(told(path),
              HasSubstr("warned: config.json names no labels: they are LABEL_0 to LABEL_2"));
}

TEST_F(WrongMetadata, labels_in_two_orders) {
  const std::string path = copy("tiny-nli");
  rewrite(path, [](nlohmann::json& config) {
    const auto labels = config["id2label"];
    config["label2id"] = {{labels["0"], 1}, {labels["1"], 0}, {labels["2"], 2}};
  });
  EXPECT_THAT(told(path), HasSubstr("'id2label' is followed"));
}

TEST_F(WrongMetadata, more_labels_than_the_classifier_has) {
  const std::string path = copy("tiny-nli");
  rewrite(path, [](nlohmann::json& config) { config["id2label"]["3"] = "another"; });
  EXPECT_THAT(run(path, Task::kClassify).message(),
              HasSubstr("'classifier.weight' is [3, 36], want [4, 36]"));
}

TEST_F(WrongMetadata, another_padding_than_the_tokenizers) {
  const std::string path = copy("tiny-roberta");
  rewrite(path, [](nlohmann::json& config) { config["pad_token_id"] = 2; });
  EXPECT_THAT(told(path), HasSubstr("warned: config.json: 'pad_token_id' is 2, which is"));
}

TEST_F(WrongMetadata, more_tokens_than_the_embedding_has_rows) {
  const std::string path = copy("tiny-mean-f32");
  int n_vocab = 0;
  rewrite(path, [&](nlohmann::json& config) {
    n_vocab = config["vocab_size"].get<int>();
    config["vocab_size"] = n_vocab - 1;
  });
  EXPECT_THAT(told(path),
              HasSubstr("warned: the tokenizer has " + std::to_string(n_vocab) +
                        " ids, the embedding " + std::to_string(n_vocab - 1) + " rows"));
}

TEST_F(WrongMetadata, no_tokenizer) {
  const std::string path = copy("tiny-mean-f32");
  fs::remove(path + "/tokenizer.json");
  EXPECT_THAT(told(path), HasSubstr("refused: "));
  EXPECT_THAT(told(path), HasSubstr("no tokenizer.json"));
}

TEST_F(WrongMetadata, other_vectors_than_golden_json_says) {
  const std::string path = copy("tiny-mean-f32");
  const auto golden = nlohmann::json::parse(formats::slurp(path + "/golden.json"));
  const nlohmann::json& first = golden["cases"][0];
  nlohmann::json check = {{{"text", first["text"]}, {"values", first["vector"]}}};
  folder_.write("m/golden.json", check.dump());
  EXPECT_TRUE(run(path).ok()) << run(path).message();
  check[0]["values"] = {first["vector"][0], first["vector"][1].get<double>() + 0.5};
  folder_.write("m/golden.json", check.dump());
  const Status status = run(path);
  EXPECT_EQ(status.code(), Code::kBadInput);
  EXPECT_THAT(status.message(), HasSubstr("golden.json: entry 0: number 1 of \"" +
                                          first["text"].get<std::string>() + "\" is"));
  check[0]["tolerance"] = 0.6;
  folder_.write("m/golden.json", check.dump());
  EXPECT_TRUE(run(path).ok());
  for (const char* wrong :
       {R"([{"text": "a"}])", R"([{"text": "a", "values": []}])", R"([1])",
        R"([{"text": 1, "values": [1]}])", "[", R"([{"text": "", "values": ["x"]}])"}) {
    folder_.write("m/golden.json", wrong);
    EXPECT_THAT(run(path).message(), HasSubstr("golden.json")) << wrong;
  }
}

}  // namespace
}  // namespace quern::engine
