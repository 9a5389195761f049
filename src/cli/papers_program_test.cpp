// Libraries of papers as users of the program meet them.

#include <atomic>
#include <string>

#include <gtest/gtest.h>

#include "cli/test_program.h"
#include "net/test_server.h"

namespace quern::cli {
namespace {

using nlohmann::json;

class papers_program : public ProgramTest {
 protected:
  void SetUp() override {
    const json tagger = {
        {"_id", "A00-1031"},
        {"title", "TnT - A Statistical Part-Of-Speech Tagger"},
        {"abstract",
         "Trigrams'n'Tags is an efficient statistical part-of-speech tagger for many languages."},
        {"year", 2000},
        {"venue", "ANLP"},
        {"authors", {"Thorsten, Brants"}},
        {"sections",
         {{{"heading", "1 Introduction"},
           {"number", "1"},
           {"text",
            "However, unknown words are hard for every statistical tagger that there is. "
            "Suffixes of rare words tell much about words that were never seen before."}}}},
        {"cites", json::array()},
        {"cited_by", {"W05-0807"}}};
    folder_.write("papers.jsonl", tagger.dump() + "\nno JSON at all\n");
    folder_.write("more.bib",
                  "@inproceedings{vaswani2017,\n  title = {Attention Is All You Need},\n"
                  "  author = {Vaswani, Ashish and Shazeer, Noam},\n  year = 2017,\n"
                  "  eprint = {1706.03762}, archivePrefix = {arXiv}\n}\n");
  }
  Ended papers(const std::string& args) {
    return shell("cd " + folder_.file("") + " && " QUERN_PROGRAM " papers " + args);
  }
  void fill() {
    const Ended ended =
        papers("import library --from papers.jsonl --from more.bib --model none --quiet");
    ASSERT_EQ(ended.exit_code, 1) << ended.err;  // A line is no paper.
  }
};

}  // namespace

TEST_F(papers_program, what_is_no_paper_is_named_and_the_rest_is_imported) {
  const Ended first =
      papers("import library --from papers.jsonl --from more.bib --model none --quiet");
  EXPECT_EQ(first.exit_code, 1) << first.err;
  EXPECT_PRED2(contains, first.err, "papers.jsonl");
  EXPECT_PRED2(contains, first.err, "line 2");
  EXPECT_PRED2(contains, first.err, "2 papers added, 1 refused; 1 with text, 3 passages");
  const Ended again =
      papers("import library --from papers.jsonl --from more.bib --model none --quiet");
  EXPECT_PRED2(contains, again.err, "0 papers added, 2 records unchanged, 1 refused");
  const Ended stats = papers("stats library");
  EXPECT_EQ(stats.exit_code, 0) << stats.err;
  EXPECT_PRED2(contains, stats.out, "papers     2, 1 with text");
  EXPECT_PRED2(contains, stats.out, "words alone are searched");
}

TEST_F(papers_program, papers_and_passages_are_found) {
  fill();
  const Ended by_author = papers("search library 'brants 2000'");
  EXPECT_EQ(by_author.exit_code, 0) << by_author.err;
  EXPECT_PRED2(contains, by_author.out, "  1. TnT - A Statistical Part-Of-Speech Tagger\n");
  EXPECT_PRED2(contains, by_author.out, "Thorsten Brants");
  const auto lines = json_lines(papers("search library 'rare suffixes' --snippets --json").out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["snippets"][0]["section"], "1 Introduction");
  EXPECT_EQ(lines[0]["snippets"][0]["paper"]["externalIds"]["ACL"], "A00-1031");
  const auto filtered = json_lines(papers("search library tagger --year 2001- --json").out);
  EXPECT_EQ(filtered[0]["total"], 0);
  folder_.write("q.jsonl", R"({"id": "q1", "text": "attention"})"
                           "\n");
  EXPECT_EQ(papers("search library --queries q.jsonl --run -").out,
            "q1 Q0 1706.03762 1 10 quern\n");
  EXPECT_EQ(papers("search library").exit_code, 4);
  EXPECT_EQ(papers("search library x --year then").exit_code, 4);
}

TEST_F(papers_program, papers_are_listed_shown_and_removed) {
  fill();
  const auto listed = json_lines(papers("list library '(tagger | parser) -tree' --json").out);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0]["year"], 2000);
  const Ended shown = papers("show library ACL:A00-1031 --citations");
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_PRED2(contains, shown.out, "ACL:W05-0807");
  EXPECT_PRED2(contains, papers("show library arXiv:1706.03762v5").out, "Attention");
  EXPECT_PRED2(contains, papers("show library ACL:A00-1031 --text").out, "\n\n1 Introduction\n\n");
  const Ended missing = papers("show library ACL:X99-9999");
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_PRED2(contains, missing.err, "the library has no paper 'ACL:X99-9999'");
  EXPECT_EQ(papers("remove library ACL:A00-1031").exit_code, 0);
  EXPECT_EQ(papers("show library ACL:A00-1031").exit_code, 3);
}

TEST_F(papers_program, a_question_is_answered_in_sentences_of_papers) {
  fill();
  const Ended ended = papers("ask library 'How do taggers deal with unknown words?' --stages");
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_PRED2(contains, ended.out,
               "\nUnknown words are hard for every statistical tagger that "
               "there is. (Brants, 2000)\n");
  EXPECT_PRED2(contains, ended.out, "https://aclanthology.org/A00-1031");
  EXPECT_PRED2(contains, ended.err, "retrieve");
  EXPECT_PRED2(contains, papers("ask library 'unknown words' --format bibtex").out,
               "Statistical Part-Of-Speech Tagger");
  folder_.write("q.jsonl", R"({"id": "q1", "text": "unknown words"})"
                           "\n");
  const auto lines = json_lines(papers("ask library --questions q.jsonl --format json").out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["id"], "q1");
  EXPECT_EQ(lines[0]["sources"][0]["reference"], "Brants, 2000");
}

TEST_F(papers_program, a_writer_that_does_not_answer_leaves_the_quotes) {
  fill();
  const Ended ended = papers(
      "ask library 'unknown words of taggers' --writer http://127.0.0.1:9 --writer-model m "
      "--stages");
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_PRED2(contains, ended.out, "(Brants, 2000)");
  EXPECT_PRED2(contains, ended.err, "the model failed");
  const Ended nameless = papers("ask library 'unknown words' --writer http://127.0.0.1:9");
  EXPECT_EQ(nameless.exit_code, 4);
  EXPECT_PRED2(contains, nameless.err, "--writer-model");
}

TEST_F(papers_program, an_endpoint_reads_quotes_plans_and_writes) {
  fill();
  std::atomic<int> n_calls{0};
  net::TestServer endpoint([&](const net::TestRequest& request, net::TestReply& reply) {
    ++n_calls;
    const json asked = json::parse(request.body);
    const std::string system = asked["messages"][0]["content"];
    std::string said = "Rare words tell something by their ends [1].";
    if (system.starts_with("You turn")) said = R"({"rewritten_query": "suffixes of rare words"})";
    if (system.starts_with("You select")) {
      said = R"({"quote": "Suffixes of rare words tell much about words"})";
    }
    if (system.starts_with("You plan")) {
      said =
          R"({"report_title": "Ends of words", "dimensions": [{"name": "Suffixes", "quotes": [1]}]})";
    }
    EXPECT_EQ(asked["model"], "m");
    EXPECT_EQ(request.header("authorization"), "Bearer secret");
    reply.answer(200, json({{"choices", {{{"message", {{"content", said}}}}}}}).dump());
  });
  const std::string ask = "ask library 'What do suffixes tell?' --check none --writer " +
                          endpoint.url() + " --writer-model m --writer-key secret";
  const Ended ended = papers(ask + " --stages");
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_PRED2(contains, ended.out, "# Ends of words\n\n## Suffixes\n\n");
  EXPECT_PRED2(contains, ended.out, "Rare words tell something by their ends. (Brants, 2000)");
  EXPECT_GE(n_calls, 4);
  n_calls = 0;
  const auto lines = json_lines(papers(ask + " --writer-stages lite --format json").out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(n_calls, static_cast<int>(lines[0]["sections"].size()));
  // Asked twice, answered once.
  folder_.write("q.jsonl", R"({"id": "1", "text": "suffixes"})"
                           "\n"
                           R"({"id": "2", "text": "suffixes"})"
                           "\n");
  const auto twice = json_lines(papers("ask library --questions q.jsonl --format json").out);
  ASSERT_EQ(twice.size(), 2u);
  EXPECT_FALSE(twice[0].contains("cached"));
  EXPECT_EQ(twice[1]["cached"], true);
  EXPECT_EQ(twice[0]["sections"], twice[1]["sections"]);
  const auto anew =
      json_lines(papers("ask library --questions q.jsonl --format json --answer-cache 0").out);
  EXPECT_FALSE(anew[1].contains("cached"));
}

TEST_F(papers_program, a_folder_that_is_no_library_says_so) {
  const Ended missing = papers("search nowhere tagger");
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_PRED2(contains, missing.err, "'quern papers import nowhere --from FILE' makes a library");
  const Ended none = papers("import library --from nothing.jsonl --model none");
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_PRED2(contains, none.err, "nothing.jsonl");
}

}  // namespace quern::cli
