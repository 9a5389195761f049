// Predictors of dialogues trained, drawn and talked to, as users of the program meet them.

#include <algorithm>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

class dialogue_training_program : public ProgramTest {
 protected:
  static std::string talks(int n) {
    const char* things[] = {"cat", "dog", "tree", "house", "river", "stone"};
    std::string lines;
    for (int i = 0; i < n; ++i) {
      const std::string thing = things[i % 6], number = std::to_string(i);
      lines += R"({"turns": ["the )" + thing + " " + number + R"(", "a )" + thing + " of " +
               number + R"(", "is it )" + thing + " " + number + "\"]}\n";
    }
    return lines;
  }

  Ended in_folder(const std::string& command, const std::string& before = "") {
    return shell("cd " + folder_.file("") + " && " + before + " " QUERN_PROGRAM " dialogue " +
                 command + " --model " QUERN_SOURCE_DIR "/tests/data/models/tiny-mean-f32");
  }

  /// Files in the test's folder whose names begin so.
  int n_files(const std::string& prefix) {
    int n = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.file(""))) {
      n += entry.path().filename().string().starts_with(prefix);
    }
    return n;
  }
};

}  // namespace

TEST_F(dialogue_training_program, leaves_the_predictor_and_nothing_else) {
  folder_.write("talks.jsonl", talks(60));
  const Ended file = in_folder("train -q --texts talks.jsonl --units 20 --out a.qdp");
  ASSERT_EQ(file.exit_code, 0) << file.err;
  const Ended piped = in_folder("train -q --texts - --units 20 --out b.qdp < talks.jsonl");
  ASSERT_EQ(piped.exit_code, 0) << piped.err;
  EXPECT_PRED2(contains, piped.err, "trained on 60 dialogues, 180 turns");
  const auto table = [&](const std::string& predictor) {
    return in_folder("eval " + predictor + " -q --json --texts talks.jsonl").out;
  };
  EXPECT_EQ(table("a.qdp"), table("b.qdp"));
  EXPECT_EQ(json_lines(table("a.qdp")).size(), 9u);
  EXPECT_EQ(n_files("a.qdp") + n_files("b.qdp"), 2);
  EXPECT_EQ(n_files("."), 0);
}

TEST_F(dialogue_training_program, flags_of_the_lsm_predictor_change_no_answer) {
  folder_.write("talks.jsonl", talks(60));
  const std::string train = "train -q --texts talks.jsonl --units 20 ";
  ASSERT_EQ(in_folder(train + "--out a.qdp").exit_code, 0);
  const Ended old =
      in_folder(train + "--lazy-load --cache-size 1000 --batch-size 16 --legacy-mode --out b.qdp");
  ASSERT_EQ(old.exit_code, 0) << old.err;
  const auto table = [&](const std::string& predictor) {
    return in_folder("eval " + predictor + " -q --json --texts talks.jsonl").out;
  };
  EXPECT_EQ(table("a.qdp"), table("b.qdp"));
  const std::string demo =
      "demo -q --texts talks.jsonl --units 20 --message 'the cat 3' "
      "--message 'a cat of 3' ";
  const Ended plain = in_folder(demo);
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  for (const char* flags : {"--legacy-mode", "--lazy-load --cache-size 1000 --batch-size 16"}) {
    EXPECT_EQ(in_folder(demo + flags).out, plain.out) << flags;
  }
  EXPECT_EQ(in_folder(demo + "--batch-size 0").exit_code, 2);
}

TEST_F(dialogue_training_program, a_disk_that_is_full_is_said_and_nothing_is_left) {
  folder_.write("talks.jsonl", talks(3000));
  const Ended full = in_folder(
      "train -q --texts talks.jsonl --reservoir none --vector-log 0 --out a.qdp", "ulimit -f 600;");
  EXPECT_EQ(full.exit_code, 6) << full.err;
  EXPECT_PRED2(contains, full.err, "cannot write");
  EXPECT_EQ(n_files("a.qdp"), 0);
  EXPECT_EQ(n_files("."), 0);
}

TEST_F(dialogue_training_program, a_demo_is_trained_once_and_answers_each_line) {
  const Ended first =
      in_folder("demo --units 20 --message 'Is there any coffee left?' --message yes");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_PRED2(contains, first.err, "trained on 209 dialogues");
  EXPECT_PRED2(contains, first.err, "It understands nothing");
  EXPECT_PRED2(contains, first.out, "you>   Is there any coffee left?\nquern> ");
  EXPECT_EQ(std::count(first.out.begin(), first.out.end(), '\n'), 4);

  const Ended again =
      in_folder("demo -q --units 20", "printf 'Is there any coffee left?\\n\\nyes\\n' |");
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.err, "");
  const std::string answer = again.out.substr(0, again.out.find('\n'));
  EXPECT_PRED2(contains, first.out, "quern> " + answer + "\n");
  EXPECT_EQ(std::count(again.out.begin(), again.out.end(), '\n'), 2);
}

TEST_F(dialogue_training_program, a_demo_of_other_dialogues) {
  folder_.write("talks.jsonl", talks(30));
  const Ended demo =
      in_folder("demo -q --texts talks.jsonl --reservoir none", "echo 'the cat 3' |");
  ASSERT_EQ(demo.exit_code, 0) << demo.err;
  EXPECT_PRED2(contains, demo.out, " [");
  folder_.write("few.jsonl", talks(3));
  const Ended few = in_folder("demo -q --texts few.jsonl", "echo x |");
  EXPECT_EQ(few.exit_code, 4);
  EXPECT_PRED2(contains, few.err, "3 dialogues have two turns and more, want 20");
}

TEST_F(dialogue_training_program, curves_are_a_picture_and_its_numbers) {
  folder_.write("talks.jsonl", talks(60));
  const Ended drawn =
      in_folder("curves -q --texts talks.jsonl --eval talks.jsonl --units 12 --out curves.svg");
  ASSERT_EQ(drawn.exit_code, 0) << drawn.err;
  const std::string svg = folder_.read("curves.svg");
  EXPECT_TRUE(svg.starts_with("<svg "));
  for (const char* part : {"Recall at 1, 1 of 10, 120 questions", "tanh, 12 units", "lif, 12 units",
                           "dialogues learnt from", "squared correlation"}) {
    EXPECT_PRED2(contains, svg, part);
  }
  const auto lines = json_lines(drawn.out);
  ASSERT_EQ(lines.size(), 3u * 4u + 4u);  // 25, 50 and 60 dialogues; four memories.
  EXPECT_EQ(lines[0]["dialogues"], 25);
  EXPECT_EQ(lines[11]["row"]["name"], "lif, 12 units");
  EXPECT_EQ(lines[12]["recalled"].size(), 12u);
  const Ended no_place = in_folder(
      "curves -q --texts talks.jsonl --eval talks.jsonl --units 12 --out nowhere/curves.svg");
  EXPECT_EQ(no_place.exit_code, 3);
}

}  // namespace quern::cli
