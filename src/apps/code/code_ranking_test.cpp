#include "apps/code/code_ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::apps {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

CodeQuestion read(std::string_view question) { return CodeQuestionReader().read(question); }

/// Indexes in order.
std::vector<std::size_t> order(std::string_view question,
                               const std::vector<CodeCandidate>& candidates,
                               const CodeWeights& weights = {}) {
  CodeQuestionReader reader;
  std::vector<std::size_t> out;
  for (const RankedCode& ranked :
       rank_code(reader.read(question), candidates, weights, candidates.size(), reader)) {
    out.push_back(ranked.i);
  }
  return out;
}

TEST(code_ranking, a_question_is_a_name_or_words) {
  for (const char* name : {"Mux", "parse_query", "parse_query()", "a.b.Mux", "http::Mux", "A#Mux",
                           "ptr->Mux", " $el ", "__init__"}) {
    EXPECT_TRUE(read(name).is_symbol) << name;
  }
  EXPECT_EQ(read("std::vector").name, "vector");
  EXPECT_EQ(read("a.b()").name, "b");
  for (const char* words :
       {"how are routes matched", "a b", "x.", "1abc", "a..b", "-x", "f(x)", ""}) {
    EXPECT_FALSE(read(words).is_symbol) << words;
  }
}

TEST(code_ranking, the_name_of_the_language_that_most_code_is_in_says_nothing) {
  const auto words = [](std::string_view question, std::string_view main) {
    return CodeQuestionReader().read(question, main).words;
  };
  EXPECT_EQ(words("Python sort a list in python", "python"), "sort list");
  EXPECT_EQ(words("call python from js", "javascript"), "call python");
  EXPECT_EQ(words("sort a list in python", ""), "sort list python");
  EXPECT_EQ(words("python", "python"), "python");
  EXPECT_EQ(words("in python", "python"), "in python");
}

TEST(code_ranking, words_that_only_ask_are_not_looked_for_and_names_are_known) {
  const CodeQuestion question =
      read("How does GsonBuilder register the to_json adapters for Types?");
  EXPECT_EQ(question.words, "GsonBuilder register to_json adapters Types");
  EXPECT_THAT(question.names, ElementsAre("GsonBuilder", "to_json", "Types"));
  EXPECT_THAT(question.stems, ElementsAre("adapt", "builder", "gson", "json", "regist", "type"));
  EXPECT_THAT(read("Parsing of headers").names, IsEmpty()) << "a sentence begins in capitals";
  EXPECT_EQ(read("how is it").words, "how is it") << "then it is all that there is";
  EXPECT_TRUE(read("unit tests of the parser").asks_for_tests);
  EXPECT_FALSE(read("the latest parser").asks_for_tests);
}

TEST(code_ranking, definitions_of_the_name_come_first) {
  const std::vector<CodeCandidate> candidates = {
      {.path = "a.go", .base = 0.9},
      {.path = "b.go", .base = 0.2, .defines = {"Mux"}},
      {.path = "c.go", .base = 0.4, .defines = {"mux"}},
      {.path = "mux.go", .base = 0.1, .defines = {"Mux"}}};
  EXPECT_THAT(order("Mux", candidates), ElementsAre(3, 1, 2, 0));
  EXPECT_THAT(order("what calls it", candidates), ElementsAre(0, 2, 1, 3));
  EXPECT_EQ(order("where the MuxRouter is", {{.path = "a", .base = 0.5},
                                             {.path = "b", .base = 0.4, .defines = {"MuxRouter"}}}),
            (std::vector<std::size_t>{1, 0}));
}

TEST(code_ranking, a_name_that_is_in_a_test_alone_is_found_there) {
  const std::vector<CodeCandidate> candidates = {
      {.path = "x_test.c", .base = 1.0, .role = FileRole::kTest}, {.path = "x.c", .base = 0.5}};
  EXPECT_THAT(order("only_in_a_test", candidates), ElementsAre(0, 1));
  EXPECT_THAT(order("what is only there", candidates), ElementsAre(1, 0));
}

TEST(code_ranking, files_that_are_named_like_the_question_gain) {
  const std::vector<CodeCandidate> candidates = {{.path = "src/core.c", .base = 0.5},
                                                 {.path = "src/timers.c", .base = 0.4}};
  EXPECT_THAT(order("timer implementation and heap", candidates), ElementsAre(1, 0));
  EXPECT_THAT(order("heap implementation", candidates), ElementsAre(0, 1));
}

TEST(code_ranking, tests_and_documents_come_later_unless_asked_for) {
  const std::vector<CodeCandidate> candidates = {
      {.path = "x_test.go", .base = 0.9, .role = FileRole::kTest},
      {.path = "x.md", .base = 0.8, .role = FileRole::kDocs},
      {.path = "x.go", .base = 0.5}};
  EXPECT_THAT(order("heap order", candidates), ElementsAre(2, 1, 0));
  EXPECT_THAT(order("tests of the heap", candidates)[0], 0u);
}

TEST(code_ranking, several_candidates_of_a_file_speak_for_it_but_do_not_fill_the_page) {
  const std::vector<CodeCandidate> candidates = {{.path = "one", .base = 0.50},
                                                 {.path = "many", .base = 0.49},
                                                 {.path = "many", .base = 0.48},
                                                 {.path = "many", .base = 0.47},
                                                 {.path = "two", .base = 0.25}};
  EXPECT_THAT(order("x y", candidates), ElementsAre(1, 0, 2, 4, 3));
  CodeWeights plain;
  plain.coherence = 0;
  plain.repetition = 1;
  EXPECT_THAT(order("x y", candidates, plain), ElementsAre(0, 1, 2, 3, 4));
}

TEST(code_ranking, weights_are_read_by_their_names) {
  const auto weights = weights_from_text("coherence=0,test=1.5");
  ASSERT_TRUE(weights.ok());
  CodeWeights wanted;
  wanted.coherence = 0;
  wanted.test = 1.5;
  EXPECT_EQ(*weights, wanted);
  EXPECT_EQ(*weights_from_text(""), CodeWeights());
  for (const char* bad :
       {"x=1", "test", "test=", "test=-1", "test=1e9", "dense_of_words=2", ",", "test=nan"}) {
    EXPECT_FALSE(weights_from_text(bad).ok()) << bad;
  }
}

TEST(code_ranking, equals_stay_in_their_order_and_no_more_come_than_are_wanted) {
  std::vector<CodeCandidate> candidates;
  const std::vector<std::string> names = {"e", "d", "c", "b", "a"};
  for (const std::string& name : names) candidates.push_back({.path = name, .base = 0.5});
  EXPECT_THAT(order("x y", candidates), ElementsAre(0, 1, 2, 3, 4));
  CodeQuestionReader reader;
  EXPECT_EQ(rank_code(reader.read("x y"), candidates, {}, 2, reader).size(), 2u);
  EXPECT_THAT(rank_code(reader.read("x y"), {}, {}, 2, reader), IsEmpty());
}

}  // namespace
}  // namespace quern::apps
