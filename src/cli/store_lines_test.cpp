#include "cli/store_lines.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::cli {
namespace {

apps::Retrieved answer_of(std::vector<store::Hit> hits) {
  apps::Retrieved out;
  for (store::Hit& hit : hits) out.hits.emplace_back().found.hit = std::move(hit);
  return out;
}

}  // namespace

TEST(store_lines, a_run_has_a_line_for_each_hit) {
  std::string out;
  apps::Retrieved answer = answer_of({{.key = "d2", .score = 1.5f}, {.key = "d1", .score = 1}});
  ASSERT_TRUE(append_run_lines("q7", answer, out).ok());
  EXPECT_EQ(out, "q7 Q0 d2 1 1.5 quern\nq7 Q0 d1 2 1 quern\n");
  EXPECT_FALSE(append_run_lines("q7", answer_of({{.key = "a b", .score = 1}}), out).ok());
  EXPECT_FALSE(append_run_lines("q 7", {}, out).ok());
}

TEST(store_lines, the_scores_of_a_reranked_run_count_down) {
  std::string out;
  apps::Retrieved answer = answer_of({{.key = "d2", .score = 1}, {.key = "d1", .score = 9}});
  answer.rerank.emplace();
  ASSERT_TRUE(append_run_lines("q7", answer, out).ok());
  EXPECT_EQ(out, "q7 Q0 d2 1 2 quern\nq7 Q0 d1 2 1 quern\n");
}

TEST(store_lines, hits_are_shown_in_a_line_each) {
  std::string out;
  apps::Retrieved answer =
      answer_of({{.key = "d\t2", .score = 1.25f, .stored = R"({"title":"A","text":"b\nc"})"},
                 {.key = "x", .score = 1, .stored = "plain"}});
  answer.hits[1].rerank_score = 0.5f;
  append_hit_lines(answer, nullptr, out);
  EXPECT_EQ(out, "1\t1.2500\td 2\tA b c\n2\t0.5000\tx\tplain\n");
}

TEST(store_lines, a_result_is_one_json_object) {
  std::string out;
  apps::Retrieved answer = answer_of({{.key = "k", .score = 2, .stored = R"({"id":"k"})"},
                                      {.key = "\xff", .score = 1, .stored = "\xff"}});
  answer.found.generation = 3;
  answer.found.damaged = {"file x"};
  answer.hits[0].found.sides.lexical = 2;
  answer.hits[0].found.sides.terms = {{.field = "text", .text = "a", .score = 2}};
  answer.rerank = apps::Reranking{.n_wanted = 50, .n_done = 32};
  append_result_json({.id = "q", .text = "a \"b\""}, answer, {}, nullptr, out);
  const auto object = nlohmann::json::parse(out);
  EXPECT_EQ(object["id"], "q");
  EXPECT_EQ(object["query"], "a \"b\"");
  EXPECT_EQ(object["hits"][0]["document"]["id"], "k");
  EXPECT_EQ(object["hits"][0]["bm25"], 2);
  EXPECT_EQ(object["hits"][0]["terms"][0]["text"], "a");
  EXPECT_FALSE(object["hits"][0].contains("dense"));
  EXPECT_EQ(object["hits"][1]["document"], "\uFFFD");
  EXPECT_EQ(object["generation"], 3);
  EXPECT_EQ(object["reranked"], "32 of 50");
  EXPECT_EQ(object["damaged"][0], "file x");
  EXPECT_TRUE(object["timings"].contains("total_ms"));
  EXPECT_FALSE(object.contains("why_empty"));
}

TEST(store_lines, groups_take_the_place_of_hits) {
  apps::Retrieved answer;
  answer.groups.emplace();
  store::GroupHit& group = answer.groups->emplace_back();
  group.parent = "a.cpp";
  group.score = 2;
  group.n_found = 7;
  group.children = {{.key = "a.cpp:1", .score = 2, .stored = R"({"id":1})"}};
  std::string out;
  append_result_json({.id = "q", .text = "x"}, answer, {}, nullptr, out);
  const auto object = nlohmann::json::parse(out);
  EXPECT_FALSE(object.contains("hits"));
  EXPECT_EQ(object["groups"][0]["parent"], "a.cpp");
  EXPECT_EQ(object["groups"][0]["found"], 7);
  EXPECT_EQ(object["groups"][0]["hits"][0]["document"]["id"], 1);
}

}  // namespace quern::cli
