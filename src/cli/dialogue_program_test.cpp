// Predictors of dialogues as users of the program meet them.

#include <string>

#include <gtest/gtest.h>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

class dialogue_program : public ProgramTest {
 protected:
  void fill() {
    const char* things[] = {"cat", "dog", "tree", "house", "river", "stone"};
    std::string lines;
    for (int i = 0; i < 60; ++i) {
      const std::string thing = things[i % 6], n = std::to_string(i);
      lines += R"({"turns": [{"speaker": 0, "text": "the )" + thing + " " + n +
               R"("}, {"speaker": 1, "text": "a )" + thing + " of " + n +
               R"("}, {"speaker": 0, "text": "is it )" + thing + " " + n + "\"}]}\n";
    }
    folder_.write("talks.jsonl", lines);
  }

  Ended in_folder(const std::string& args) {
    return shell("cd " + folder_.file("") + " && " QUERN_PROGRAM " dialogue " + args);
  }

  Ended train(const std::string& args = "") {
    return in_folder("train -q --texts talks.jsonl --model " QUERN_SOURCE_DIR
                     "/tests/data/models/tiny-mean-f32 --units 20 --out talks.qdp " +
                     args);
  }
};

}  // namespace

TEST_F(dialogue_program, from_dialogues_to_a_table_and_to_what_comes_next) {
  fill();
  const Ended trained = train();
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(trained.out, "");
  EXPECT_PRED2(contains, trained.err, "trained on 60 dialogues, 180 turns");
  EXPECT_EQ(train().exit_code, 7);  // It is there already.

  const Ended table = in_folder("eval talks.qdp -q --texts talks.jsonl --json");
  ASSERT_EQ(table.exit_code, 0) << table.err;
  const auto rows = json_lines(table.out);
  ASSERT_EQ(rows.size(), 9u);
  EXPECT_EQ(rows[0]["name"], "random");
  EXPECT_EQ(rows[0]["n"], 120);
  EXPECT_EQ(rows[8]["name"], "predictor");
  EXPECT_TRUE(rows[8].contains("ece"));
  folder_.write("gru.json", rows[3].dump());
  const Ended with_gru = in_folder("eval talks.qdp -q --texts talks.jsonl --gru gru.json");
  EXPECT_EQ(with_gru.exit_code, 0) << with_gru.err;
  EXPECT_PRED2(contains, with_gru.out, "1 of 10, 120 questions");

  folder_.write("asked.jsonl",
                "{\"id\": \"a\", \"turns\": [\"the cat 3\", \"a cat of 3\"]}\n"
                "{\"conversation\": 1, \"text\": \"the cat 3\"}\n"
                "{\"conversation\": 1, \"text\": \"a cat of 3\"}\n");
  const Ended asked = in_folder("predict talks.qdp --top 2 --state s < asked.jsonl");
  ASSERT_EQ(asked.exit_code, 0) << asked.err;
  const auto answers = json_lines(asked.out);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0]["id"], "a");
  EXPECT_EQ(answers[0]["predictions"].size(), 2u);
  EXPECT_EQ(answers[2]["conversation"], "1");
  EXPECT_EQ(answers[0]["predictions"], answers[2]["predictions"]);  // Whole or turn by turn.
  EXPECT_EQ(answers[0]["confidence"], answers[2]["confidence"]);

  // A later run goes on with the conversation; a fork of it is as it is.
  folder_.write("more.jsonl",
                "{\"conversation\": 2, \"fork\": \"1\"}\n{\"conversation\": 2, \"text\": \"so\"}\n"
                "{\"conversation\": 1, \"text\": \"so\"}\n");
  const auto more = json_lines(in_folder("predict talks.qdp --state s < more.jsonl").out);
  ASSERT_EQ(more.size(), 3u);
  EXPECT_EQ(more[0]["forked"], true);
  EXPECT_EQ(more[1]["predictions"], more[2]["predictions"]);
}

TEST_F(dialogue_program, what_is_wrong_is_said) {
  fill();
  EXPECT_EQ(in_folder("train --texts none.jsonl --out x").exit_code, 3);
  EXPECT_EQ(in_folder("train --texts talks.jsonl --out x --reservoir wet").exit_code, 2);
  folder_.write("few.jsonl", "{\"turns\": [\"a\", \"b\"]}\nnonsense\n");
  const Ended few = in_folder("train -q --texts few.jsonl --out x --model " QUERN_SOURCE_DIR
                              "/tests/data/models/tiny-mean-f32");
  EXPECT_EQ(few.exit_code, 4);
  EXPECT_PRED2(contains, few.err, "few.jsonl line 2");
  EXPECT_PRED2(contains, few.err, "1 dialogues have two turns and more, want 20");
  const Ended none = in_folder("eval talks.jsonl --texts talks.jsonl");
  EXPECT_NE(none.exit_code, 0);
  EXPECT_PRED2(contains, none.err, "quern: ");

  ASSERT_EQ(train("--reservoir none").exit_code, 0);
  folder_.write("asked.jsonl", "nonsense\n{\"turns\": []}\n{\"turns\": [\"the cat\"]}\n");
  const Ended asked = in_folder("predict talks.qdp < asked.jsonl");
  EXPECT_EQ(asked.exit_code, 1);
  const auto answers = json_lines(asked.out);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0]["error"]["code"], "bad_input");
  EXPECT_EQ(answers[1]["line"], 2);
  EXPECT_EQ(answers[2]["predictions"].size(), 5u);
  const Ended other = in_folder("predict talks.qdp --model " QUERN_SOURCE_DIR
                                "/tests/data/models/tiny-roberta < asked.jsonl");
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_PRED2(contains, other.err, "is not the one that the predictor was trained with");
}

}  // namespace quern::cli
