// Corpora of evidence as users of the program meet them.

#include <string>

#include <gtest/gtest.h>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

class claims_corpora_program : public ProgramTest {
 protected:
  void fill() {
    folder_.write(
        "a.jsonl",
        R"({"doc_id": 7, "title": "Shrews", "abstract": ["Shrews are small.", "They eat."], "licence": "CC0"})"
        "\n"
        R"({"id": "t", "text": "Trees are tall. They grow.", "url": "https://a.example", "date": "2020"})"
        "\n");
    folder_.write("notes.md",
                  "# Notes\n\nWhales are [large](https://b.example).\n\n```\ncode\n```\n");
    folder_.write("plain.txt", "Stones are heavy. They do not grow.");
  }

  Ended add(const std::string& args) {
    return shell("cd " + folder_.file("") + " && " QUERN_PROGRAM " claims add --quiet " + args);
  }
};

}  // namespace

TEST_F(claims_corpora_program, sources_of_all_kinds_are_added_once_and_shown) {
  fill();
  const Ended added = add("a.jsonl notes.md plain.txt --model none --licence MIT");
  ASSERT_EQ(added.exit_code, 0) << added.err;
  EXPECT_EQ(added.out, "");
  EXPECT_PRED2(contains, added.err, "corpus default: 4 sources added; 4 passages, 7 sentences; ");
  const Ended again = add("a.jsonl notes.md plain.txt --model none --licence MIT");
  EXPECT_PRED2(contains, again.err, "0 sources added, 4 unchanged");

  const Ended all = quern("claims corpora");
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_EQ(all.out, "default\t4 sources\t4 passages\t7 sentences\twords alone\n");
  const auto shown = json_lines(quern("claims corpora default --json").out);
  ASSERT_EQ(shown.size(), 5u);
  EXPECT_EQ(shown[0]["corpus"], "default");
  EXPECT_EQ(shown[0]["sources"], 4);
  EXPECT_EQ(shown[0]["model"], "");
  EXPECT_EQ(shown[1]["id"], "7");
  EXPECT_EQ(shown[1]["licence"], "CC0");
  EXPECT_EQ(shown[1]["origin"], "a.jsonl line 1");
  EXPECT_EQ(shown[2]["id"], "notes.md");
  EXPECT_EQ(shown[2]["title"], "Notes");
  EXPECT_EQ(shown[2]["licence"], "MIT");
  EXPECT_EQ(shown[3]["id"], "plain.txt");
  EXPECT_EQ(shown[3]["sentences"], 2);
  EXPECT_EQ(shown[4]["id"], "t");
  EXPECT_EQ(shown[4]["url"], "https://a.example");
  EXPECT_EQ(shown[4]["date"], "2020");
  EXPECT_PRED2(contains, quern("claims corpora default").out, "licences: CC0 1, MIT 3\n");
}

TEST_F(claims_corpora_program, vectors_are_made_by_the_model_that_is_named) {
  fill();
  const std::string model = QUERN_SOURCE_DIR "/tests/data/models/tiny-mean-f32";
  const Ended added = add("a.jsonl --corpus science --model " + model);
  ASSERT_EQ(added.exit_code, 0) << added.err;
  EXPECT_PRED2(contains, added.err, "; 6 vectors");
  const auto shown = json_lines(quern("claims corpora --json").out);
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_PRED2(contains, shown[0]["model"].get<std::string>(), "tiny-mean-f32");
  EXPECT_EQ(shown[0]["without_vector"], 0);
  // The corpus has its model: nobody names it again.
  EXPECT_PRED2(contains, add("plain.txt --corpus science").err, "; 3 vectors");
}

TEST_F(claims_corpora_program, lines_that_are_no_sources_are_named_and_the_others_added) {
  folder_.write("a.jsonl", "{\"id\": 1}\n{\"id\": 2, \"text\": \"One.\"}\nnonsense\n");
  const Ended added = add("a.jsonl --model none");
  EXPECT_EQ(added.exit_code, 1);
  EXPECT_PRED2(contains, added.err, "a.jsonl line 1: no \"text\"");
  EXPECT_PRED2(contains, added.err, "a.jsonl line 3: not a JSON object");
  EXPECT_PRED2(contains, added.err, "1 source added, 2 refused");
}

TEST_F(claims_corpora_program, what_is_wrong_is_said_by_name) {
  fill();
  const Ended none = quern("claims corpora");
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_PRED2(contains, none.err, "there is no corpus yet");
  EXPECT_EQ(quern("claims corpora nothing").exit_code, 3);
  EXPECT_EQ(quern("claims remove nothing").exit_code, 3);
  EXPECT_EQ(add("nothing.txt --model none").exit_code, 3);
  const Ended name = add("plain.txt --model none --corpus 'No Name'");
  EXPECT_EQ(name.exit_code, 4);
  EXPECT_PRED2(contains, name.err, "'No Name' is no name of a corpus");
  EXPECT_EQ(add("plain.txt --model none --corpus ../up").exit_code, 4);
  const Ended model = add("plain.txt --model no-such-model");
  EXPECT_EQ(model.exit_code, 3);
  EXPECT_EQ(quern("claims corpora").out, "") << "a corpus was made for nothing";
  shell("mkdir -p " + folder_.file("empty"));
  const Ended empty = add("empty --model none");
  EXPECT_EQ(empty.exit_code, 4);
  EXPECT_PRED2(contains, empty.err, "'empty' has no file of JSON lines");
}

TEST_F(claims_corpora_program, a_pdf_without_a_reader_names_the_package) {
  folder_.write("a.pdf", "%PDF-1.4\n");
  const Ended added =
      shell("cd " + folder_.file("") +
            " && PATH=/nowhere " QUERN_PROGRAM " claims add a.pdf --model none --quiet");
  EXPECT_EQ(added.exit_code, 1);
  EXPECT_PRED2(contains, added.err, "poppler-utils");
}

TEST_F(claims_corpora_program, sources_and_corpora_are_removed) {
  fill();
  ASSERT_EQ(add("a.jsonl plain.txt --model none").exit_code, 0);
  const Ended removed = quern("claims remove default 7 nobody");
  EXPECT_EQ(removed.exit_code, 3);
  EXPECT_PRED2(contains, removed.err, "removed 1 of 2 sources");
  EXPECT_PRED2(contains, removed.err, "no source 'nobody'");
  EXPECT_EQ(json_lines(quern("claims corpora --json").out)[0]["sources"], 2);
  EXPECT_EQ(quern("claims remove default").exit_code, 0);
  EXPECT_EQ(quern("claims corpora").out, "");
  // Its name is free again.
  EXPECT_EQ(add("plain.txt --model none").exit_code, 0);
}

TEST_F(claims_corpora_program, an_add_that_was_killed_goes_on_without_losing_or_doubling) {
  std::string lines;
  for (int i = 0; i < 4000; ++i) {
    lines += "{\"id\": " + std::to_string(i) + ", \"text\": \"Text " + std::to_string(i) +
             " is here. It has two sentences, this is one.\"}\n";
  }
  folder_.write("a.jsonl", lines);
  for (const char* after : {"0.05", "0.15", "0.3", "0.1", "0.2"}) {
    shell("cd " + folder_.file("") + " && timeout -s KILL " + after +
          " " QUERN_PROGRAM " claims add a.jsonl --model none --quiet");
  }
  const Ended added = add("a.jsonl --model none");
  ASSERT_EQ(added.exit_code, 0) << added.err;
  const auto shown = json_lines(quern("claims corpora --json").out);
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0]["sources"], 4000);
  EXPECT_EQ(shown[0]["passages"], 4000);
  EXPECT_EQ(shown[0]["sentences"], 8000);
  const std::string store = folder_.file("home") + "/claims/corpora/default";
  const Ended stats = quern("store stats " + store + " --json");
  EXPECT_PRED2(contains, stats.out, "12000") << stats.err;
  EXPECT_EQ(quern("store verify " + store).exit_code, 0);
}

TEST_F(claims_corpora_program, a_disk_that_is_full_leaves_the_corpus_as_it_was) {
  fill();
  ASSERT_EQ(add("plain.txt --model none").exit_code, 0);
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += "Sentence " + std::to_string(i * 7919 % 30011) + " is. ";
  folder_.write("large.txt", text);
  // No file may grow beyond this, as if the disk were full.
  const Ended full = shell("cd " + folder_.file("") + " && trap '' XFSZ && ulimit -f 200 && " +
                           QUERN_PROGRAM " claims add large.txt --model none --quiet");
  EXPECT_EQ(full.exit_code, 6) << full.err;
  EXPECT_EQ(json_lines(quern("claims corpora --json").out)[0]["sources"], 1);
  EXPECT_EQ(add("large.txt --model none").exit_code, 0);
  EXPECT_EQ(json_lines(quern("claims corpora --json").out)[0]["sources"], 2);
}

}  // namespace quern::cli
