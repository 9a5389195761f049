// The store as users of the program meet it.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

using nlohmann::json;

class store_program : public ProgramTest {
 protected:
  // A store of three documents.
  void fill() {
    dir_ = folder_.file("papers");
    const std::string texts = folder_.write(
        "texts.jsonl",
        "{\"_id\":\"a\",\"title\":\"Running cats\",\"text\":\"of all kinds\"}\n"
        "{\"_id\":\"b\",\"title\":\"Dogs\",\"text\":\"a cat runs behind a running dog\"}\n\n"
        "{\"id\":3,\"title\":\"Whales\",\"text\":\"they swim\"}\n");
    const Ended created = quern("store create " + dir_ + " --fields title^2,text --k1 0.9 --b 0.4");
    ASSERT_EQ(created.exit_code, 0) << created.err;
    const Ended added = quern("store add " + dir_ + " --texts " + texts);
    ASSERT_EQ(added.exit_code, 0) << added.err;
    EXPECT_PRED2(contains, added.err, "added 3 documents");
  }

  std::string dir_;
};

}  // namespace

TEST_F(store_program, what_was_added_is_found_deleted_and_gone) {
  fill();
  const Ended found = quern("store search " + dir_ + " \"cats that run\" --json");
  ASSERT_EQ(found.exit_code, 0) << found.err;
  const json answer = json::parse(found.out);
  ASSERT_EQ(answer["hits"].size(), 2u);
  EXPECT_EQ(answer["hits"][0]["key"], "a");
  EXPECT_EQ(answer["hits"][0]["document"]["title"], "Running cats");
  EXPECT_PRED2(contains, quern("store search " + dir_ + " whale").out, "\t3\tWhales");

  EXPECT_EQ(quern("store delete " + dir_ + " a").exit_code, 0);
  const Ended again = quern("store delete " + dir_ + " a");
  EXPECT_EQ(again.exit_code, 3);
  EXPECT_PRED2(contains, again.err, "no document 'a'");
  EXPECT_EQ(json::parse(quern("store stats --json " + dir_).out)["documents"], 2);
  EXPECT_EQ(quern("store compact " + dir_).exit_code, 0);
  EXPECT_PRED2(contains, quern("store verify " + dir_).err, "2 documents in 1 segments");
  EXPECT_PRED2(contains, quern("store verify --rebuild " + dir_).err,
               "made anew from its 2 documents");
  EXPECT_PRED2(contains, quern("store stats " + dir_).out, "deleted     0");
}

TEST_F(store_program, a_packed_store_is_one_file_that_is_only_read) {
  fill();
  const std::string file = folder_.file("papers.quern");
  const Ended packed = quern("store pack " + dir_ + " " + file);
  ASSERT_EQ(packed.exit_code, 0) << packed.err;
  EXPECT_EQ(quern("store search " + file + " \"cats that run\" --json").exit_code, 0);
  EXPECT_EQ(quern("store search " + file + " whale").out,
            quern("store search " + dir_ + " whale").out);
  EXPECT_PRED2(contains, quern("store verify " + file).err, "3 documents in 1 segments");
  EXPECT_PRED2(contains, quern("store stats " + file).out, "documents   3");
  EXPECT_PRED2(contains, quern("store delete " + file + " a").err, "it is only read");
  EXPECT_PRED2(contains, quern("store pack " + dir_ + " " + file).err, "is there already");
}

TEST_F(store_program, queries_of_a_file_make_a_run) {
  fill();
  const std::string queries = folder_.write("q.jsonl",
                                            "{\"_id\":\"q1\",\"text\":\"whales\"}\n"
                                            "{\"_id\":\"q2\",\"text\":\"unicorn\"}\n");
  const std::string run = folder_.file("run.txt");
  const Ended ended = quern("store search " + dir_ + " --queries " + queries + " --run " + run);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_PRED2(contains, ended.err,
               "nothing found for q2: no document has any of the terms 'unicorn'");
  EXPECT_TRUE(folder_.read("run.txt").starts_with("q1 Q0 3 1 "));
}

TEST_F(store_program, operators_bind_and_forbid) {
  fill();
  const Ended ended = quern("store search " + dir_ + " '+cat -dog' --operators");
  EXPECT_TRUE(ended.out.starts_with("1\t")) << ended.out << ended.err;
  EXPECT_FALSE(contains(ended.out, "\tb\t"));
}

TEST_F(store_program, filters_say_which_documents_are_searched) {
  const std::string dir = folder_.file("code");
  const std::string texts =
      folder_.write("code.jsonl",
                    "{\"id\":\"a\",\"text\":\"parse it\",\"year\":2019,\"lang\":\"cpp\"}\n"
                    "{\"id\":\"b\",\"text\":\"parse it\",\"year\":2021,\"lang\":[\"cpp\",\"c\"]}\n"
                    "{\"id\":\"c\",\"text\":\"parse it\",\"year\":\"late\"}\n");
  const Ended created = quern("store create " + dir + " --attributes year:integer,lang:keyword");
  ASSERT_EQ(created.exit_code, 0) << created.err;
  const Ended added = quern("store add " + dir + " --texts " + texts);
  EXPECT_EQ(added.exit_code, 1);
  EXPECT_PRED2(contains, added.err, "code.jsonl line 3: \"year\" is no integer");
  const std::string search = "store search " + dir + " parse --filter ";
  const Ended found = quern(search + "'year >= 2020 and lang = \"cpp\"'");
  EXPECT_TRUE(found.out.starts_with("1\t") && contains(found.out, "\tb\t")) << found.err;
  EXPECT_FALSE(contains(found.out, "\ta\t"));
  EXPECT_PRED2(contains, quern(search + "'year > 2030'").err,
               "the filter allows none of the 2 documents");
  const Ended bad = quern(search + "'yaer > 2030'");
  EXPECT_EQ(bad.exit_code, 4);
  EXPECT_PRED2(contains, bad.err, "--filter: ");
  EXPECT_PRED2(contains, bad.err, "year");
  EXPECT_PRED2(contains, quern("store stats " + dir).out, "attribute   year (integer)");
  EXPECT_EQ(json::parse(quern("store stats --json " + dir).out)["attributes"][1]["type"],
            "keyword");
  EXPECT_PRED2(contains, quern("store stats " + dir + " --counts lang,year").out,
               "2\tlang\tcpp\n1\tlang\tc\n1\tyear\t2019\n");
  const json counted = json::parse(
      quern("store search " + dir + " parse --filter 'year > 2019' --counts lang --json").out);
  EXPECT_EQ(counted["counts"]["lang"]["values"][0]["documents"], 1);
  EXPECT_PRED2(contains, quern("store search " + dir + " parse --counts lang").out,
               "\n2\tlang\tcpp\n");
  EXPECT_PRED2(contains, quern("store stats " + dir + " --counts size").err,
               "no attribute 'size': want year, lang");
  EXPECT_EQ(quern("store verify --rebuild " + dir).exit_code, 0);
}

TEST_F(store_program, hits_show_what_answers_the_question) {
  fill();
  const json answer = json::parse(quern("store search " + dir_ + " 'running dogs' --json").out);
  EXPECT_EQ(answer["hits"][0]["key"], "b");
  EXPECT_EQ(answer["hits"][0]["highlights"]["title"], json::parse("[[0,4]]"));
  EXPECT_EQ(answer["hits"][0]["highlights"]["text"], json::parse("[[6,10],[20,27],[28,31]]"));
  EXPECT_EQ(answer["hits"][1]["highlights"], json::parse(R"({"title":[[0,7]]})"));
  const std::string texts = folder_.write(
      "long.jsonl", "{\"id\":\"l\",\"text\":\"" + std::string(300, 'x') +
                        " and much besides. The quokka smiles. " + std::string(300, 'y') + "\"}\n");
  ASSERT_EQ(quern("store add " + dir_ + " --texts " + texts).exit_code, 0);
  EXPECT_PRED2(contains, quern("store search " + dir_ + " quokkas").out, "The quokka smiles. ");
}

TEST_F(store_program, parents_answer_once_with_their_best_children) {
  const std::string dir = folder_.file("parts");
  const std::string texts =
      folder_.write("parts.jsonl",
                    "{\"id\":\"a#1\",\"text\":\"cat\"}\n"
                    "{\"id\":\"a#2\",\"text\":\"cat and cat\"}\n"
                    "{\"id\":\"a#3\",\"text\":\"a cat with a dog\"}\n"
                    "{\"id\":\"b-x\",\"parent\":\"b\",\"text\":\"cat or dog\"}\n");
  ASSERT_EQ(quern("store create " + dir).exit_code, 0);
  const Ended added = quern("store add " + dir + " --texts " + texts + " --parent-separator '#'");
  ASSERT_EQ(added.exit_code, 0) << added.err;
  const Ended found = quern("store search " + dir + " cat --group 2 --json");
  ASSERT_EQ(found.exit_code, 0) << found.err;
  const json groups = json::parse(found.out)["groups"];
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0]["parent"], "a");
  EXPECT_EQ(groups[0]["found"], 3);
  ASSERT_EQ(groups[0]["hits"].size(), 2u);
  EXPECT_EQ(groups[0]["hits"][0]["document"]["id"], "a#2");
  EXPECT_EQ(groups[1]["parent"], "b");
  EXPECT_PRED2(contains, quern("store search " + dir + " cat --group 1").out, "\tb\t1 found\n");
  const Ended run = quern("store search " + dir + " cat --group 1 --run -");
  EXPECT_TRUE(run.out.starts_with("1 Q0 a 1 ")) << run.out;
  EXPECT_PRED2(contains, run.out, "\n1 Q0 b 2 ");
  EXPECT_PRED2(contains, quern("store search " + dir + " horse --group 1").err, "nothing found");
}

TEST_F(store_program, patterns_are_found_with_their_lines) {
  const std::string dir = folder_.file("code");
  const std::string texts =
      folder_.write("code.jsonl",
                    "{\"id\":\"a\",\"text\":\"int x;\\nint parse_header();\",\"lang\":\"c\"}\n"
                    "{\"id\":\"b\",\"text\":\"Parse_Header(\",\"lang\":\"go\"}\n"
                    "{\"id\":\"c\",\"text\":\"nothing\"}\n");
  ASSERT_EQ(quern("store create " + dir + " --patterns --attributes lang:keyword").exit_code, 0);
  ASSERT_EQ(quern("store add " + dir + " --texts " + texts).exit_code, 0);
  const std::string search = "store search " + dir + " ";
  const Ended found = quern(search + "--regex 'parse_\\w+\\('");
  EXPECT_EQ(found.exit_code, 0) << found.err;
  EXPECT_EQ(found.out, "a\ttitle+text:2\tint parse_header();\n");
  EXPECT_EQ(found.err, "");
  const Ended ignoring = quern(search + "--substring PARSE_ -i --filter 'lang = \"go\"' --json");
  const json answer = json::parse(ignoring.out);
  ASSERT_EQ(answer["hits"].size(), 1u) << ignoring.err;
  EXPECT_EQ(answer["hits"][0]["key"], "b");
  EXPECT_EQ(answer["hits"][0]["matches"][0]["end"], 6);
  EXPECT_EQ(answer["effort"]["read"], 1);
  EXPECT_TRUE(quern(search + "nothing --regex thin").out.starts_with("c\t"));
  EXPECT_PRED2(contains, quern(search + "--regex 'x;'").err, "3 of all 3 documents were read: ");
  const Ended bad = quern(search + "--regex 'a(b'");
  EXPECT_EQ(bad.exit_code, 4);
  EXPECT_PRED2(contains, bad.err, "bad pattern: missing closing parenthesis at byte 3 of 3");
  EXPECT_PRED2(contains, quern(search + "--regex unicorn").err,
               "nothing found: none of 3 documents has the trigrams that a match needs");
  EXPECT_PRED2(contains, quern("store stats " + dir).out, "patterns    by trigrams");
  EXPECT_EQ(quern("store verify --rebuild " + dir).exit_code, 0);
}

TEST_F(store_program, lines_that_cannot_be_documents_are_named_and_the_others_added) {
  fill();
  const std::string texts = folder_.write(
      "more.jsonl", "{\"id\":\"x\",\"text\":\"fine\"}\nnonsense\n{\"text\":\"no id\"}\n");
  const Ended ended = quern("store add " + dir_ + " --texts " + texts);
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_PRED2(contains, ended.err, "more.jsonl line 2: not a JSON object");
  EXPECT_PRED2(contains, ended.err, "2 lines were refused");
  EXPECT_PRED2(contains, quern("store search " + dir_ + " fine").out, "\tx\t");
}

TEST_F(store_program, what_is_not_there_or_is_there_already_is_said) {
  fill();
  EXPECT_NE(quern("store create " + dir_).exit_code, 0);
  EXPECT_EQ(quern("store search " + folder_.file("none") + " x").exit_code, 3);
  EXPECT_EQ(quern("store search " + dir_).exit_code, 4);
  EXPECT_EQ(quern("store create " + folder_.file("other") + " --analyzer klingon").exit_code, 4);
}

}  // namespace quern::cli
