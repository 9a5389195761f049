#include "serve/scholar_qa/qa_answer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::serve {

using nlohmann::json;

TEST(qa_answer, a_result_has_what_the_origins_clients_read) {
  apps::PaperAnswer answer;
  answer.title = "Taggers";
  for (const int i : {0, 1}) {
    apps::AnswerSource& source = answer.sources.emplace_back();
    source.paper.paper.ids.corpus_id = 40 + i;
    source.paper.paper.title = "TnT";
    source.paper.paper.authors = {{.name = "Thorsten Brants", .id = "9"}, {.name = "Who"}};
    source.paper.paper.year = 2000;
    source.paper.paper.n_citations = 17;
    source.reference = i == 0 ? "Brants, 2000" : "Brants_1, 2000";
    source.score = 0.5;
  }
  answer.quotes = {{.corpus_id = 41, .i_source = 1, .text = "It is fast."},
                   {.corpus_id = 40, .i_source = 0, .text = "It is exact."},
                   {.corpus_id = 41, .i_source = 1, .text = "It is small."}};
  answer.sections = {
      {.title = "Results",
       .tldr = "It is fast. (2 sources)",
       .sentences = {{.text = "It is fast.", .reference = "(Brants_1, 2000)", .i_quotes = {0}},
                     {.text = "It is exact.", .reference = "(Brants, 2000)", .i_quotes = {1}},
                     {.text = "It is small.",
                      .reference = "(Brants_1, 2000; Brants, 2000)",
                      .i_quotes = {2, 1, 2}}}}};
  const json result = json::parse(qa_result_json(answer));
  EXPECT_EQ(result["report_title"], "Taggers");
  EXPECT_TRUE(result["cost"].is_number_float());
  EXPECT_EQ(result["tokens"]["total"], 0);
  const json& section = result["sections"][0];
  EXPECT_EQ(section["text"],
            "It is fast. (Brants_1, 2000) It is exact. (Brants, 2000) It is small. (Brants_1, "
            "2000) (Brants, 2000)");
  EXPECT_TRUE(section["table"].is_null());
  ASSERT_EQ(section["citations"].size(), 2u);
  const json& first = section["citations"][0];
  EXPECT_EQ(first["id"], "(Brants_1, 2000)");
  EXPECT_EQ(first["snippets"], (json{"It is fast.", "It is small."}));
  EXPECT_TRUE(first["snippet_metadata"].is_null());
  EXPECT_EQ(first["paper"], (json{{"corpus_id", 41},
                                  {"title", "TnT"},
                                  {"year", 2000},
                                  {"venue", ""},
                                  {"authors",
                                   {{{"name", "Thorsten Brants"}, {"authorId", "9"}},
                                    {{"name", "Who"}, {"authorId", nullptr}}}},
                                  {"n_citations", 17},
                                  {"score", 0.5}}));
  EXPECT_EQ(json::parse(qa_result_json({}))["sections"], json::array());
}

}  // namespace quern::serve
