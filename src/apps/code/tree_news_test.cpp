#include "apps/code/tree_news.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "apps/code/test_tree.h"

namespace quern::apps {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class tree_news : public TreeTest {
 protected:
  // Watched, and walked once.
  TreeNews watched(milliseconds walk_after = hours(1)) {
    TreeNews news(folder_, walk_after);
    news.watch({}, {});
    const auto first = news.take();
    EXPECT_TRUE(first && first->is_rescan);
    return news;
  }

  static std::vector<std::string> told(TreeNews& news) {
    const auto changes = news.take();
    if (!changes) return {};
    if (changes->is_rescan) return {"all"};
    std::vector<std::string> out;
    for (const std::string& path : changes->gone) out.push_back("-" + path);
    for (const WalkedFile& file : changes->files) out.push_back(file.path);
    return out;
  }
  using Told = std::vector<std::string>;
};

TEST_F(tree_news, without_a_watch_says_to_walk_each_time) {
  TreeNews news(folder_);
  EXPECT_TRUE(news.may_watch());
  EXPECT_EQ(told(news), Told{"all"});
  EXPECT_EQ(told(news), Told{"all"});
}

TEST_F(tree_news, says_nothing_of_a_tree_that_stays_as_it_is) {
  put("a.txt", "a");
  TreeNews news = watched();
  EXPECT_FALSE(news.may_watch());
  EXPECT_EQ(told(news), Told{});
  EXPECT_EQ(told(news), Told{});
}

TEST_F(tree_news, tells_what_was_written_a_moment_ago_each_time) {
  put("a.txt", "a");
  put("b/c.txt", "c");
  TreeNews news = watched();
  for (int i = 0; i < 5; ++i) {  // Without any time to collect between.
    put("a.txt", std::string(static_cast<std::size_t>(i) + 2, 'a'));
    EXPECT_EQ(told(news), Told{"a.txt"});
    EXPECT_EQ(told(news), Told{});
  }
  put("b/d/e.txt", "e");
  EXPECT_EQ(told(news), Told{"b/d/e.txt"});
  std::filesystem::remove(folder_ + "/b/c.txt");
  EXPECT_EQ(told(news), Told{"-b/c.txt"});
}

TEST_F(tree_news, tells_of_a_file_that_is_still_open) {
  put("a.txt", "a");
  TreeNews news = watched();
  const int fd = ::open((folder_ + "/a.txt").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(::write(fd, "more", 4), 4);
  EXPECT_EQ(told(news), Told{"a.txt"});
  ASSERT_EQ(::write(fd, "more", 4), 4);
  EXPECT_EQ(told(news), Told{"a.txt"});
  ::close(fd);
}

TEST_F(tree_news, says_to_walk_where_rules_changed) {
  put("a.txt", "a");
  TreeNews news = watched();
  put(".gitignore", "*.log\n");
  EXPECT_EQ(told(news), Told{"all"});
  EXPECT_EQ(told(news), Told{});
}

TEST_F(tree_news, says_to_walk_after_a_while_and_when_it_is_asked_to) {
  put("a.txt", "a");
  TreeNews news = watched();
  news.walk_next();
  EXPECT_EQ(told(news), Told{"all"});
  EXPECT_EQ(told(news), Told{});
  news.end_watch();
  EXPECT_TRUE(news.may_watch());
  EXPECT_EQ(told(news), Told{"all"});

  TreeNews impatient = watched(milliseconds(0));
  EXPECT_EQ(told(impatient), Told{"all"});
}

TEST_F(tree_news, a_watch_that_is_stopped_may_be_tried_again) {
  put("a.txt", "a");
  TreeNews news(folder_);
  news.watch({}, [] { return true; });
  EXPECT_TRUE(news.may_watch());
  news.watch({}, {});
  EXPECT_FALSE(news.may_watch());
}

TEST_F(tree_news, a_local_folder_tells_and_one_that_is_not_there_does_not) {
  EXPECT_TRUE(tells_of_all_changes(folder_));
  EXPECT_FALSE(tells_of_all_changes(folder_ + "/nowhere"));
}

}  // namespace
}  // namespace quern::apps
