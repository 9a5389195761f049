#include "apps/code/chunker.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "apps/code/installed_grammars.h"
#include "base/test_folder.h"

namespace quern::apps {
namespace {

using std::chrono::milliseconds;

// A limit on memory leaves nothing to a sanitizer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

/// A Chunker whose worker fails in the way that the text says, and what that worker wrote down.
class FailingWorkerTest : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    write(path("SHA256SUMS"), "of no grammars\n");
    ::setenv("QUERN_TEST_WORKER_LOG", log_path().c_str(), 1);
    make({});
  }
  void TearDown() override {
    chunker_.reset();
    ::unsetenv("QUERN_TEST_WORKER_LOG");
    FolderTest::TearDown();
  }

  void make(ChunkerOptions options) {
    options.grammars_folder = folder_;
    options.program = QUERN_CHUNK_WORKER;
    options.arguments = {"fail"};
    options.n_children = 1;
    if (kIsSanitized) options.child_bytes = 0;
    options.time_limit = milliseconds(2000);  // A process with sanitizers starts slowly.
    options.patience = milliseconds(400);
    Result<std::unique_ptr<Chunker>> made = Chunker::create(options);
    ASSERT_TRUE(made.ok());
    chunker_ = std::move(*made);
  }

  ChunkedCode chunk(std::string_view text) { return chunker_->chunk("python", text); }

  std::string log_path() const { return path("log"); }

  int n_logged(const std::string& what) const {
    std::ifstream in(log_path());
    int n = 0;
    for (std::string line; std::getline(in, line);) n += line == what ? 1 : 0;
    return n;
  }

  std::unique_ptr<Chunker> chunker_;
};

/// With grammars, where the machine has them.
class SyntaxTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string grammars = installed_grammars();
    if (grammars.empty()) GTEST_SKIP() << "no grammars: tools/get_grammars.sh fetches them";
    Result<std::unique_ptr<Chunker>> made = Chunker::create({.grammars_folder = grammars,
                                                             .program = QUERN_CHUNK_WORKER,
                                                             .arguments = {},
                                                             .child_bytes = 0});
    ASSERT_TRUE(made.ok());
    chunker_ = std::move(*made);
  }

  std::unique_ptr<Chunker> chunker_;
};

TEST_F(FailingWorkerTest, a_crash_costs_that_file_its_syntax_and_nothing_else) {
  EXPECT_EQ(chunk("fine").chunks[0].symbol, "whole");
  const ChunkedCode crashed = chunk("crash");
  EXPECT_FALSE(crashed.by_syntax);
  EXPECT_NE(crashed.note.find("crashed (signal 6"), std::string::npos) << crashed.note;
  ASSERT_EQ(crashed.chunks.size(), 1U);
  EXPECT_EQ(crashed.chunks[0].span, (CodeSpan{0, 5, 1, 1}));
  EXPECT_EQ(chunk("fine").chunks[0].symbol, "whole");
  EXPECT_EQ(n_logged("start"), 2);
}

TEST_F(FailingWorkerTest, a_file_that_killed_a_worker_is_not_tried_again) {
  chunk("crash");
  const int n_before = n_logged("request");
  EXPECT_NE(chunk("crash").note.find("crashed"), std::string::npos);
  EXPECT_EQ(n_logged("request"), n_before);
}

TEST_F(FailingWorkerTest, one_that_ends_is_replaced) {
  EXPECT_NE(chunk("leave").note.find("exit code 3"), std::string::npos);
  EXPECT_TRUE(chunk("fine").by_syntax);
}

TEST_F(FailingWorkerTest, answers_that_are_none_are_refused) {
  EXPECT_NE(chunk("nonsense").note.find("malformed"), std::string::npos);
  EXPECT_NE(chunk("other text").note.find("malformed"), std::string::npos);
  EXPECT_TRUE(chunk("fine").by_syntax);
}

TEST_F(FailingWorkerTest, one_that_hangs_is_ended) {
  const auto before = std::chrono::steady_clock::now();
  const ChunkedCode hung = chunk("hang");
  EXPECT_NE(hung.note.find("did not answer in time"), std::string::npos) << hung.note;
  EXPECT_EQ(hung.chunks.size(), 1U);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(30));
  EXPECT_TRUE(chunk("fine").by_syntax);
}

TEST_F(FailingWorkerTest, one_that_takes_all_memory_is_stopped_by_its_limit) {
  if (kIsSanitized) GTEST_SKIP() << "with a sanitizer there is no limit";
  EXPECT_FALSE(chunk("memory").by_syntax);
  EXPECT_TRUE(chunk("fine").by_syntax);
}

TEST_F(SyntaxTest, a_tree_that_is_too_large_costs_that_file_its_syntax) {
  if (kIsSanitized) GTEST_SKIP() << "with a sanitizer there is no limit";
  chunker_ = std::move(*Chunker::create({.grammars_folder = installed_grammars(),
                                         .program = QUERN_CHUNK_WORKER,
                                         .arguments = {},
                                         .child_bytes = std::size_t{24} << 20}));
  std::string text = "x = [";
  for (int i = 0; i < 100'000; ++i) text += "(1),\n";
  const ChunkedCode code = chunker_->chunk("python", text + "]\n");
  EXPECT_EQ(code.note, "the parser ran out of memory");
  EXPECT_GT(code.chunks.size(), 100U);
  EXPECT_TRUE(chunker_->chunk("python", "x = 1\n").by_syntax);
}

// The scanner of the Lua grammar begins with what it finds in its memory: one run in forty found
// no definition in a file.
TEST_F(FailingWorkerTest, memory_that_a_worker_was_given_says_nothing_of_what_was_there_before) {
  if (kIsSanitized) GTEST_SKIP() << "a sanitizer has a heap of its own";
  make({});
  const ChunkedCode code = chunk("heap");
  ASSERT_EQ(code.chunks.size(), 1U);
  EXPECT_EQ(code.chunks[0].symbol, "zero");
}

TEST_F(FailingWorkerTest, workers_are_in_the_ledger_and_wait_where_it_is_full) {
  ByteLedger ledger(std::size_t{100} << 20);
  if (kIsSanitized) GTEST_SKIP() << "with a sanitizer there is no limit";
  ChunkerOptions options = {.child_bytes = std::size_t{70} << 20, .ledger = &ledger};
  make(options);
  EXPECT_TRUE(chunk("fine").by_syntax);
  EXPECT_EQ(ledger.used_bytes(), std::size_t{70} << 20);
  chunker_.reset();
  EXPECT_EQ(ledger.used_bytes(), 0U);
  ByteLedger small(std::size_t{50} << 20);
  options.ledger = &small;
  make(options);
  const ChunkedCode refused = chunk("fine");
  EXPECT_FALSE(refused.by_syntax);
  EXPECT_NE(refused.note.find("code/parser"), std::string::npos) << refused.note;
  EXPECT_TRUE(refused.is_passing);  // Another run's budget may be larger.
  chunker_.reset();
}

TEST_F(FailingWorkerTest, an_idle_worker_goes_where_its_memory_is_wanted) {
  if (kIsSanitized) GTEST_SKIP() << "with a sanitizer there is no limit";
  ByteLedger ledger(std::size_t{100} << 20);
  make({.child_bytes = std::size_t{70} << 20, .ledger = &ledger});
  EXPECT_TRUE(chunk("fine").by_syntax);
  {
    const Result<Reservation> other = ledger.reserve("other", std::size_t{60} << 20);
    ASSERT_TRUE(other.ok());
    EXPECT_EQ(ledger.used_bytes(), std::size_t{60} << 20);
    EXPECT_FALSE(chunk("finer").by_syntax);
  }
  EXPECT_TRUE(chunk("finest").by_syntax);
  EXPECT_EQ(n_logged("start"), 2);
  chunker_.reset();
}

TEST_F(FailingWorkerTest, many_threads_share_one_worker) {
  std::vector<std::thread> threads;
  std::atomic<int> n_whole = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string text = "text " + std::to_string(100 * t + i);
        const ChunkedCode code = chunk(text);
        n_whole += code.by_syntax && code.chunks[0].span.end == text.size() ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(n_whole, 400);
  EXPECT_EQ(n_logged("start"), 1);
}

TEST_F(FailingWorkerTest, one_started_early_is_the_one_that_is_asked) {
  chunker_->start_early();
  EXPECT_TRUE(chunk("fine").by_syntax);
  EXPECT_EQ(n_logged("start"), 1);
}

using ChunkerTest = FolderTest;

TEST_F(ChunkerTest, a_program_that_cannot_be_started_is_said) {
  write(path("SHA256SUMS"), "of no grammars\n");
  const auto chunker = Chunker::create({.grammars_folder = folder_, .program = "/no/such/program"});
  ASSERT_TRUE(chunker.ok());
  EXPECT_NE((*chunker)->chunk("python", "x = 1\n").note.find("/no/such/program"),
            std::string::npos);
}

TEST_F(ChunkerTest, without_grammars_files_are_cut_by_lines) {
  const auto chunker = Chunker::create({.grammars_folder = "/no/such/folder"});
  ASSERT_TRUE(chunker.ok());
  const ChunkedCode code = (*chunker)->chunk("python", "def f():\n    pass\n");
  EXPECT_FALSE(code.by_syntax);
  EXPECT_EQ(code.note, "no grammars are installed");
  EXPECT_EQ(code.chunks.size(), 1U);
  EXPECT_EQ((*chunker)->chunk("", "text").note, "no grammar");
}

TEST_F(ChunkerTest, the_fingerprint_says_sizes_and_grammars) {
  write(path("SHA256SUMS"), "of no grammars\n");
  const auto print = [](ChunkerOptions options) {
    return (*Chunker::create(options))->fingerprint();
  };
  const std::string none = print({});
  EXPECT_EQ(none, print({}));
  EXPECT_NE(none, print({.grammars_folder = folder_}));
  EXPECT_NE(none, print({.sizes = {.max_chars = 1000}}));
  EXPECT_NE(none, print({.sizes = {.alone_chars = 1000}}));
}

std::string body(int n_lines, const std::string& indent = "    ") {
  std::string out;
  for (int i = 0; i < n_lines; ++i) out += indent + "value = value + " + std::to_string(i) + "\n";
  return out;
}

std::string text_of_chunk(const std::string& text, const CodeChunk& chunk) {
  return text.substr(chunk.span.begin, chunk.span.end - chunk.span.begin);
}

TEST_F(SyntaxTest, definitions_of_a_good_size_are_pieces_of_their_own) {
  const std::string text =
      "import os\nimport sys\nfrom collections import Counter\n\nLIMIT = 3\n\n\n# "
      "First.\n@cached\ndef one():\n" +
      body(20) + "\n\ndef two():\n" + body(20) + "\n\ndef small(): pass\n\n" + "def tiny(): pass\n";
  const ChunkedCode code = chunker_->chunk("python", text);
  ASSERT_EQ(code.chunks.size(), 4U);
  EXPECT_EQ(code.chunks[0].span.last_line, 5);
  EXPECT_EQ(code.chunks[1].symbol, "one");
  EXPECT_EQ(code.chunks[1].span.first_line, 8);
  EXPECT_EQ(code.chunks[2].symbol, "two");
  EXPECT_EQ(code.chunks[3].symbol, "small");
}

TEST_F(SyntaxTest, a_class_that_fits_is_whole_and_one_that_does_not_gives_its_methods) {
  const std::string head =
      "class Box:\n    \"\"\"Holds things, and says which.\"\"\"\n    items = []\n\n";
  const std::string small = head + "    def one(self):\n" + body(3, "        ");
  ASSERT_EQ(chunker_->chunk("python", small).chunks.size(), 1U);
  std::string large = head;
  for (const char* name : {"one", "two", "three"}) {
    large += std::string("    def ") + name + "(self):\n" + body(40, "        ") + "\n";
  }
  const ChunkedCode code = chunker_->chunk("python", large);
  std::vector<std::string> symbols;
  for (const CodeChunk& chunk : code.chunks) symbols.push_back(chunk.symbol);
  EXPECT_EQ(symbols, (std::vector<std::string>{"Box", "Box.one", "Box.two", "Box.three"}));
  EXPECT_EQ(code.chunks[1].kind, SymbolKind::kMethod);
  EXPECT_EQ(text_of_chunk(large, code.chunks[1]).substr(0, 8), "    def ");
}

TEST_F(SyntaxTest, comments_belong_to_what_they_are_directly_above) {
  const std::string text =
      "// Apart.\n\n// Above.\nfunction one() {}\n\n/**\n * Documents.\n */\n\nfunction two() {}\n"
      "\n/** Far. */\n\n\nfunction three() {} // Behind.\n";
  const ChunkedCode code = chunker_->chunk("javascript", text);
  ASSERT_EQ(code.symbols.size(), 3U);
  EXPECT_EQ(code.symbols[0].span.first_line, 3);
  EXPECT_EQ(code.symbols[1].span.first_line, 6);
  EXPECT_EQ(code.symbols[2].span.first_line, 15);
}

TEST_F(SyntaxTest, a_string_that_is_too_long_is_cut_by_lines) {
  std::string text = "x = \"\"\"\n";
  for (int i = 0; i < 400; ++i) text += "line of text number " + std::to_string(i) + "\n";
  text += "\"\"\"\n";
  const ChunkedCode code = chunker_->chunk("python", text);
  EXPECT_TRUE(code.by_syntax);
  EXPECT_GT(code.chunks.size(), 3U);
}

TEST_F(SyntaxTest, broken_code_gives_the_definitions_that_can_be_seen) {
  const ChunkedCode code =
      chunker_->chunk("python", "def two():\n    pass\n\n\x01\xFF def one(:\n    x = (\n");
  EXPECT_TRUE(code.by_syntax);
  EXPECT_TRUE(std::any_of(code.symbols.begin(), code.symbols.end(),
                          [](const Symbol& symbol) { return symbol.name == "two"; }));
}

TEST_F(SyntaxTest, deep_nesting_ends) {
  const std::string deep = std::string(200'000, '(') + "1" + std::string(200'000, ')');
  EXPECT_FALSE(chunker_->chunk("python", deep).chunks.empty());
  std::string sum = "x = 1";
  for (int i = 0; i < 50'000; ++i) sum += "\n + 1";
  EXPECT_FALSE(chunker_->chunk("javascript", sum).chunks.empty());
  EXPECT_TRUE(chunker_->chunk("python", "x = 1\n").by_syntax);
}

}  // namespace
}  // namespace quern::apps
