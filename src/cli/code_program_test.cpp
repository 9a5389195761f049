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

}  // namespace quern::cli
