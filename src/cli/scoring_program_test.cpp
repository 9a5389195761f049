// rerank, classify --labels and similar --rerank as a user meets them.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

using nlohmann::json;

const std::string kModels = QUERN_SOURCE_DIR "/tests/data/models/";
const std::string kEmbedder = kModels + "tiny-mean-f32";
const std::string kNli = kModels + "tiny-nli";
const std::string kCross = kModels + "tiny-roberta-cross";

using scoring_program = ProgramTest;

json golden(const std::string& name) {
  std::ifstream in(QUERN_SOURCE_DIR "/tests/data/scoring/" + name + ".json");
  return json::parse(in);
}

/// Of the documents of golden("cross_encoder"), as JSON lines.
std::string lines_of(const json& texts) {
  std::string lines;
  for (const json& text : texts) lines += json{{"text", text}}.dump() + "\n";
  return lines;
}

}  // namespace

TEST_F(scoring_program, reranks_a_file_as_the_reference_does) {
  const json want = golden("cross_encoder");
  const std::string texts = folder_.write("documents.jsonl", lines_of(want["documents"]));
  const std::string command = "rerank " + kCross + " --precision f32 --query '" +
                              want["query"].get<std::string>() + "' --texts " + texts + " --json";
  for (const auto& [flag, i_case, scale] :
       {std::tuple("", 0, "sigmoid"), std::tuple(" --scores raw", 1, "raw")}) {
    const Ended ended = quern(command + flag);
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    const auto lines = json_lines(ended.out);
    ASSERT_EQ(lines.size(), want["documents"].size());
    double last = 1e9;
    for (const json& line : lines) {
      const std::size_t i = line["index"];
      EXPECT_EQ(line["text"], want["documents"][i]);
      EXPECT_EQ(line["scale"], scale);
      EXPECT_NEAR(line["score"].get<double>(), want["cases"][i_case]["scores"][i].get<double>(),
                  2e-5);
      EXPECT_LE(line["score"].get<double>(), last);
      last = line["score"];
    }
  }
  const Ended top = quern(command + " --top 2");
  EXPECT_EQ(json_lines(top.out).size(), 2u);
  EXPECT_EQ(json_lines(top.out)[0], json_lines(quern(command).out)[0]);
  EXPECT_EQ(json_lines(quern(command + " --top 1000").out).size(), want["documents"].size());
}

TEST_F(scoring_program, rerank_writes_plain_lines_and_keeps_the_order_of_equals) {
  const Ended ended = quern("rerank " + kCross + " --query water 'a b' 'a b' 'a b'");
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  std::vector<std::string> lines;
  std::istringstream out(ended.out);
  for (std::string line; std::getline(out, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    const std::string want = "\tsigmoid\t" + std::to_string(i) + "\ta b";
    EXPECT_TRUE(lines[i].ends_with(want)) << lines[i];
  }
}

TEST_F(scoring_program, rerank_tells_what_was_cut_or_refused) {
  std::string text = "a";
  for (int i = 0; i < 200; ++i) text += " a";
  const std::string command = "rerank " + kCross + " --query water --json '" + text + "' b";
  const Ended cut = quern(command);
  EXPECT_EQ(cut.exit_code, 0) << cut.err;
  EXPECT_TRUE(contains(cut.err, "1 of 2 texts were too long and were cut")) << cut.err;
  for (const json& line : json_lines(cut.out)) EXPECT_EQ(line["truncated"], line["index"] == 0);
  const Ended refused = quern(command + " --truncation refuse");
  EXPECT_EQ(refused.exit_code, 1);
  ASSERT_EQ(json_lines(refused.out).size(), 1u);
  EXPECT_EQ(json_lines(refused.out)[0]["index"], 1);
}

TEST_F(scoring_program, rerank_refuses_what_cannot_rerank) {
  const Ended embedder = quern("rerank " + kEmbedder + " --query q a");
  EXPECT_EQ(embedder.exit_code, 4);
  EXPECT_TRUE(contains(embedder.err, "'quern similar' finds the nearest")) << embedder.err;
  const Ended nli = quern("rerank " + kNli + " --query q a");
  EXPECT_EQ(nli.exit_code, 4);
  EXPECT_TRUE(contains(nli.err, "has 3 labels")) << nli.err;
  EXPECT_EQ(quern("rerank " + kCross + " a").exit_code, 2);             // No query.
  EXPECT_EQ(quern("rerank " + kCross + " --query '' a").exit_code, 2);  // Nor an empty one.
  EXPECT_EQ(quern("rerank " + kCross + " --query q a --top 0").exit_code, 2);
  EXPECT_EQ(quern("rerank " + kCross + " --query q").exit_code, 4);  // No documents.
  const Ended softmax = quern("rerank " + kCross + " --query q a --scores softmax");
  EXPECT_EQ(softmax.exit_code, 4);
  EXPECT_TRUE(contains(softmax.err, "is always 1")) << softmax.err;
}

TEST_F(scoring_program, classifies_by_labels_of_ones_own_as_the_reference_does) {
  const json cases = golden("zero_shot")["cases"];
  const json& first = cases[0];
  const std::string command = "classify " + kNli + " --precision f32 --json --labels '" +
                              first["labels"][0].get<std::string>() + ", " +
                              first["labels"][1].get<std::string>() + "," +
                              first["labels"][2].get<std::string>() + "' '" +
                              first["text"].get<std::string>() + "' 'another text'";
  const Ended ended = quern(command);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = json_lines(ended.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["label"], first["best"]);
  EXPECT_EQ(lines[0]["scale"], "softmax");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(lines[0]["scores"][first["labels"][i].get<std::string>()].get<double>(),
                first["scores"][i].get<double>(), 2e-5);
  }
  EXPECT_EQ(lines[1]["index"], 1);

  json each;
  for (const json& c : cases) {
    if (c["multi_label"] == true && c["text"] == first["text"]) each = c;
  }
  const json multi = json_lines(quern(command + " --multi-label").out)[0];
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(multi["scores"][each["labels"][i].get<std::string>()].get<double>(),
                each["scores"][i].get<double>(), 2e-5);
  }
}

TEST_F(scoring_program, labels_count_by_texts_not_by_pairs) {
  const std::string texts = folder_.write(
      "texts.jsonl",
      "{\"text\": \"a\"}\n{\"title\": \"b\"}\n{\"text\": \"c\", \"text_pair\": \"d\"}\n"
      "{\"text\": \"e\"}\n");
  const Ended ended = quern("classify " + kNli + " --labels x,y,z --json --texts " + texts);
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_TRUE(contains(ended.err, "2 of 4 texts failed")) << ended.err;
  EXPECT_TRUE(contains(ended.err, "line 2: no \"text\" field")) << ended.err;
  EXPECT_TRUE(contains(ended.err, "line 3: is a pair")) << ended.err;
  EXPECT_EQ(ended.err.find("line 2"), ended.err.rfind("line 2")) << ended.err;  // Told once.
  const auto lines = json_lines(ended.out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_TRUE(lines[1].contains("error"));
  EXPECT_TRUE(lines[3].contains("scores"));
}

TEST_F(scoring_program, labels_and_scales_that_make_no_sense_are_refused) {
  for (const auto& [arguments, message] :
       {std::pair(" --labels a,,b x", "--labels: a label is empty"),
        std::pair(" --labels a,a x", "label 'a' is there twice"),
        std::pair(" --labels a,b --template 'no place' x", "--template: is 'no place'"),
        std::pair(" --labels a,b --scores raw x", "--scores is for the model's labels"),
        std::pair(" --labels a,b --pair x y", "--pair is two texts")}) {
    const Ended ended = quern("classify " + kNli + arguments);
    EXPECT_EQ(ended.exit_code, 4) << arguments;
    EXPECT_TRUE(contains(ended.err, message)) << ended.err;
  }
  const Ended cross = quern("classify " + kCross + " --labels a,b x");
  EXPECT_EQ(cross.exit_code, 4);
  EXPECT_TRUE(contains(cross.err, "want one that is named entailment")) << cross.err;
  EXPECT_EQ(quern("classify " + kNli + " --multi-label x").exit_code, 2);
  EXPECT_EQ(quern("classify " + kNli + " --labels '' x").exit_code, 2);
}

TEST_F(scoring_program, scores_of_a_classifier_on_another_scale) {
  const std::string command = "classify " + kNli + " --json 'a text'";
  const json own = json_lines(quern(command).out)[0];
  const json raw = json_lines(quern(command + " --scores raw").out)[0];
  EXPECT_EQ(own["scale"], "softmax");
  EXPECT_EQ(raw["scale"], "raw");
  EXPECT_EQ(raw["scores"]["contradiction"], own["logits"][0]);
  EXPECT_EQ(json_lines(quern(command + " --scores sigmoid").out)[0]["scale"], "sigmoid");
}

TEST_F(scoring_program, similar_is_for_models_that_make_a_vector) {
  const std::string texts = folder_.write("two.txt", "one\na longer text of some words\n");
  for (const char* model : {"tiny-late", "tiny-splade"}) {
    const Ended ended = quern("similar " QUERN_SOURCE_DIR "/tests/data/models/" +
                              std::string(model) + " why --texts " + texts);
    EXPECT_EQ(ended.exit_code, 4) << ended.err;
    EXPECT_TRUE(contains(ended.err, "output 'vector' is asked for")) << ended.err;
  }
}

TEST_F(scoring_program, similar_reranks_the_nearest) {
  const json documents = golden("cross_encoder")["documents"];
  const std::string texts = folder_.write("documents.jsonl", lines_of(documents));
  const std::string command =
      "similar " + kEmbedder + " 'why do people think?' --json --texts " + texts;
  const auto nearest = json_lines(quern(command + " --top 4").out);
  ASSERT_EQ(nearest.size(), 4u);
  EXPECT_EQ(nearest[0]["scale"], "cosine");
  const Ended ended = quern(command + " --rerank " + kCross + " --top 3 --candidates 4");
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = json_lines(ended.out);
  ASSERT_EQ(lines.size(), 3u);
  // As rerank puts the four nearest in order.
  std::string four;
  for (const json& line : nearest) four += json{{"text", line["text"]}}.dump() + "\n";
  const auto want =
      json_lines(quern("rerank " + kCross + " --query 'why do people think?' --json " + "--texts " +
                       folder_.write("four.jsonl", four))
                     .out);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(lines[i]["text"], want[i]["text"]);
    EXPECT_EQ(lines[i]["score"], want[i]["score"]);
    EXPECT_EQ(lines[i]["scale"], "sigmoid");
    const json& found = nearest[want[i]["index"].get<std::size_t>()];
    EXPECT_EQ(lines[i]["cosine"], found["score"]);
    EXPECT_EQ(lines[i]["line"], found["line"]);
  }
  const Ended wrong = quern(command + " --rerank " + kNli);
  EXPECT_EQ(wrong.exit_code, 4);
  EXPECT_TRUE(contains(wrong.err, "has 3 labels")) << wrong.err;
  EXPECT_EQ(quern(command + " --candidates 9").exit_code, 2);
}

}  // namespace quern::cli
