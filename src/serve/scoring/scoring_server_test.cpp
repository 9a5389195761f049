// Rerank, classify and similarity over real sockets, on the fake engine.

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/scoring/cosine.h"
#include "serve/fake_engine.h"
#include "serve/server.h"
#include "serve/test_client.h"

namespace quern::serve {
namespace {

using nlohmann::json;

class scoring_server : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    unsetenv("QUERN_API_KEY");
    auto started = Server::start(options, engine_);
    ASSERT_TRUE(started.ok()) << started.status().message();
    server_ = std::move(*started);
  }
  Answer post(const std::string& path, const json& body) {
    TestClient client(server_->port());
    return client.post(path, body.dump());
  }
  json answer(const std::string& path, const json& body) {
    const Answer answer = post(path, body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body);
  }
  json error(const std::string& path, const json& body, int status = 400) {
    const Answer answer = post(path, body);
    EXPECT_EQ(answer.status, status) << answer.body;
    return json::parse(answer.body).at("error");
  }
  bool has_metric(const std::string& line) {
    return eventually([&] {
      TestClient client(server_->port());
      return client.get("/metrics").body.find("\n" + line + "\n") != std::string::npos;
    });
  }

  FakeEngine engine_;
  std::unique_ptr<Server> server_;
};

json rerank(const json& documents) {
  return {{"model", "cross"}, {"query", "q"}, {"documents", documents}};
}

/// [[a, b], [c, d]].
json pairs(const char* a, const char* b, const char* c, const char* d) {
  return json::array({json::array({a, b}), json::array({c, d})});
}

std::vector<int> indices(const json& answer) {
  std::vector<int> out;
  for (const json& result : answer["results"]) out.push_back(result["index"]);
  return out;
}

float sigmoid(double x) { return static_cast<float>(1 / (1 + std::exp(-x))); }

}  // namespace

TEST_F(scoring_server, reranks_best_first_in_the_common_shape) {
  start();
  const json body = answer("/v1/rerank", rerank({"1", "3", {{"text", "2"}}, "3"}));
  EXPECT_EQ(indices(body), (std::vector<int>{1, 3, 2, 0}));  // Equal ones in their order.
  EXPECT_EQ(body["object"], "list");
  EXPECT_EQ(body["model"], "cross");
  EXPECT_EQ(body["scale"], "sigmoid");
  EXPECT_EQ(body["results"][0]["relevance_score"].get<float>(), sigmoid(3));
  EXPECT_FALSE(body["results"][0].contains("document"));
  EXPECT_EQ(body["usage"], (json{{"prompt_tokens", 12}, {"total_tokens", 12}}));
  EXPECT_EQ(body["meta"]["api_version"]["version"], "1");
  EXPECT_EQ(body["meta"]["tokens"], (json{{"input_tokens", 12}, {"output_tokens", 0}}));
  EXPECT_EQ(engine_.last_request().query, "q");
  EXPECT_EQ(engine_.last_request().task, engine::Task::kRerank);
  EXPECT_TRUE(engine_.last_request().deadline.has_value());

  EXPECT_TRUE(body["id"].get<std::string>().starts_with("rerank-"));
  json other = answer("/rerank", rerank({"1", "3", "2", "3"}));
  EXPECT_NE(other["id"], body["id"]);
  other["id"] = body["id"];
  EXPECT_EQ(other, body);
  other = answer("/v2/rerank", rerank({"1", "3", "2", "3"}));
  EXPECT_EQ(other["meta"]["api_version"]["version"], "2");
  EXPECT_EQ(other["results"], body["results"]);
}

TEST_F(scoring_server, top_n_documents_and_raw_scores) {
  start();
  json request = rerank({"1", "30", "-2", "40"});
  request["top_n"] = 2;
  request["return_documents"] = true;
  json body = answer("/v1/rerank", request);
  EXPECT_EQ(indices(body), (std::vector<int>{3, 1}));  // Though both sigmoids are 1.
  EXPECT_EQ(body["results"][0]["relevance_score"], 1.0);
  EXPECT_EQ(body["results"][0]["document"], (json{{"text", "40"}}));
  EXPECT_EQ(body["results"][1]["document"]["text"], "30");
  EXPECT_EQ(body["usage"]["total_tokens"], 3 + 4 + 4 + 4);  // All were scored.

  request["scores"] = "raw";
  request["top_n"] = 50;
  body = answer("/v1/rerank", request);
  EXPECT_EQ(body["scale"], "raw");
  ASSERT_EQ(body["results"].size(), 4u);
  EXPECT_EQ(body["results"][0]["relevance_score"], 40.0);
  EXPECT_EQ(body["results"][3]["relevance_score"], -2.0);
}

TEST_F(scoring_server, cut_documents_are_told) {
  start();
  TestClient client(server_->port());
  const Answer got = client.post("/v1/rerank", rerank({"1 and a long tail behind it", "2"}).dump());
  EXPECT_EQ(got.headers.at("x-quern-truncated"), "1");
  const json body = json::parse(got.body);
  EXPECT_FALSE(body["results"][0].contains("dropped_tokens"));
  EXPECT_EQ(body["results"][1]["dropped_tokens"], 13);
}

TEST_F(scoring_server, models_that_cannot_rerank_are_refused_with_the_reason) {
  start();
  json request = rerank({"a"});
  request["model"] = "tiny";
  json got = error("/v1/rerank", request);
  EXPECT_EQ(got["param"], "model");
  EXPECT_EQ(got["message"],
            "model 'tiny' embeds texts, want one that scores a document for a query (a "
            "cross-encoder)");
  request["model"] = "nli";
  got = error("/v1/rerank", request);
  EXPECT_EQ(got["param"], "model");
  EXPECT_NE(got["message"].get<std::string>().find("has 3 labels"), std::string::npos);
  request["model"] = "writer";
  EXPECT_EQ(error("/v1/rerank", request)["param"], "model");
  request["model"] = "none";
  EXPECT_EQ(error("/v1/rerank", request, 404)["code"], "model_not_found");
  EXPECT_EQ(error("/v1/embeddings", {{"model", "cross"}, {"input", "x"}})["param"], "model");
  EXPECT_EQ(error("/v1/classify", {{"model", "tiny"}, {"input", "x"}})["param"], "model");
  EXPECT_EQ(
      error("/v1/similarity", {{"model", "nli"}, {"query", "x"}, {"documents", {"y"}}})["param"],
      "model");
}

TEST_F(scoring_server, a_bad_document_fails_the_request_and_is_named) {
  start();
  json got = error("/v1/rerank", rerank({"1", "BAD"}));
  EXPECT_EQ(got["message"], "documents[1]: the text is bad");
  EXPECT_EQ(got["param"], "documents");
  got = error("/v1/rerank", rerank({"1", "NAN"}), 500);
  EXPECT_NE(got["message"].get<std::string>().find("documents[1]"), std::string::npos);
  EXPECT_EQ(post("/v1/rerank", rerank({"FULL"})).status, 503);
}

TEST_F(scoring_server, ten_thousand_documents) {
  start();
  json request = rerank(json::array());
  for (int i = 0; i < 10'000; ++i) request["documents"].push_back(std::to_string(i % 100));
  request["scores"] = "raw";
  request["return_documents"] = true;
  const json body = answer("/v1/rerank", request);
  ASSERT_EQ(body["results"].size(), 10'000u);
  EXPECT_EQ(body["results"][0],
            (json{{"index", 99}, {"relevance_score", 99.0}, {"document", {{"text", "99"}}}}));
  EXPECT_EQ(body["results"][1]["index"], 199);
  EXPECT_EQ(body["results"][9999]["index"], 9900);

  request["documents"].push_back("one too many");
  EXPECT_EQ(error("/v1/rerank", request)["message"],
            "documents: has more than 10000, the limit of this server");
}

TEST_F(scoring_server, a_client_that_leaves_cancels_its_documents) {
  start();
  engine_.close_gate();
  {
    TestClient client(server_->port());
    const std::string body = rerank({"1"}).dump();
    client.send("POST /v1/rerank HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_TRUE(eventually([&] { return engine_.n_submitted() == 1; }));
  }
  EXPECT_TRUE(eventually([&] { return engine_.n_cancelled() == 1; }));
  EXPECT_TRUE(has_metric(R"(quern_http_requests_total{route="/v1/rerank",status="499"} 1)"));
}

TEST_F(scoring_server, a_large_request_is_accounted_and_settled) {
  start();
  json request = rerank(json::array());
  for (int i = 0; i < 2000; ++i) request["documents"].push_back(std::string(3000, 'a'));
  request["return_documents"] = true;
  EXPECT_EQ(answer("/v1/rerank", request)["results"].size(), 2000u);
  EXPECT_GE(engine_.ledger().peak_bytes(), 12'000'000u);
  EXPECT_TRUE(eventually([&] { return engine_.ledger().used_bytes() == 0; }));
}

TEST_F(scoring_server, scores_are_counted_apart_from_vectors) {
  start();
  answer("/v1/rerank", rerank({"1", "2"}));
  answer("/v1/similarity", {{"model", "tiny"}, {"query", "x"}, {"documents", {"y"}}});
  EXPECT_TRUE(has_metric("quern_texts_scored_total 2"));
  EXPECT_TRUE(has_metric("quern_scoring_latency_seconds_count 1"));
  EXPECT_TRUE(has_metric("embeddings_generated_total 2"));
}

TEST_F(scoring_server, classifies_with_every_label_scored) {
  start();
  engine::Input pair;
  pair.text = "a";
  pair.text_pair = "b";
  const std::vector<float> logits = fake_vector(pair, 3);
  json request = {{"model", "nli"}, {"input", {"x", {"a", "b"}}}};
  json body = answer("/v1/classify", request);
  EXPECT_EQ(body["object"], "list");
  EXPECT_EQ(body["scale"], "softmax");
  ASSERT_EQ(body["data"].size(), 2u);
  const json& data = body["data"][1];
  EXPECT_EQ(data["object"], "classification");
  EXPECT_EQ(data["index"], 1);
  ASSERT_EQ(data["scores"].size(), 3u);
  EXPECT_EQ(data["label"], data["scores"][0]["label"]);
  EXPECT_EQ(data["score"], data["scores"][0]["score"]);
  float sum = 0;
  for (int i = 0; i < 3; ++i) {
    sum += data["scores"][i]["score"].get<float>();
    if (i > 0) {
      EXPECT_GE(data["scores"][i - 1]["score"], data["scores"][i]["score"]);
    }
  }
  EXPECT_NEAR(sum, 1, 1e-6);

  request["scores"] = "raw";
  body = answer("/v1/classify", request);
  EXPECT_EQ(body["scale"], "raw");
  EXPECT_EQ(body["data"][1]["score"].get<float>(), *std::max_element(logits.begin(), logits.end()));

  EXPECT_EQ(
      error("/v1/classify", {{"model", "cross"}, {"input", "1"}, {"scores", "softmax"}})["param"],
      "scores");
  EXPECT_EQ(error("/v1/classify", {{"model", "nli"}, {"input", {"x", "BAD"}}})["message"],
            "input[1]: the text is bad");
}

TEST_F(scoring_server, labels_of_ones_own) {
  start();
  json request = {{"model", "nli"}, {"input", {"t", "u"}}, {"candidate_labels", {"art", "war"}}};
  std::vector<std::vector<float>> logits;
  for (const char* label : {"art", "war"}) {
    engine::Input pair;
    pair.text = "t";
    pair.text_pair = std::string("This example is ") + label + ".";
    logits.push_back(fake_vector(pair, 3));
  }
  json body = answer("/v1/classify", request);
  EXPECT_EQ(body["multi_label"], false);
  EXPECT_EQ(body["scale"], "softmax");
  ASSERT_EQ(body["data"].size(), 2u);
  const auto score_of = [&](const std::string& label) {
    for (const json& score : body["data"][0]["scores"]) {
      if (score["label"] == label) return score["score"].get<float>();
    }
    return -1.0f;
  };
  // Entailment is label 1 of this model, contradiction label 2.
  EXPECT_NEAR(score_of("art"), sigmoid(logits[0][1] - logits[1][1]), 1e-6);
  request["multi_label"] = true;
  body = answer("/v1/classify", request);
  EXPECT_EQ(body["multi_label"], true);
  EXPECT_NEAR(score_of("war"), sigmoid(logits[1][1] - logits[1][2]), 1e-6);

  request["model"] = "cross";
  EXPECT_EQ(error("/v1/classify", request)["message"],
            "model 'cross': its labels are 'LABEL_0', want one that is named entailment and one "
            "contradiction");
  request["model"] = "nli";
  request["input"] = {"t", "BAD"};
  EXPECT_EQ(error("/v1/classify", request)["message"],
            "input[1]: the text is bad (1 more inputs failed)");
}

TEST_F(scoring_server, similarities) {
  start();
  const auto vector_of = [](const char* text) {
    engine::Input input;
    input.text = text;
    return fake_vector(input, FakeEngine::kDims);
  };
  json body =
      answer("/v1/similarity",
             {{"model", "tiny"}, {"query", "q"}, {"documents", {"a", "q", {{"text", "b"}}}}});
  EXPECT_EQ(body["scale"], "cosine");
  ASSERT_EQ(body["data"].size(), 3u);
  EXPECT_EQ(body["data"][0]["object"], "similarity");
  EXPECT_EQ(body["data"][0]["score"].get<float>(), engine::cosine(vector_of("q"), vector_of("a")));
  EXPECT_EQ(body["data"][1]["score"], 1.0);
  EXPECT_EQ(body["data"][2]["index"], 2);
  EXPECT_EQ(body["usage"]["total_tokens"], 12);

  body = answer("/v1/similarity", {{"model", "tiny"}, {"pairs", pairs("a", "b", "b", "b")}});
  ASSERT_EQ(body["data"].size(), 2u);
  EXPECT_EQ(body["data"][0]["score"].get<float>(), engine::cosine(vector_of("a"), vector_of("b")));
  EXPECT_EQ(body["data"][1]["score"], 1.0);

  json got = error("/v1/similarity", {{"model", "tiny"}, {"query", "BAD"}, {"documents", {"a"}}});
  EXPECT_EQ(got["message"], "query: the text is bad");
  EXPECT_EQ(got["param"], "query");
  got = error("/v1/similarity", {{"model", "tiny"}, {"pairs", pairs("a", "b", "a", "BAD")}});
  EXPECT_EQ(got["message"], "pairs[1][1]: the text is bad");
  got = error("/v1/similarity",
              {{"model", "tiny"}, {"query", "a"}, {"documents", {"a"}}, {"dimensions", 9}});
  EXPECT_EQ(got["param"], "dimensions");
}

TEST_F(scoring_server, the_key_guards_these_routes_too) {
  ServerOptions options;
  options.api_key = "k";
  start(options);
  for (const char* path :
       {"/v1/rerank", "/v2/rerank", "/rerank", "/v1/classify", "/v1/similarity"}) {
    EXPECT_EQ(post(path, rerank({"1"})).status, 401) << path;
  }
}

}  // namespace quern::serve
