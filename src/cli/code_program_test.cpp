// Code search as users of the program meet it.

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class code_program : public ProgramTest {
 protected:
  void put(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(tree() + "/" + name).parent_path());
    folder_.write("tree/" + name, text);
  }

  std::string tree() { return folder_.file("tree"); }

  Ended code(const std::string& args) {
    return shell("cd " + tree() + " && " QUERN_PROGRAM " code " + args);
  }

  void fill() {
    put("src/heap.py",
        "def heap_push(heap, item):\n    \"\"\"Put an item onto the heap.\"\"\"\n    "
        "heap.append(item)\n");
    put("src/timer.py", "class Timer:\n    def start(self):\n        return heap_push([], self)\n");
    put("tests/test_heap.py", "def test_heap_push():\n    assert heap_push([], 1) is None\n");
    put("README.md", "# A heap\n\nHow to push an item onto the heap.\n");
  }
};

}  // namespace

TEST_F(code_program, a_fresh_tree_answers_at_once_and_again_after_a_change) {
  fill();
  const Ended found = code("search 'push an item onto the heap' --json");
  ASSERT_EQ(found.exit_code, 0) << found.err;
  const auto hits = json_lines(found.out);
  ASSERT_GE(hits.size(), 3u);
  EXPECT_EQ(hits[0]["path"], "src/heap.py");
  EXPECT_EQ(hits[0]["start_line"], 1);
  EXPECT_EQ(hits[0]["end_line"], 3);
  EXPECT_EQ(hits[0]["language"], "python");
  EXPECT_EQ(hits[0]["tiers"], json::array({"lexical", "symbols"}));
  EXPECT_TRUE(hits[0].contains("symbol") && hits[0].contains("kind") && hits[0].contains("score"));
  put("src/new.py", "giraffe = 1\n");
  EXPECT_EQ(json_lines(code("search giraffe --json").out)[0]["path"], "src/new.py");
  fs::remove(tree() + "/src/new.py");
  const Ended gone = code("search giraffe --json");
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_EQ(gone.out, "");
  EXPECT_PRED2(contains, gone.err, "nothing found in ");
  // Folders of the tree have its index.
  EXPECT_EQ(shell("cd " + tree() + "/src && " QUERN_PROGRAM " code search Timer").exit_code, 0);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.file("home/code")), {}), 1);
}

TEST_F(code_program, vectors_are_made_once_and_answer_too) {
  fill();
  const std::string model = QUERN_SOURCE_DIR "/tests/data/models/tiny-mean-f32";
  const Ended made = code("index --model " + model);
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_PRED2(contains, made.err, "4 files: 4 read");
  const auto hits = json_lines(code("search 'push an item' --json --explain").out);
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(hits[0]["tiers"], json::array({"lexical", "symbols", "dense"}));
  EXPECT_TRUE(hits[0]["explain"]["dense"].is_number());
  // A file that moved is not embedded again under its new name: its path is part of what is
  // embedded, so this one is; what stayed is not.
  put("src/more.py", "zebra = 2\n");
  const Ended again = code("index");
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_PRED2(contains, again.err, "1 vectors");
  fs::remove(tree() + "/src/more.py");
  code("index");
  put("src/more.py", "zebra = 2\n");
  EXPECT_PRED2(contains, code("index").err, "1 vectors (1 kept from before, 0 tokens embedded)");
  const Ended similar = code("similar src/heap.py:2 --json");
  ASSERT_EQ(similar.exit_code, 0) << similar.err;
  for (const json& hit : json_lines(similar.out)) {
    EXPECT_NE(hit["path"], "src/heap.py") << "it is like itself";
  }
}

TEST_F(code_program, many_questions_are_answered_by_one_process) {
  fill();
  folder_.write("q.jsonl", "{\"query\": \"heap_push\"}\n\n{\"query\": \"nothing like qqqq\"}\n");
  const Ended found = code("search --queries " + folder_.file("q.jsonl"));
  ASSERT_EQ(found.exit_code, 0) << found.err;
  const auto lines = json_lines(found.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["query"], "heap_push");
  EXPECT_EQ(lines[0]["results"][0]["path"], "src/heap.py");
  EXPECT_TRUE(lines[1]["results"].is_array());
  folder_.write("bad.jsonl", "{\"query\": 5}\n");
  const Ended bad = code("search --queries " + folder_.file("bad.jsonl"));
  EXPECT_EQ(bad.exit_code, 4);
  EXPECT_PRED2(contains, bad.err, "bad.jsonl line 1");
}

TEST_F(code_program, patterns_give_lines) {
  fill();
  const Ended found = code("search --regex 'def \\w+_push'");
  ASSERT_EQ(found.exit_code, 0) << found.err;
  EXPECT_EQ(found.out,
            "src/heap.py:1:1:def heap_push(heap, item):\n"
            "tests/test_heap.py:1:1:def test_heap_push():\n");
  const auto lines = json_lines(code("search --regex 'ITEM onto' -i --json --path 'src/**'").out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["line"], 2);
  EXPECT_EQ(lines[0]["column"], 15);
  EXPECT_EQ(lines[0]["end_column"], 24);
  EXPECT_EQ(code("search --regex 'qq+q'").exit_code, 1);
  const Ended wrong = code("search --regex '(('");
  EXPECT_GE(wrong.exit_code, 2);
  EXPECT_FALSE(wrong.err.empty());
}

TEST_F(code_program, says_what_it_has_and_why_not) {
  fill();
  put(".gitignore", "*.log\n");
  put("a.log", "x = 1\n");
  EXPECT_EQ(code("status").exit_code, 3);
  ASSERT_EQ(code("index --model none -q").exit_code, 0);
  const json status = json::parse(code("status --json").out);
  EXPECT_EQ(status["files"], 5);
  EXPECT_EQ(status["changed"], 0);
  EXPECT_EQ(status["skipped"], 1);
  put("src/heap.py", "changed = 1\n");
  EXPECT_EQ(json::parse(code("status --json").out)["changed"], 1);
  EXPECT_PRED2(contains, code("status").out, "current     no: 1 files changed");
  // An index that was updated is a clean one.
  code("index --model none -q");
  const json updated = json::parse(code("status --json --digest").out);
  fs::remove_all(folder_.file("home/code"));
  code("index --model none -q");
  EXPECT_EQ(json::parse(code("status --json --digest").out)["digest"], updated["digest"]);
  EXPECT_EQ(updated["digest"].get<std::string>().size(), 64u);
  EXPECT_PRED2(contains, code("why a.log").out, "line 1 of .gitignore");
  EXPECT_PRED2(contains, code("why src/timer.py").out, "the index has 1 pieces of it");
  EXPECT_EQ(code("search 'x' --lang nolang").exit_code, 1);
  EXPECT_EQ(code("search ''").exit_code, 4);
}

TEST_F(code_program, an_index_is_of_its_tree_wherever_one_stands) {
  fill();
  fs::create_directories(folder_.file("other"));
  folder_.write("other/x.py", "other = 1\n");
  // --index without a path is about the tree that it was made for.
  ASSERT_EQ(code("index --model none -q --index ../ix").exit_code, 0);
  const Ended elsewhere = shell("cd " + folder_.file("other") +
                                " && " QUERN_PROGRAM " code search heap_push --index ../ix --json");
  ASSERT_EQ(elsewhere.exit_code, 0) << elsewhere.err;
  EXPECT_EQ(json_lines(elsewhere.out)[0]["path"], "src/heap.py");
  const Ended wrong =
      quern("code search heap_push " + folder_.file("other") + " --index " + folder_.file("ix"));
  EXPECT_EQ(wrong.exit_code, 4);
  EXPECT_PRED2(contains, wrong.err, "is of ");
  EXPECT_EQ(
      quern("code index --index " + folder_.file("ix") + " " + folder_.file("other")).exit_code, 4);
  // A folder of an indexed tree asks about itself, and indexing it is another index.
  ASSERT_EQ(code("index --model none -q").exit_code, 0);
  for (const json& hit : json_lines(code("search heap_push tests --json").out)) {
    EXPECT_EQ(hit["path"], "tests/test_heap.py");
  }
  EXPECT_EQ(json_lines(code("search heap_push src/timer.py --json").out).size(), 1u);
  ASSERT_EQ(code("index src --model none -q --exclude heap.py").exit_code, 0);
  EXPECT_EQ(json_lines(code("search heap_push --json").out)[0]["path"], "src/heap.py");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.file("home/code")), {}), 2);
}

TEST_F(code_program, without_an_index_a_repository_is_one_tree) {
  fill();
  fs::create_directories(tree() + "/.git");
  const Ended found =
      shell("cd " + tree() + "/src && " QUERN_PROGRAM " code search 'a heap' --json --role docs");
  ASSERT_EQ(found.exit_code, 0) << found.err;
  EXPECT_EQ(json_lines(found.out)[0]["path"], "README.md");
}

TEST_F(code_program, what_an_index_was_made_with_holds_until_something_else_is_said) {
  fill();
  put("third_party/lib.py", "giraffe = 1\n");
  put(".gitignore", "made/\n");
  put("made/gen.py", "zebra = 1\n");
  ASSERT_EQ(code("index --model none -q --exclude third_party/ --no-ignore").exit_code, 0);
  EXPECT_EQ(code("search giraffe").exit_code, 1);
  EXPECT_EQ(code("search zebra").exit_code, 0);
  EXPECT_PRED2(contains, code("why third_party/lib.py").out, "third_party");
  ASSERT_EQ(code("index --model none -q").exit_code, 0);
  EXPECT_EQ(code("search giraffe").exit_code, 1);
  ASSERT_EQ(code("index --model none -q --default-files").exit_code, 0);
  EXPECT_EQ(code("search giraffe").exit_code, 0);
  EXPECT_EQ(code("search zebra").exit_code, 1);
}

TEST_F(code_program, an_index_inside_its_tree_is_not_in_it) {
  fill();
  ASSERT_EQ(code("index --here --model none -q").exit_code, 0);
  EXPECT_EQ(json::parse(code("status --json").out)["files"], 4);
  EXPECT_EQ(json::parse(code("status --json").out)["changed"], 0);
  EXPECT_EQ(folder_.read("tree/.quern/.gitignore"), "*\n");
  EXPECT_FALSE(fs::exists(folder_.file("home/code")));
  fs::remove_all(tree() + "/.quern");
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(code("index --index my-index --model none -q").exit_code, 0);
    EXPECT_EQ(json::parse(code("status --json --index my-index").out)["files"], 4);
  }
}

TEST_F(code_program, globs_leave_out_and_reach_beyond_the_first_matches) {
  fill();
  for (int i = 0; i < 1100; ++i) put("a/f" + std::to_string(i) + ".c", "int x; // TODO\n");
  put("z.py", "# TODO later\n");
  EXPECT_EQ(code("search --regex TODO -g '*.py'").out, "z.py:1:3:# TODO later\n");
  for (const json& hit : json_lines(code("search heap_push --json -g '!*.py'").out)) {
    EXPECT_EQ(hit["path"], "README.md");
  }
  EXPECT_EQ(json_lines(code("search heap_push --json -g ./tests").out).size(), 1u);
  EXPECT_EQ(code("search heap_push --kind nokind").exit_code, 4);
  EXPECT_EQ(json_lines(code("search heap_push --json --lang py").out).size(), 3u);
}

TEST_F(code_program, first_searches_at_the_same_time_all_answer) {
  fill();
  for (int i = 0; i < 50; ++i) put("src/f" + std::to_string(i) + ".py", "x = 1\n");
  const std::string one = QUERN_PROGRAM " code search heap_push -q --json > ../out";
  const Ended all =
      shell("cd " + tree() + "; pids=; for i in 1 2 3 4; do " + one +
            "$i & pids=\"$pids $!\"; done; for p in $pids; do wait $p || exit 9; done");
  EXPECT_EQ(all.exit_code, 0) << all.err;
  for (int i = 1; i <= 4; ++i) {
    const auto hits = json_lines(folder_.read("out" + std::to_string(i)));
    ASSERT_FALSE(hits.empty()) << i;
    EXPECT_EQ(hits[0]["path"], "src/heap.py");
  }
}

TEST_F(code_program, a_damaged_index_is_read_as_far_as_it_can_be_and_made_anew) {
  fill();
  ASSERT_EQ(code("index --model none -q").exit_code, 0);
  for (const auto& file : fs::recursive_directory_iterator(folder_.file("home/code"))) {
    if (file.path().extension() != ".qsg") continue;
    fs::resize_file(file.path(), fs::file_size(file.path()) / 2);
  }
  const Ended read = code("search heap_push");
  EXPECT_EQ(read.exit_code, 1);
  EXPECT_FALSE(read.err.empty());
  EXPECT_EQ(code("index --model none -q --rebuild").exit_code, 0);
  EXPECT_EQ(code("search heap_push").exit_code, 0);
}

TEST_F(code_program, a_tree_that_is_empty_for_a_moment_keeps_its_index) {
  fill();
  ASSERT_EQ(code("index --model none -q").exit_code, 0);
  fs::rename(tree(), folder_.file("away"));
  fs::create_directories(tree());
  const Ended found = code("search heap_push");
  EXPECT_EQ(found.exit_code, 0) << found.err;
  EXPECT_PRED2(contains, found.err, "has no file");
  ASSERT_EQ(code("index --model none -q").exit_code, 0);
  EXPECT_EQ(code("search heap_push").exit_code, 1);
}

TEST_F(code_program, a_question_that_is_refused_does_not_hold_up_the_others) {
  fill();
  folder_.write("q.jsonl",
                "{\"query\": \"heap_push\"}\n{\"query\": \"\"}\n{\"query\": \"Timer\"}\n");
  const Ended found = code("search --queries " + folder_.file("q.jsonl"));
  EXPECT_EQ(found.exit_code, 4);
  const auto lines = json_lines(found.out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[1].contains("error"));
  EXPECT_EQ(lines[2]["results"][0]["path"], "src/timer.py");
}

TEST_F(code_program, paths_of_any_bytes_can_be_opened_again) {
  fill();
  shell("printf 'giraffe = 1\\n' > " + tree() + "/$'odd\\xff.py'");
  const auto hits = json_lines(code("search giraffe --json").out);
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0]["path_bytes"], "b2Rk/y5weQ==");
}

TEST_F(code_program, turbo_props_commands_and_flags_mean_what_they_did) {
  fill();
  put("src/other.go", "package heap // push item\n");
  fs::create_symlink(QUERN_PROGRAM, folder_.file("tp"));
  const std::string model = QUERN_SOURCE_DIR "/tests/data/models/tiny-mean-f32";
  const std::string tp = folder_.file("tp");
  const Ended made = shell(tp + " index --repo " + tree() + " --max-filesize 2mb --model " + model);
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const Ended found =
      shell(tp + " search 'push an item' --repo " + tree() +
            " --limit 5 --threshold -0.99 --output json --filetype .py --filter 'src/*'");
  ASSERT_EQ(found.exit_code, 0) << found.err;
  for (const json& hit : json_lines(found.out)) {
    EXPECT_PRED2(contains, hit["path"].get<std::string>(), ".py");
  }
  const Ended far = shell(tp + " search 'push an item' --threshold 1.0 --repo " + tree());
  EXPECT_EQ(far.exit_code, 1);
  EXPECT_PRED2(contains, far.err, "reaches a cosine");
}

TEST_F(code_program, indexes_whose_trees_are_gone_are_listed_and_go) {
  fill();
  ASSERT_EQ(code("index --model none -q").exit_code, 0);
  ASSERT_EQ(code("index src --model none -q").exit_code, 0);
  EXPECT_EQ(json_lines(code("list --json").out).size(), 2u);
  fs::rename(tree() + "/src", tree() + "/moved");
  const Ended listed = code("list");
  EXPECT_PRED2(contains, listed.out, "/src  (the tree is gone)");
  EXPECT_PRED2(contains, code("clean --orphans").err, "removed the index of ");
  const auto left = json_lines(code("list --json").out);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0]["root"], fs::canonical(tree()).string());
  EXPECT_EQ(code("clean tests").exit_code, 4);
  EXPECT_EQ(code("clean").exit_code, 0);
  EXPECT_EQ(code("clean").exit_code, 3);
  EXPECT_EQ(code("list").out, "");
}

}  // namespace quern::cli
