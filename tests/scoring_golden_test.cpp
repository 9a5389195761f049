// Scores through the whole engine against those of other libraries on the same small models
// (tools/make_scoring_golden.py), and over HTTP against the engine.

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/temp_folder.h"
#include "engine/scoring/scores.h"
#include "engine/scoring/zero_shot.h"
#include "fixture_engine.h"
#include "serve/server.h"
#include "serve/test_client.h"

namespace quern {
namespace {

using engine::Request;
using engine::Response;
using nlohmann::json;
using ::testing::HasSubstr;

constexpr float kTolerance = 2e-5f;

json golden(const std::string& name) {
  std::ifstream file(std::string(QUERN_SOURCE_DIR "/tests/data/scoring/") + name + ".json");
  return json::parse(file);
}

Request rerank_request(const std::string& model, const std::string& query,
                       const std::vector<std::string>& documents) {
  Request request = request_of(model, documents);
  request.task = engine::Task::kRerank;
  request.query = query;
  return request;
}

/// A copy of a small model with members added to its config.json.
std::string copy_with_config(const cli::TempFolder& home, const std::string& model,
                             const std::string& name, const json& members) {
  const std::string folder = home.file(name);
  std::filesystem::copy(fixture_model(model), folder, std::filesystem::copy_options::recursive);
  std::ifstream in(folder + "/config.json");
  json config = json::parse(in);
  config.update(members);
  std::ofstream(folder + "/config.json") << config;
  return folder;
}

}  // namespace

TEST(scoring_golden, zero_shot_is_as_the_pipeline_of_transformers) {
  const auto engine = make_test_engine();
  const json want = golden("zero_shot");
  for (const json& c : want["cases"]) {
    const std::string text = c["text"];
    SCOPED_TRACE(text + " " + c["template"].get<std::string>());
    const engine::ZeroShot asked = {
        .labels = c["labels"], .hypothesis = c["template"], .multi_label = c["multi_label"]};
    Request request = request_of(fixture_model(want["model"]), {});
    request.task = engine::Task::kZeroShot;
    for (const std::string& hypothesis : asked.hypotheses()) {
      request.inputs.push_back({.text = text, .text_pair = hypothesis, .ids = {}});
    }
    const Response response = engine->run(std::move(request));
    ASSERT_TRUE(response.status.ok()) << response.status.message();
    std::vector<std::vector<float>> logits;
    for (const engine::Outcome& outcome : response.outcomes) logits.push_back(outcome.values);
    const auto labels = engine::find_entailment(response.head->labels);
    ASSERT_TRUE(labels.ok()) << labels.status().message();
    const std::vector<float> scores = engine::zero_shot_scores(asked, *labels, logits);
    ASSERT_EQ(scores.size(), c["scores"].size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      EXPECT_NEAR(scores[i], c["scores"][i].get<float>(), kTolerance) << asked.labels[i];
    }
    EXPECT_EQ(asked.labels[engine::best_first(scores)[0]], c["best"]);
  }
}

TEST(scoring_golden, a_cross_encoder_scores_by_the_activation_its_config_names) {
  const auto engine = make_test_engine();
  const cli::TempFolder home;
  const json want = golden("cross_encoder");
  for (const json& c : want["cases"]) {
    SCOPED_TRACE(c["name"].get<std::string>());
    const std::string model = copy_with_config(home, want["model"], c["name"], c["config"]);
    const Response response = engine->run(rerank_request(model, want["query"], want["documents"]));
    ASSERT_TRUE(response.status.ok()) << response.status.message();
    ASSERT_EQ(response.outcomes.size(), c["scores"].size());
    for (std::size_t i = 0; i < response.outcomes.size(); ++i) {
      const auto scores = engine::scores_of(response.outcomes[i].values, response.head->scale);
      EXPECT_NEAR(scores.at(0), c["scores"][i].get<float>(), kTolerance) << i;
    }
  }
}

TEST(scoring_golden, a_query_and_a_document_are_a_pair) {
  const auto engine = make_test_engine();
  const std::string model = fixture_model("tiny-roberta-cross");
  const std::vector<std::string> documents = {"water flows", "", "the quick brown fox"};
  const Response reranked = engine->run(rerank_request(model, "what flows?", documents));
  Request pairs = request_of(model, {});
  pairs.task = engine::Task::kClassify;
  for (const std::string& document : documents) {
    pairs.inputs.push_back({.text = "what flows?", .text_pair = document, .ids = {}});
  }
  const Response classified = engine->run(std::move(pairs));
  ASSERT_EQ(reranked.outcomes.size(), 3u) << reranked.status.message();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(reranked.outcomes[i].values, classified.outcomes[i].values);
    EXPECT_EQ(reranked.outcomes[i].n_tokens, classified.outcomes[i].n_tokens);
  }
}

TEST(scoring_golden, what_is_no_document_fails_alone) {
  const auto engine = make_test_engine();
  Request request =
      rerank_request(fixture_model("tiny-roberta-cross"), "what flows?", {"water", "air", "a"});
  request.inputs[0].text_pair = "more";
  request.inputs[2].ids = {5, 6};
  const Response response = engine->run(std::move(request));
  ASSERT_EQ(response.outcomes.size(), 3u) << response.status.message();
  EXPECT_THAT(response.outcomes[0].status.message(), HasSubstr("a document is one text"));
  EXPECT_TRUE(response.outcomes[1].status.ok());
  EXPECT_EQ(response.outcomes[2].status.code(), Code::kBadInput);
}

TEST(scoring_golden, models_that_cannot_do_it_are_refused_before_they_run) {
  const auto engine = make_test_engine();
  EXPECT_THAT(
      engine->run(rerank_request(fixture_model("tiny-mean-f32"), "q", {"a"})).status.message(),
      HasSubstr("embeds texts, want one that scores a document"));
  EXPECT_THAT(engine->run(rerank_request(fixture_model("tiny-nli"), "q", {"a"})).status.message(),
              HasSubstr("has 3 labels"));
  Request zero_shot = request_of(fixture_model("tiny-roberta-cross"), {"a"});
  zero_shot.task = engine::Task::kZeroShot;
  EXPECT_THAT(engine->run(std::move(zero_shot)).status.message(),
              HasSubstr("its labels are 'LABEL_0'"));
  EXPECT_EQ(engine->stats().n_batches, 0);
}

TEST(scoring_golden, over_http_as_through_the_engine) {
  unsetenv("QUERN_API_KEY");
  const auto engine = make_test_engine();
  serve::ServerOptions options;
  options.models = {fixture_model("tiny-roberta-cross"), fixture_model("tiny-nli"),
                    fixture_model("tiny-mean-f32")};
  const auto server = serve::Server::start(options, *engine);
  ASSERT_TRUE(server.ok()) << server.status().message();
  serve::TestClient client((*server)->port());
  const json want = golden("cross_encoder");
  const json documents = want["documents"];
  json body = {{"model", "tiny-roberta-cross"}, {"query", want["query"]}, {"documents", documents}};
  json got = json::parse(client.post("/v1/rerank", body.dump()).body);
  ASSERT_EQ(got["results"].size(), documents.size()) << got;
  EXPECT_EQ(got["scale"], "sigmoid");
  float last = 2;
  for (const json& result : got["results"]) {
    const std::size_t i = result["index"];
    EXPECT_NEAR(result["relevance_score"].get<float>(), want["cases"][0]["scores"][i].get<float>(),
                kTolerance);
    EXPECT_LE(result["relevance_score"].get<float>(), last);
    last = result["relevance_score"];
  }

  const json shot = golden("zero_shot")["cases"][0];
  body = {{"model", "tiny-nli"}, {"input", shot["text"]}, {"candidate_labels", shot["labels"]}};
  got = json::parse(client.post("/v1/classify", body.dump()).body);
  ASSERT_EQ(got["data"].size(), 1u) << got;
  EXPECT_EQ(got["data"][0]["label"], shot["best"]);

  body = {{"model", "tiny-mean-f32"}, {"query", "water"}, {"documents", {"water", "fire"}}};
  got = json::parse(client.post("/v1/similarity", body.dump()).body);
  ASSERT_EQ(got["data"].size(), 2u) << got;
  EXPECT_EQ(got["data"][0]["score"], 1.0);
  EXPECT_LT(got["data"][1]["score"], 1.0);
}

}  // namespace quern
