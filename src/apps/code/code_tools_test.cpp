#include "apps/code/code_tools.h"

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "store/writer.h"

namespace quern::apps {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class code_tools : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    fs::create_directory(path("tree"));
    root_ = fs::canonical(path("tree"));
    chunker_ = std::move(*Chunker::create({}));
    open();
  }
  void TearDown() override {
    tools_.reset();
    FolderTest::TearDown();
  }

  void open(CodeToolsOptions options = {}) {
    tools_.reset();
    options.place = {.root = root_, .folder = path("index")};
    options.chunker = chunker_.get();
    options.pool = &pool_;
    options.who = "a test";
    tools_ = std::make_unique<CodeTools>(std::move(options));
  }

  void put(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(root_ + "/" + name).parent_path());
    write(root_ + "/" + name, text);
  }
  void put_many(int n) {
    for (int i = 0; i < n; ++i) {
      put("zebra" + std::to_string(i) + ".txt", "a zebra of number " + std::to_string(i) + "\n");
    }
  }

  std::string search(const CodeToolSearch& ask) {
    const auto answer = tools_->search(ask);
    EXPECT_TRUE(answer.ok()) << answer.status().message();
    return answer.ok() ? answer->text : "";
  }
  std::string search(const std::string& query) { return search(CodeToolSearch{.query = query}); }
  static std::string problem(const Result<ToolAnswer>& answer) {
    EXPECT_FALSE(answer.ok()) << answer->text;
    return answer.status().message();
  }

  std::string root_;
  ThreadPool pool_{2};
  std::unique_ptr<Chunker> chunker_;
  std::unique_ptr<CodeTools> tools_;
};

TEST_F(code_tools, an_answer_is_of_the_files_as_they_are_and_names_the_root) {
  put("a.txt", "the quick zebra\n");
  std::string text = search("zebra");
  EXPECT_THAT(text, HasSubstr("root: " + root_ + "\n"));
  EXPECT_THAT(text, HasSubstr("\na.txt:1-1"));
  EXPECT_THAT(text, HasSubstr("    1 the quick zebra\n"));
  EXPECT_THAT(text, HasSubstr("hits 1 to 1: all there are"));
  EXPECT_THAT(text, HasSubstr("by words and names alone: the index has no model"));
  put("b.txt", "a slow zebra\n");
  fs::remove(root_ + "/a.txt");
  text = search("zebra");
  EXPECT_THAT(text, HasSubstr("b.txt:1-1"));
  EXPECT_THAT(text, Not(HasSubstr("a.txt")));
}

TEST_F(code_tools, nothing_found_says_why) {
  put("a.txt", "the quick zebra\n");
  put(".gitignore", "*.log\n");
  put("b.log", "a giraffe\n");
  const std::string text =
      search(CodeToolSearch{.query = "giraffe", .paths = {"src/"}, .languages = {"js"}});
  EXPECT_THAT(text, HasSubstr("nothing found: "));
  EXPECT_THAT(text, HasSubstr("looked in"));
  EXPECT_THAT(text, HasSubstr("filters: paths src/; languages javascript"));
  EXPECT_THAT(text, HasSubstr("languages of the index: "));
}

TEST_F(code_tools, pages_follow_each_other_without_gaps) {
  put_many(25);
  CodeToolSearch ask = {.query = "zebra number", .limit = 10, .max_tokens = 20'000};
  std::set<std::string> seen;
  int n_pages = 0;
  do {
    const auto answer = tools_->search(ask);
    ASSERT_TRUE(answer.ok()) << answer.status().message();
    for (int i = 0; i < 25; ++i) {
      const std::string name = "\nzebra" + std::to_string(i) + ".txt:";
      if (answer->text.find(name) != std::string::npos) {
        EXPECT_TRUE(seen.insert(name).second) << name << " twice";
      }
    }
    ask.cursor = answer->cursor;
    EXPECT_THAT(answer->text, HasSubstr(ask.cursor));
    // What changes meanwhile is for the next question.
    put("new" + std::to_string(n_pages) + ".txt", "a zebra number\n");
    ++n_pages;
  } while (!ask.cursor.empty() && n_pages < 10);
  EXPECT_EQ(seen.size(), 25u);
  EXPECT_EQ(n_pages, 3);
}

TEST_F(code_tools, a_cursor_holds_while_others_ask_and_the_index_changes) {
  put_many(25);
  const auto first = tools_->search({.query = "zebra number"});
  ASSERT_TRUE(first.ok());
  put("new.txt", "a zebra number\n");
  EXPECT_THAT(search(CodeToolSearch{.query = "zebra number", .limit = 50, .max_lines = 0}),
              HasSubstr("new.txt"));
  EXPECT_TRUE(tools_->search({.query = "zebra number", .cursor = first->cursor}).ok());
  EXPECT_THAT(problem(tools_->search({.query = "zebra", .cursor = first->cursor})),
              HasSubstr("cursor"));
  open();  // Another process: it does not have the old state.
  EXPECT_THAT(problem(tools_->search({.query = "zebra number", .cursor = first->cursor})),
              HasSubstr("changed since"));
}

TEST_F(code_tools, a_budget_of_tokens_is_kept_and_what_is_left_can_be_had) {
  for (int i = 0; i < 10; ++i) {
    std::string lines;
    for (int n = 0; n < 40; ++n) lines += "a zebra with quite a few words in its line\n";
    put("f" + std::to_string(i) + ".txt", lines);
  }
  for (const int max_tokens : {100, 300, 2000}) {
    const auto answer =
        tools_->search({.query = "zebra", .max_lines = 30, .max_tokens = max_tokens});
    ASSERT_TRUE(answer.ok());
    EXPECT_LT(answer->text.size(), static_cast<std::size_t>(3 * max_tokens + 500));
    EXPECT_FALSE(answer->cursor.empty());
    EXPECT_THAT(answer->text, HasSubstr(":1-"));
  }
}

TEST_F(code_tools, a_line_without_end_is_cut_and_said) {
  put("long.txt", "zebra " + std::string(20'000, 'x') + "\n");
  put("long.json", "{\"zebra\": \"" + std::string(3000, 'x') + "\"}\n");
  EXPECT_THAT(search("zebra"), HasSubstr("more bytes]"));
}

TEST_F(code_tools, what_cannot_be_asked_is_said) {
  put("a.txt", "zebra\n");
  EXPECT_THAT(problem(tools_->search({.query = " "})), HasSubstr("query is empty"));
  EXPECT_THAT(problem(tools_->search({.query = "zebra", .limit = 51})), HasSubstr("1 to 50"));
  EXPECT_THAT(problem(tools_->search({.query = "zebra", .kinds = {"klass"}})),
              HasSubstr("function, method, class"));
  EXPECT_THAT(problem(tools_->search({.query = std::string(10'000, 'x')})), HasSubstr("8192"));
  EXPECT_THAT(problem(tools_->search({.query = "zebra", .cursor = "3"})), HasSubstr("cursor"));
  EXPECT_THAT(problem(tools_->search({.query = "two words", .only_definitions = true})),
              HasSubstr("no name"));
}

TEST_F(code_tools, files_are_read_by_lines_and_nothing_outside_the_tree) {
  std::string text;
  for (int i = 1; i <= 300; ++i) text += "line " + std::to_string(i) + "\n";
  put("dir/a.txt", text);
  put(".gitignore", "secret\n");
  put("secret", "password\n");
  write(path("outside.txt"), "outside\n");
  fs::create_symlink(path("outside.txt"), root_ + "/link.txt");
  fs::create_directory_symlink(folder_, root_ + "/up");

  auto answer = tools_->read({.path = "dir/a.txt", .start_line = 5, .end_line = 6});
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(
      answer->text,
      "root: " + root_ + "\ndir/a.txt: lines 5 to 6 of 300, text\n    5 line 5\n    6 line 6\n");
  answer = tools_->read({.path = root_ + "/dir/a.txt", .start_line = 300});
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_THAT(answer->text, HasSubstr("  300 line 300\n"));
  answer = tools_->read({.path = "dir/a.txt", .max_tokens = 200});
  ASSERT_TRUE(answer.ok());
  EXPECT_LT(answer->text.size(), 700u);
  EXPECT_THAT(answer->text, HasSubstr("go on with start_line"));

  for (const char* bad : {"../outside.txt", "dir/../../outside.txt", "/etc/passwd", "link.txt",
                          "up/outside.txt", "secret", "no.txt", "dir", "", "dir/a.txt/b"}) {
    const auto refused = tools_->read({.path = bad});
    EXPECT_FALSE(refused.ok()) << bad << ": " << refused->text;
  }
  EXPECT_FALSE(tools_->read({.path = std::string("dir/a.txt\0x", 11)}).ok());
  EXPECT_FALSE(tools_->read({.path = "dir/a.txt", .start_line = 301}).ok());
  EXPECT_FALSE(tools_->read({.path = "dir/a.txt", .start_line = 0}).ok());
  EXPECT_FALSE(tools_->read({.path = "dir/a.txt", .start_line = 5, .end_line = 4}).ok());
}

TEST_F(code_tools, outlines_and_definitions_have_exact_lines) {
  put("guide.md", "# Guide\n\nwords\n\n## Install\n\nmore words\n\n## Use\n\nmost words\n");
  auto answer = tools_->symbols({.path = "guide.md"});
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_THAT(answer->text, HasSubstr("guide.md: 11 lines, markdown\n"));
  EXPECT_THAT(answer->text, HasSubstr("\n1-11  section Guide"));
  EXPECT_THAT(answer->text, HasSubstr("\n  9-11  section Guide.Use"));
  answer = tools_->symbols({.name = "Install"});
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_THAT(answer->text, HasSubstr("definitions of Install: 1\nguide.md:5-"));
  answer = tools_->symbols({.name = "Instal"});
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_THAT(answer->text, HasSubstr("definitions of Instal: 0\n"));
  EXPECT_FALSE(tools_->symbols({}).ok());
  EXPECT_FALSE(tools_->symbols({.name = "a", .path = "guide.md"}).ok());
  EXPECT_FALSE(tools_->symbols({.path = "../guide.md"}).ok());
}

TEST_F(code_tools, outlines_are_paged) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "# H" + std::to_string(i) + "\n\nwords\n\n";
  put("long.md", text);
  CodeToolSymbols ask = {.path = "long.md", .limit = 20};
  const auto first = tools_->symbols(ask);
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(first->text, HasSubstr("1 to 20 of 30"));
  ask.cursor = first->cursor;
  const auto second = tools_->symbols(ask);
  ASSERT_TRUE(second.ok());
  EXPECT_THAT(second->text, HasSubstr("section H29"));
  EXPECT_THAT(second->text, Not(HasSubstr("section H19 ")));
  put("long.md", text + "# More\n");
  EXPECT_THAT(problem(tools_->symbols(ask)), HasSubstr("changed"));
}

TEST_F(code_tools, similar_starts_from_a_line) {
  put("a.txt", "the quick zebra jumps over the lazy giraffe\n");
  put("b.txt", "a quick zebra jumps over lazy giraffes\n");
  put("c.txt", "nothing of the kind\n");
  const auto answer = tools_->similar({.path = "a.txt", .line = 1});
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_THAT(answer->text, HasSubstr("\nb.txt:1-1"));
  EXPECT_THAT(answer->text, Not(HasSubstr("\na.txt:1-1")));
  EXPECT_FALSE(tools_->similar({.path = "no.txt", .line = 1}).ok());
  EXPECT_FALSE(tools_->similar({.path = "a.txt", .line = 0}).ok());
}

TEST_F(code_tools, status_counts_what_there_is) {
  put("a.txt", "zebra\n");
  put("b.md", "# zebra\n");
  put("c.bin", std::string("\0\1\2", 3));
  const auto answer = tools_->status();
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_THAT(answer->text, HasSubstr("root: " + root_ + "\n"));
  EXPECT_THAT(answer->text, HasSubstr("files: 2 indexed, 1 empty or no text"));
  EXPECT_THAT(answer->text, HasSubstr("pieces: 2\n"));
  EXPECT_THAT(answer->text, HasSubstr("markdown 1"));
  EXPECT_THAT(answer->text, HasSubstr("up to date: yes"));
}

TEST_F(code_tools, an_answer_does_not_wait_for_all_of_a_large_tree) {
  put_many(400);
  // Slow as no tree is: every file waits for the call before it to be cancelled or late.
  CodeToolsOptions options;
  options.patience = std::chrono::milliseconds(0);
  open(std::move(options));
  const auto begin = std::chrono::steady_clock::now();
  const std::string text = search("zebra");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_THAT(text, HasSubstr("ask again"));
  // It goes on meanwhile.
  std::string later;
  for (int i = 0; i < 500; ++i) {
    later = search("zebra");
    if (later.find("zebra") != std::string::npos && later.find("hits 1") != std::string::npos)
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_THAT(later, HasSubstr("hits 1 to"));
}

TEST_F(code_tools, a_cancelled_call_ends) {
  put("a.txt", "zebra\n");
  const auto answer = tools_->search({.query = "zebra"}, {.is_cancelled = [] { return true; }});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.status().code(), Code::kCancelled);
}

TEST_F(code_tools, where_another_writes_it_is_said_and_what_is_there_is_found) {
  put("a.txt", "zebra\n");
  search("zebra");
  // The index is let go of between calls.
  auto writer = store::Writer::open({.folder = path("index")}, {.who = "somebody else"});
  for (int i = 0; i < 200 && !writer.ok(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    writer = store::Writer::open({.folder = path("index")}, {.who = "somebody else"});
  }
  ASSERT_TRUE(writer.ok()) << writer.status().message();
  put("b.txt", "zebra\n");
  const std::string text = search("zebra");
  EXPECT_THAT(text, HasSubstr("a.txt:1-1"));
  EXPECT_THAT(text, HasSubstr("may be older than the files"));
  EXPECT_THAT(text, HasSubstr("somebody else"));
  writer->reset();
  EXPECT_THAT(search("zebra"), HasSubstr("b.txt:1-1"));
}

TEST_F(code_tools, calls_run_beside_each_other) {
  put_many(50);
  std::vector<std::thread> threads;
  std::atomic<int> n_found{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) {
        put("t" + std::to_string(t) + ".txt", "a zebra again " + std::to_string(i) + "\n");
        const auto answer = tools_->search({.query = "zebra"});
        if (answer.ok() && answer->text.find("hits 1 to") != std::string::npos) ++n_found;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(n_found, 20);
}

TEST_F(code_tools, an_index_that_is_made_anew_or_removed_meanwhile_is_seen) {
  put("a.txt", "zebra\n");
  EXPECT_THAT(search("zebra"), HasSubstr("a.txt"));
  // Another process makes it anew, of the tree as it was.
  fs::rename(path("index"), path("old"));
  ASSERT_TRUE(create_code_index({.root = root_, .folder = path("index")}, {}).ok());
  put("b.txt", "giraffe\n");
  EXPECT_THAT(search("giraffe"), HasSubstr("b.txt"));
  fs::rename(path("index"), path("gone"));  // What is being merged just now goes with it.
  EXPECT_THAT(search("zebra"), HasSubstr("a.txt"));
  EXPECT_TRUE(fs::exists(path("index/catalog.db")));
}

TEST_F(code_tools, what_is_below_a_folder_is_said_and_holds_for_all_tools) {
  put("sub/a.txt", "zebra here\n");
  put("b.txt", "zebra there\n");
  CodeToolsOptions options;
  options.below = "sub";
  open(std::move(options));
  EXPECT_THAT(search("zebra"),
              AllOf(HasSubstr("(searched: sub)"), HasSubstr("sub/a.txt"), Not(HasSubstr("b.txt"))));
  EXPECT_THAT(search("nothing"), HasSubstr("below sub"));
  const auto similar = tools_->similar({.path = "sub/a.txt", .line = 1});
  ASSERT_TRUE(similar.ok()) << similar.status().message();
  EXPECT_THAT(similar->text, Not(HasSubstr("b.txt")));
  EXPECT_THAT(problem(tools_->similar({.path = "sub/a.txt", .line = 9})),
              HasSubstr("has 1 lines, there is no line 9"));
}

TEST_F(code_tools, definitions_of_files_that_cannot_be_read_are_still_placed) {
  put("a.md", "# zebra\n\ntext\n");
  EXPECT_THAT(search("zebra"), HasSubstr("a.md"));
  fs::rename(root_, root_ + "-away");
  const auto found = tools_->symbols({.name = "zebra"});
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_THAT(found->text, AllOf(HasSubstr("a.md:1-3"), HasSubstr("cannot be read now"),
                                 Not(HasSubstr("did you mean"))));
  fs::rename(root_ + "-away", root_);
}

TEST_F(code_tools, a_refusal_answers_every_call) {
  CodeToolsOptions options;
  options.refusal = "no tree here";
  open(std::move(options));
  EXPECT_EQ(problem(tools_->search({.query = "x"})), "no tree here");
  EXPECT_EQ(problem(tools_->read({.path = "a.txt"})), "no tree here");
  EXPECT_EQ(problem(tools_->symbols({.path = "a.txt"})), "no tree here");
  EXPECT_EQ(problem(tools_->status()), "no tree here");
  EXPECT_FALSE(fs::exists(path("index")));
}

}  // namespace
}  // namespace quern::apps
