// embed --output, rerank by late interaction and classify --tokens as a user meets them.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

using nlohmann::json;

const std::string kModels = QUERN_SOURCE_DIR "/tests/data/models/";

using token_program = ProgramTest;

json golden(const std::string& model) {
  return json::parse(std::ifstream(kModels + model + "/golden.json"));
}

}  // namespace

TEST_F(token_program, rows_of_a_query_and_of_a_document) {
  const json want = golden("tiny-late");
  for (const auto& [role, c] :
       {std::pair("query", want["queries"][0]), {"document", want["cases"][0]}}) {
    const Ended ended = quern("embed " + kModels + "tiny-late --precision f32 --as " + role + " " +
                              quoted(c["text"]));
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    const json line = json_lines(ended.out).at(0);
    EXPECT_EQ(line["n_tokens"], c["n_tokens"]);
    ASSERT_EQ(line["tokens"].size(), c["ids"].size());
    EXPECT_EQ(line["tokens"][0], "[CLS]");
    ASSERT_EQ(line["embeddings"].size(), c["ids"].size());
    for (std::size_t i = 0; i < c["rows"].size(); ++i) {
      EXPECT_NEAR(line["embeddings"][i / 16][i % 16].get<double>(), c["rows"][i].get<double>(),
                  2e-5);
    }
  }
  EXPECT_TRUE(
      contains(quern("embed " + kModels + "tiny-late --out " + folder_.file("a.npy") + " a").err,
               "wants a name in .jsonl"));
  EXPECT_TRUE(contains(quern("embed " + kModels + "tiny-late --output sparse a").err,
                       "output 'sparse' is asked for, model 'tiny-late' makes: token"));
}

TEST_F(token_program, reranks_by_late_interaction) {
  const json want = golden("tiny-late-pylate");
  std::string command = "rerank " + kModels + "tiny-late-pylate --precision f32 --json --query " +
                        quoted(want["queries"][0]["text"]);
  for (const json& c : want["cases"]) command += " " + quoted(c["text"]);
  const Ended ended = quern(command);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = json_lines(ended.out);
  ASSERT_EQ(lines.size(), want["cases"].size());
  double last = 1e9;
  for (const json& line : lines) {
    EXPECT_EQ(line["scale"], "maxsim");
    const double score = line["score"];
    EXPECT_NEAR(score, want["scores"][0][line["index"].get<std::size_t>()].get<double>(), 1e-3);
    EXPECT_LE(score, last);
    last = score;
  }
  EXPECT_TRUE(contains(quern(command + " --scores sigmoid").err, "want raw"));
}

TEST_F(token_program, terms_come_with_their_text_the_heaviest_first) {
  const json c = golden("tiny-splade")["cases"][0];
  const Ended ended =
      quern("embed " + kModels + "tiny-splade --precision f32 " + quoted(c["text"]));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json terms = json_lines(ended.out).at(0)["terms"];
  ASSERT_EQ(terms.size(), c["terms"].size());
  double last = 1e9;
  for (const json& term : terms) {
    EXPECT_FALSE(term["token"].get<std::string>().empty());
    EXPECT_LE(term["weight"].get<double>(), last);
    last = term["weight"];
  }
}

TEST_F(token_program, vectors_as_they_are_pooled) {
  const std::string command = "embed " + kModels + "tiny-mean-f32 --precision f32 'the cat' ";
  const auto length = [&](const std::string& flags) {
    double sum = 0;
    const Ended ended = quern(command + flags);
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    const json line = json_lines(ended.out).at(0);
    for (const json& v : line["embedding"]) {
      sum += v.get<double>() * v.get<double>();
    }
    return sum;
  };
  EXPECT_NEAR(length(""), 1, 1e-5);
  EXPECT_GT(std::abs(length("--no-normalize") - 1), 0.1);
}

TEST_F(token_program, labels_of_tokens) {
  const json c = golden("tiny-tags")["cases"][0];
  const std::string text = c["text"];
  const std::string command =
      "classify " + kModels + "tiny-tags --precision f32 --tokens " + quoted(text);
  const Ended ended = quern(command + " --json");
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json line = json_lines(ended.out).at(0);
  EXPECT_EQ(line["scale"], "softmax");
  for (const char* kind : {"spans", "tokens"}) {
    ASSERT_EQ(line[kind].size(), c[kind].size());
    for (std::size_t i = 0; i < c[kind].size(); ++i) {
      const std::size_t begin = c[kind][i]["begin"], end = c[kind][i]["end"];
      EXPECT_EQ(line[kind][i]["label"], c[kind][i]["label"]);
      EXPECT_EQ(line[kind][i]["begin"], begin);
      EXPECT_EQ(line[kind][i]["text"], text.substr(begin, end - begin));
    }
  }
  const Ended plain = quern(command);
  EXPECT_EQ(std::count(plain.out.begin(), plain.out.end(), '\n'),
            static_cast<std::ptrdiff_t>(c["spans"].size()));
  EXPECT_TRUE(contains(plain.out, "\tsoftmax\t"));
  EXPECT_TRUE(contains(quern("classify " + kModels + "tiny-tags a").err, "classify --tokens"));
  EXPECT_TRUE(contains(quern(command + " --labels a,b").err, "no --scores, --labels or --pair"));
}

}  // namespace quern::cli
