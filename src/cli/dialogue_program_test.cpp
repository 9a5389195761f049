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

TEST_F(dialogue_program, lines_are_answered_together_in_their_order_and_caches_change_no_bit) {
  fill();
  ASSERT_EQ(train().exit_code, 0);
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    const std::string n = std::to_string(i % 7);
    lines += "{\"id\": " + std::to_string(i) + ", \"turns\": [\"the cat " + n + "\", \"a cat\"]}\n";
    if (i % 9 == 0) lines += "{\"conversation\": 1, \"text\": \"the dog " + n + "\"}\n";
    if (i % 20 == 0) lines += "nonsense\n";
  }
  folder_.write("asked.jsonl", lines);
  const Ended usual = in_folder("predict talks.qdp --stats < asked.jsonl");
  EXPECT_EQ(usual.exit_code, 1);
  const auto answers = json_lines(usual.out);
  ASSERT_EQ(answers.size(), 100u + 12 + 5);
  int next = 0;
  for (const auto& answer : answers) {
    if (answer.contains("id")) {
      EXPECT_EQ(answer["id"], std::to_string(next++));
    }
  }
  const auto stats = json_lines(usual.err).back();
  EXPECT_EQ(stats["prediction_cache"]["hits"].get<int>() +
                stats["prediction_cache"]["misses"].get<int>() +
                stats["prediction_cache"]["shared"].get<int>(),
            100);
  EXPECT_EQ(stats["state_cache"]["turns_heard"], 14);
  EXPECT_GT(stats["encoding_cache"]["hits"], 0);
  for (const char* flags : {"--legacy-mode", "--cache-size 0 --batch-size 3", "--cache-size 1",
                            "--cache-size 1MB --batch-size 1000 --threads 1 --lazy-load"}) {
    EXPECT_EQ(in_folder(std::string("predict talks.qdp ") + flags + " < asked.jsonl").out,
              usual.out)
        << flags;
  }
  // Who waits for an answer before the next line has it.
  const Ended one_by_one = in_folder(
      "predict talks.qdp --top 1 > answers < <(echo '{\"turns\": [\"the cat 1\"]}'; "
      "for i in $(seq 600); do [ -s answers ] && break; sleep 0.1; done; wc -l < answers >&2)");
  EXPECT_EQ(one_by_one.exit_code, 0);
  EXPECT_PRED2(contains, one_by_one.err, "1");
}

TEST_F(dialogue_program, conversations_are_saved_loaded_forked_listed_and_removed) {
  fill();
  ASSERT_EQ(train().exit_code, 0);
  folder_.write("so-far.jsonl", "{\"turns\": [\"the cat 3\", \"a cat of 3\"]}\n");
  const std::string save = "state save s --predictor talks.qdp --conversation ann --texts ";
  const Ended saved = in_folder(save + "so-far.jsonl");
  ASSERT_EQ(saved.exit_code, 0) << saved.err;
  folder_.write("whole.jsonl",
                "{\"turns\": [\"the cat 3\", \"a cat of 3\"]}\n"
                "{\"turns\": [\"the cat 3\", \"a cat of 3\", \"so\"]}\n");
  const auto whole = json_lines(in_folder("predict talks.qdp < whole.jsonl").out);
  EXPECT_EQ(json_lines(saved.out)[0]["predictions"], whole[0]["predictions"]);

  // Each line goes on from what was saved; predict goes on, too.
  folder_.write("on.jsonl", "{\"turns\": [\"so\"]}\n{\"turns\": [\" \"]}\n{\"turns\": [\"so\"]}\n");
  const std::string load = "state load s --predictor talks.qdp --conversation ann < on.jsonl";
  const Ended loaded = in_folder(load);
  EXPECT_EQ(loaded.exit_code, 1);
  const auto lines = json_lines(loaded.out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["predictions"], whole[1]["predictions"]);
  EXPECT_EQ(lines[1]["line"], 2);
  EXPECT_EQ(lines[2], lines[0]);
  ASSERT_EQ(in_folder("state fork s ann bob").exit_code, 0);
  folder_.write("said.jsonl", "{\"conversation\": \"bob\", \"text\": \"so\"}\n");
  EXPECT_EQ(json_lines(in_folder("predict talks.qdp --state s < said.jsonl").out)[0]["confidence"],
            whole[1]["confidence"]);
  const auto rows = json_lines(in_folder("state list s --json").out);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["conversation"], "ann");
  EXPECT_EQ(rows[0]["turns"], 2);
  EXPECT_EQ(rows[1]["turns"], 3);
  EXPECT_PRED2(contains, in_folder("state list s").out, "3 turns");

  // What is not there, or there already, changes nothing.
  EXPECT_EQ(in_folder("state fork s ann bob").exit_code, 7);
  EXPECT_EQ(in_folder("state fork s eve ann").exit_code, 3);
  EXPECT_EQ(in_folder("state remove s ann eve").exit_code, 3);
  folder_.write("bad.jsonl", "{\"turns\": [\"so\"]}\nnonsense\n");
  EXPECT_EQ(in_folder(save + "bad.jsonl").exit_code, 4);
  EXPECT_EQ(json_lines(in_folder("state list s --json").out), rows);
  EXPECT_EQ(in_folder("state remove s ann").exit_code, 0);
  EXPECT_EQ(in_folder(load).exit_code, 3);
  EXPECT_EQ(in_folder("state list none").exit_code, 3);

  // Another predictor, even of the same kind, is refused, and so is a file that was cut.
  ASSERT_EQ(in_folder("train -q --texts talks.jsonl --model " QUERN_SOURCE_DIR
                      "/tests/data/models/tiny-mean-f32 --units 20 --seed 2 --out other.qdp")
                .exit_code,
            0);
  const Ended other = in_folder("predict other.qdp --state s < said.jsonl");
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_PRED2(contains, other.err, "they cannot go on with it");
  const std::string text = folder_.read("s");
  folder_.write("s", text.substr(0, text.size() / 2));
  EXPECT_EQ(in_folder("predict talks.qdp --state s < said.jsonl").exit_code, 4);
  EXPECT_EQ(in_folder("state list s").exit_code, 4);
}

TEST_F(dialogue_program, a_run_that_is_killed_leaves_the_conversations_as_they_were) {
  fill();
  ASSERT_EQ(train().exit_code, 0);
  folder_.write("said.jsonl", "{\"conversation\": \"a\", \"text\": \"the cat\"}\n");
  ASSERT_EQ(in_folder("predict talks.qdp --state s < said.jsonl").exit_code, 0);
  const std::string before = folder_.read("s");
  const Ended killed =
      shell("cd " + folder_.file("") +
            " && mkfifo lines && { " QUERN_PROGRAM
            " dialogue predict talks.qdp --state s < lines > out2 & } "
            "&& exec 7> lines && cat said.jsonl >&7 "
            "&& for i in $(seq 600); do [ -s out2 ] && break; sleep 0.1; done; "
            // Another one finds it in use.
            QUERN_PROGRAM " dialogue state fork s a b; echo $? > code; kill -9 $!; wait $!; true");
  EXPECT_PRED2(contains, folder_.read("code"), "7") << killed.err;
  EXPECT_EQ(folder_.read("s"), before);
  EXPECT_EQ(in_folder("state fork s a b").exit_code, 0);  // Nothing stale is in its way.
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
