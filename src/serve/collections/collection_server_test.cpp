// Collections over real sockets, on an engine with the small models of tests/data.

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/fusion_fitting.h"
#include "apps/schema_text.h"
#include "serve/collections/collection_responses.h"
#include "serve/collections/openapi.h"
#include "serve/metrics.h"
#include "serve/test_model_server.h"
#include "store/writer.h"

namespace quern::serve {
namespace {

using nlohmann::json;

class collection_server : public ModelServerTest {
 protected:
  void SetUp() override {
    ModelServerTest::SetUp();
    start();
  }
  void start() {
    ServerOptions options;
    options.home = path("home");
    options.models = {model_path("tiny-mean-f32"), model_path("tiny-reranker")};
    start_with(options);
  }

  void create(const json& more = json::object()) {
    json body = {{"name", "cats"}, {"fields", "text"}, {"attributes", "year:integer"}};
    body.update(more);
    answer("POST", "/v1/collections", body, 201);
  }
  json add(int begin, int end) {
    json documents = json::array();
    for (int i = begin; i < end; ++i) {
      documents.push_back({{"id", std::to_string(i)},
                           {"text", "cat number" + std::to_string(i)},
                           {"year", 2000 + i}});
    }
    return answer("POST", "/v1/collections/cats/documents", {{"documents", documents}});
  }
  json search(const json& body, int status = 200) {
    return answer("POST", "/v1/collections/cats/search", body, status);
  }
  std::string problem(const json& body) { return search(body, 400)["error"]["message"]; }
};

}  // namespace

TEST_F(collection_server, a_collection_is_made_filled_searched_and_removed) {
  create();
  EXPECT_EQ(answer("GET", "/v1/collections")["data"][0]["name"], "cats");
  const json added = add(0, 20);
  EXPECT_EQ(added["added"], 20);
  EXPECT_EQ(add(0, 20)["unchanged"], 20);
  const json found = search({{"query", "number7"}});
  ASSERT_EQ(found["hits"].size(), 1u) << found;
  EXPECT_EQ(found["hits"][0]["id"], "7");
  EXPECT_EQ(found["hits"][0]["document"]["year"], 2007);
  EXPECT_EQ(found["mode"], "bm25");
  EXPECT_EQ(found["generation"], added["generation"]);
  EXPECT_EQ(found["fresh"], true);
  EXPECT_TRUE(found["timings"].contains("bm25_ms"));
  EXPECT_EQ(search({{"query", "cat"}, {"filter", "year >= 2018"}})["hits"].size(), 2u);
  EXPECT_EQ(search({{"query", "+cat -number7"}, {"operators", true}, {"top", 30}})["hits"].size(),
            19u);
  EXPECT_EQ(
      answer("DELETE", "/v1/collections/cats/documents", {{"ids", {"1", "2", "x"}}})["deleted"], 2);
  EXPECT_EQ(answer("DELETE", "/v1/collections/cats/documents/3")["deleted"], 1);
  const json stats = answer("GET", "/v1/collections/cats/stats");
  EXPECT_EQ(stats["documents"], 17);
  EXPECT_EQ(stats["attributes"][0]["name"], "year");
  EXPECT_EQ(answer("GET", "/v1/collections/cats")["documents"], 17);
  EXPECT_EQ(answer("DELETE", "/v1/collections/cats")["deleted"], true);
  EXPECT_EQ(answer("GET", "/v1/collections")["data"].size(), 0u);
  search({{"query", "cat"}}, 404);
}

TEST_F(collection_server, it_is_there_when_the_server_comes_back) {
  create();
  add(0, 3);
  start();
  EXPECT_EQ(search({{"query", "number1"}})["hits"].size(), 1u);
}

TEST_F(collection_server, one_with_a_model_is_searched_by_both_sides_and_reranked) {
  create({{"model", "tiny-mean-f32"}});
  EXPECT_EQ(add(0, 10)["vectors"], 10);
  const json found =
      search({{"query", "cat number7"}, {"rerank", "tiny-reranker"}, {"rerank_top", 5}});
  EXPECT_EQ(found["mode"], "hybrid");
  EXPECT_EQ(found["reranked"], "5 of 5");
  EXPECT_TRUE(found["hits"][0].contains("rerank_score"));
  EXPECT_TRUE(found["hits"][0].contains("dense"));
  const json rrf = search({{"query", "cat number7"}, {"fusion", "rrf"}, {"k", 10}});
  EXPECT_EQ(rrf["hits"][0]["id"], "7");
  EXPECT_EQ(search({{"query", "cat"}, {"mode", "dense"}})["mode"], "dense");
}

TEST_F(collection_server, vectors_may_be_brought_along) {
  create({{"given_dimensions", 2}});
  const json documents = {{{"id", "a"}, {"text", "x"}, {"vector", {1, 0}}},
                          {{"id", "b"}, {"text", "x"}, {"vector", {0, 1}}},
                          {{"id", "c"}, {"text", "x"}, {"vector", {1}}}};
  const json added = answer("POST", "/v1/collections/cats/documents",
                            {{"vectors", "given"}, {"documents", documents}});
  EXPECT_EQ(added["added"], 2);
  EXPECT_EQ(added["refused"], 1);
  EXPECT_TRUE(added["problems"][0].get<std::string>().starts_with("documents[2]: "));
  const json found = search({{"vector", {0.1, 1}}, {"mode", "dense"}});
  ASSERT_EQ(found["hits"].size(), 2u);
  EXPECT_EQ(found["hits"][0]["id"], "b");
}

TEST_F(collection_server, a_collection_takes_the_vectors_that_it_was_made_for) {
  const json documents = {{{"id", "a"}, {"text", "x"}, {"vector", {1, 0}}},
                          {{"id", "b"}, {"text", "x"}}};
  const auto post = [&](json more, int status = 200) {
    more["documents"] = documents;
    return answer("POST", "/v1/collections/cats/documents", more, status);
  };
  create({{"given_dimensions", 2}});
  EXPECT_EQ(post(json::object())["vectors"], 1);
  answer("DELETE", "/v1/collections/cats");
  create({{"model", "tiny-mean-f32"}});
  const json refused = post(json::object());
  EXPECT_EQ(refused["added"], 1);
  EXPECT_EQ(refused["refused"], 1);
  EXPECT_NE(refused["problems"][0].get<std::string>().find("document 'a' brings"),
            std::string::npos);
  EXPECT_EQ(post({{"vectors", "given"}}, 400)["error"]["param"], "vectors");
  EXPECT_EQ(post({{"vectors", "model"}})["added"], 1);
  answer("DELETE", "/v1/collections/cats");
  create();
  EXPECT_EQ(post({{"vectors", "given"}}, 400)["error"]["param"], "vectors");
  EXPECT_EQ(post(json::object())["added"], 2);
}

TEST_F(collection_server, a_learnt_fusion_is_used_or_it_is_said_why_not) {
  create({{"model", "tiny-mean-f32"}});
  const std::string folder = path("home/collections/cats");
  const auto opened = store::Store::open({.folder = folder});
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  const auto learn = [&](store::FitRow fit) {
    for (int i = 0; i < 200; ++i) {  // The server may still be writing.
      const auto writer = store::Writer::open({.folder = folder}, {.who = "a fit"});
      if (writer.ok()) {
        EXPECT_TRUE((*writer)->set_fit(fit).ok());
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << "the collection is not let go of";
  };
  store::FitRow fit = apps::row_of_fit({}, **(*opened)->snapshot());
  add(0, 10);
  const json fitted = {{"query", "cat number7"}, {"fusion", "fitted"}};
  EXPECT_NE(problem(fitted).find("store fit"), std::string::npos);
  learn(fit);
  EXPECT_EQ(search(fitted)["hits"].size(), 10u);
  EXPECT_FALSE(search({{"query", "cat"}}).contains("fusion_note"));
  fit.fingerprint = "of other vectors";
  learn(fit);
  EXPECT_NE(problem(fitted).find("other vectors"), std::string::npos);
  const json found = search({{"query", "cat"}});
  EXPECT_NE(found["fusion_note"].get<std::string>().find("other vectors"), std::string::npos);
  EXPECT_TRUE(problem({{"query", "x"}, {"fusion", "fitted"}, {"alpha", 0.5}}).starts_with("alpha"));
  EXPECT_TRUE(problem({{"query", "x"}, {"k", 5}}).starts_with("k: "));
}

TEST_F(collection_server, hits_need_not_be_all_alike) {
  create({{"given_dimensions", 2}});
  const json documents = {{{"id", "a"}, {"text", "x x x"}, {"vector", {1, 0.0}}},
                          {{"id", "b"}, {"text", "x x x"}, {"vector", {1, 0.01}}},
                          {{"id", "c"}, {"text", "x"}, {"vector", {0.7, 0.7}}}};
  answer("POST", "/v1/collections/cats/documents", {{"documents", documents}});
  const auto second = [&](json more) {
    more.update({{"query", "x"}, {"mode", "dense"}, {"vector", {1, 0}}, {"top", 2}});
    return search(more)["hits"][1]["id"];
  };
  EXPECT_EQ(second(json::object()), "b");
  EXPECT_EQ(second({{"diversity", 0}}), "b");
  EXPECT_EQ(second({{"diversity", 0.8}}), "c");
  EXPECT_TRUE(problem({{"query", "x"}, {"diversity", 2}}).starts_with("diversity"));
  EXPECT_TRUE(problem({{"query", "x"}, {"diversity", 0.5}, {"group", 2}}).starts_with("diversity"));
}

TEST_F(collection_server, what_graphs_miss_is_said) {
  ThreadPool pool(1);
  apps::CollectionParts parts;
  parts.engine = engine_.get();
  parts.pool = &pool;
  apps::Collections collections(parts, path("others"));
  apps::CollectionWish wish;
  wish.schema = *apps::schema_from_text("text", "english", 1.2f, 0.75f);
  const auto collection = collections.create("cats", wish);
  ASSERT_TRUE(collection.ok()) << collection.status().message();
  apps::CollectionState state = *(*collection)->state();
  EXPECT_EQ(collection_json(**collection, state).find("recall"), std::string::npos);
  state.recall = {.n_searches = 70, .n_receipts = 7, .n_true = 70, .n_found = 63};
  const json told = json::parse(collection_json(**collection, state));
  EXPECT_EQ(told["graph_searches"], 70);
  EXPECT_EQ(told["recall_receipts"], 7);
  EXPECT_EQ(told["recall_at_10"], 0.9);
  const std::string page = Metrics().render(*engine_, 0, {{"cats", state.recall}, {"dogs", {}}});
  EXPECT_NE(page.find("quern_recall_at_10{collection=\"cats\"} 0.9"), std::string::npos);
  EXPECT_NE(page.find("quern_graph_searches_total{collection=\"cats\"} 70"), std::string::npos);
  EXPECT_EQ(page.find("dogs"), std::string::npos);
}

TEST_F(collection_server, why_nothing_is_found_is_said) {
  create();
  EXPECT_TRUE(search({{"query", "cat"}}).contains("why_empty"));
  add(0, 3);
  EXPECT_NE(search({{"query", "unicorn"}})["why_empty"].get<std::string>().find("unicorn"),
            std::string::npos);
  EXPECT_TRUE(search({{"query", "cat"}, {"filter", "year > 3000"}}).contains("why_empty"));
}

TEST_F(collection_server, what_is_wrong_with_a_request_is_said) {
  create();
  EXPECT_EQ(problem(json::object()), "query: is missing, wanted what is looked for");
  EXPECT_EQ(problem({{"query", 1}}), "query: got a number, wanted a string");
  EXPECT_TRUE(problem({{"query", "x"}, {"top", 0}}).starts_with("top: "));
  EXPECT_TRUE(problem({{"query", "x"}, {"top", 100000}}).starts_with("top: "));
  EXPECT_TRUE(problem({{"query", "x"}, {"mode", "best"}}).starts_with("mode: "));
  EXPECT_TRUE(problem({{"query", "x"}, {"alpha", 2}}).starts_with("alpha: "));
  EXPECT_TRUE(problem({{"query", "x"}, {"filter", "yaer > 1"}}).starts_with("filter: "));
  EXPECT_TRUE(problem({{"query", "x"}, {"vector", {1, "a"}}}).starts_with("vector[1]: "));
  EXPECT_NE(problem({{"query", "x"}, {"mode", "dense"}}), "");
  search({{"query", "x"}, {"rerank", "no-such-model"}}, 404);
  answer("POST", "/v1/collections", {{"name", "cats"}}, 409);
  answer("POST", "/v1/collections", {{"name", "../x"}}, 400);
  answer("POST", "/v1/collections", {{"name", "x"}, {"fields", "Title"}}, 400);
  answer("POST", "/v1/collections", {{"name", "x"}, {"model", "no-such-model"}}, 404);
  answer("POST", "/v1/collections", {{"name", "x"}, {"model", "m"}, {"given_dimensions", 2}}, 400);
  answer("POST", "/v1/collections/cats/documents", {{"documents", 1}}, 400);
  answer("POST", "/v1/collections/cats/documents", json::object(), 400);
  answer("DELETE", "/v1/collections/cats/documents", {{"ids", {1}}}, 400);
  answer("POST", "/v1/collections/dogs/documents", {{"documents", json::array()}}, 404);
  answer("GET", "/v1/collections/cats/nothing", {}, 404);
  answer("POST", "/v1/collections/cats", {}, 404);
  answer("GET", "/v1/collections/%2e%2e", {}, 400);
  answer("GET", "/v1/collections/a%2fb", {}, 404);
  EXPECT_EQ(ask("POST", "/v1/collections/cats/search", "{\"query\":\"x\"").status, 400);
  EXPECT_EQ(ask("POST", "/v1/collections/cats/search", "").status, 400);
}

TEST_F(collection_server, documents_that_are_none_are_named_and_the_others_added) {
  create();
  const Answer got = ask("POST", "/v1/collections/cats/documents",
                         R"({"documents":[{"id":"a","text":"x"},1,{"text":"x"},"y",[],)"
                         R"({"id":"b","text":"x","year":"late"}]})");
  ASSERT_EQ(got.status, 200) << got.body;
  const json report = json::parse(got.body);
  EXPECT_EQ(report["added"], 1);
  EXPECT_EQ(report["refused"], 5);
  EXPECT_EQ(report["problems"].size(), 5u);
}

TEST_F(collection_server, what_becomes_of_long_texts_is_said) {
  answer("POST", "/v1/collections",
         {{"name", "x"}, {"model", "tiny-mean-f32"}, {"long_texts", "some"}}, 400);
  create({{"model", "tiny-mean-f32"}, {"long_texts", "cut"}});
  EXPECT_EQ(answer("GET", "/v1/collections/cats")["vectors"][0]["long_texts"], "cut");
}

TEST_F(collection_server, models_are_names_and_never_paths) {
  answer("POST", "/v1/collections", {{"name", "x"}, {"model", model_path("tiny-cls")}}, 404);
}

TEST_F(collection_server, searches_are_answered_while_much_is_embedded) {
  create({{"model", "tiny-mean-f32"}});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(add(i * 2000, (i + 1) * 2000)["added"], 2000);
  EXPECT_EQ(search({{"query", "number9999"}, {"mode", "bm25"}})["hits"].size(), 1u);
  const json found = search({{"query", "cat number9999"}});
  EXPECT_FALSE(found["hits"].empty());
  bool is_fresh = found["fresh"];
  for (int i = 0; i < 500 && !is_fresh; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    is_fresh = search({{"query", "cat number9999"}})["fresh"];
  }
  EXPECT_TRUE(is_fresh);
}

TEST_F(collection_server, the_document_for_programs_names_every_route) {
  const json document = answer("GET", "/openapi.json");
  ASSERT_TRUE(document.is_object());
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_EQ(document["paths"].size(), 6u);
  const std::string all = document.dump();
  for (std::size_t at = all.find("#/components/"); at != std::string::npos;
       at = all.find("#/components/", at + 1)) {
    const std::string pointer = all.substr(at + 1, all.find('"', at) - at - 1);
    EXPECT_TRUE(document.contains(json::json_pointer(pointer))) << pointer;
  }
}

}  // namespace quern::serve
