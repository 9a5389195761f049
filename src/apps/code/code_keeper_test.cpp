#include "apps/code/code_keeper.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "apps/code/test_tree.h"
#include "store/store.h"

namespace quern::apps {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class code_keeper : public TreeTest {
 protected:
  void SetUp() override {
    TreeTest::SetUp();
    put("tree/a.txt", "the quick zebra\n");
    put("tree/b.txt", "a giraffe\n");
    place_ = {.root = std::filesystem::canonical(path("tree")), .folder = path("index")};
    ASSERT_TRUE(create_code_index(place_, {}).ok());
    store_ = std::move(*store::Store::open({.folder = place_.folder}));
    chunker_ = std::move(*Chunker::create({}));
    keeper_ = std::make_unique<CodeKeeper>(
        CodeKeeperOptions{.place = place_, .chunker = chunker_.get(), .who = "a test"});
  }
  void TearDown() override {
    keeper_.reset();
    store_.reset();
    TreeTest::TearDown();
  }

  CodeFreshness refresh() {
    return keeper_->bring_up_to_date({.deadline = std::chrono::steady_clock::now() + seconds(20)});
  }

  // Until the system tells what changes: then a question costs no walk.
  std::size_t walks_until_watched() {
    std::size_t n = refresh().n_walks;
    for (int i = 0; i < 1000; ++i) {
      std::this_thread::sleep_for(milliseconds(5));
      const std::size_t now = refresh().n_walks;
      if (now == n) return n;
      n = now;
    }
    ADD_FAILURE() << "each question walks";
    return n;
  }

  // As the catalog has it.
  std::size_t n_files() {
    std::int64_t n = -1;
    EXPECT_TRUE(store_
                    ->read_tables([&](Sql& sql) -> Status {
                      QUERN_ASSIGN(n, sql.number("SELECT count(*) FROM code_file"));
                      return {};
                    })
                    .ok());
    return static_cast<std::size_t>(n);
  }

  CodePlace place_;
  // Whoever asks has it open: the last one to close a catalog writes to it.
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Chunker> chunker_;
  std::unique_ptr<CodeKeeper> keeper_;
};

TEST_F(code_keeper, a_tree_that_stays_as_it_is_is_not_walked_again) {
  const std::size_t n_walks = walks_until_watched();
  for (int i = 0; i < 20; ++i) {
    const CodeFreshness now = refresh();
    EXPECT_TRUE(now.is_current);
    EXPECT_EQ(now.n_walks, n_walks);
    EXPECT_EQ(now.n_files, 2u);
  }
}

TEST_F(code_keeper, what_changed_is_in_the_index_at_once_without_a_walk) {
  const std::size_t n_walks = walks_until_watched();
  for (int i = 0; i < 10; ++i) {
    put("tree/new/" + std::to_string(i) + ".txt", "an okapi\n");
    const CodeFreshness now = refresh();
    EXPECT_TRUE(now.is_current);
    EXPECT_EQ(now.n_walks, n_walks);
    EXPECT_EQ(n_files(), 3u + static_cast<std::size_t>(i));
  }
  std::filesystem::remove_all(path("tree/new"));
  EXPECT_TRUE(refresh().is_current);
  EXPECT_EQ(n_files(), 2u);
}

TEST_F(code_keeper, where_another_process_wrote_to_the_index_the_tree_is_walked) {
  const std::size_t n_walks = walks_until_watched();
  put("tree/c.txt", "a llama\n");
  {
    auto writer = store::Writer::open({.folder = place_.folder}, {.who = "another"});
    for (int i = 0; i < 500 && !writer.ok(); ++i) {  // While it is busy with what nobody waits for.
      std::this_thread::sleep_for(milliseconds(10));
      writer = store::Writer::open({.folder = place_.folder}, {.who = "another"});
    }
    ASSERT_TRUE(writer.ok());
    CodeUpdate update;
    update.writer = writer->get();
    update.chunker = chunker_.get();
    update.root = place_.root;
    ASSERT_TRUE(update_code_index(update).ok());
  }
  EXPECT_GT(refresh().n_walks, n_walks);
  EXPECT_EQ(n_files(), 3u);
}

}  // namespace
}  // namespace quern::apps
