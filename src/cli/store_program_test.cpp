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
  EXPECT_PRED2(contains, quern("store search " + dir_ + " whale").out, "\t3\tWhales they swim");

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
