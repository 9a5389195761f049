#include "apps/code/watch.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "apps/code/test_tree.h"

namespace quern::apps {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class WatchTest : public TreeTest {
 protected:
  void open(const WatchOptions& options = {.collect = milliseconds(20)}) {
    auto watch = TreeWatch::open(folder_, options);
    ASSERT_TRUE(watch.ok()) << watch.status().message();
    watch_ = std::move(*watch);
  }

  // All batches until nothing comes for a while, as one.
  TreeChanges settled() {
    TreeChanges all;
    while (auto changes = watch_->next(milliseconds(60))) {
      all.is_rescan |= changes->is_rescan;
      all.note += changes->note;
      for (const std::string& path : changes->gone) {
        if (seen_.insert("-" + path).second) all.gone.push_back(path);
      }
      for (const WalkedFile& file : changes->files) {
        if (seen_.insert(file.path).second) all.files.push_back(file);
      }
    }
    seen_.clear();
    std::sort(all.gone.begin(), all.gone.end());
    std::sort(all.files.begin(), all.files.end(),
              [](const WalkedFile& a, const WalkedFile& b) { return a.path < b.path; });
    return all;
  }

  static Paths files(const TreeChanges& changes) {
    Paths out;
    for (const WalkedFile& file : changes.files) out.push_back(file.path);
    return out;
  }

  // What a batch makes of the files that are known.
  static void apply(const TreeChanges& changes, std::set<std::string>& known) {
    for (const std::string& gone : changes.gone) {
      std::erase_if(known, [&](const std::string& path) {
        return path == gone || path.compare(0, gone.size() + 1, gone + "/") == 0;
      });
    }
    for (const WalkedFile& file : changes.files) known.insert(file.path);
  }

  std::unique_ptr<TreeWatch> watch_;
  std::set<std::string> seen_;
};

}  // namespace

TEST_F(WatchTest, files_that_are_made_changed_moved_and_removed_are_told) {
  put("a.c");
  put("d/b.c");
  open();
  EXPECT_TRUE(watch_->is_watching());
  EXPECT_FALSE(watch_->next(milliseconds(30)));
  put("a.c", "more\n");
  put("d/new.c");
  TreeChanges changes = settled();
  EXPECT_EQ(files(changes), (Paths{"a.c", "d/new.c"}));
  EXPECT_TRUE(changes.gone.empty());
  EXPECT_EQ(changes.files[0].n_bytes, 5u);
  std::filesystem::rename(path("d/b.c"), path("c.c"));
  std::filesystem::remove(path("d/new.c"));
  changes = settled();
  EXPECT_EQ(files(changes), Paths{"c.c"});
  EXPECT_EQ(changes.gone, (Paths{"d/b.c", "d/new.c"}));
  EXPECT_FALSE(changes.is_rescan);
}

TEST_F(WatchTest, the_first_change_is_told_at_once_and_what_follows_is_collected) {
  put("a.c");
  open({.collect = milliseconds(800)});
  const auto begin = std::chrono::steady_clock::now();
  put("a.c", "1");
  auto changes = watch_->next(seconds(10));
  ASSERT_TRUE(changes);
  EXPECT_EQ(files(*changes), Paths{"a.c"});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(700));
  for (int i = 0; i < 20; ++i) put(fmt::format("b{}.c", i));
  changes = watch_->next(seconds(10));
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->files.size(), 20u);
  EXPECT_GT(std::chrono::steady_clock::now() - begin, milliseconds(750));
}

TEST_F(WatchTest, a_file_that_stays_open_is_told_as_it_is_written) {
  put("a.c");
  open();
  const int fd = ::open(path("a.c").c_str(), O_WRONLY | O_APPEND);
  ASSERT_EQ(::write(fd, "more", 4), 4);
  const TreeChanges changes = settled();
  ::close(fd);
  ASSERT_EQ(files(changes), Paths{"a.c"});
  EXPECT_EQ(changes.files[0].n_bytes, 9u);
}

TEST_F(WatchTest, new_folders_are_watched_with_all_that_is_in_them_already) {
  open();
  for (int i = 0; i < 20; ++i) put(fmt::format("x/y{}/z/a.c", i));
  EXPECT_EQ(settled().files.size(), 20u);
  put("x/y3/z/b.c");
  EXPECT_EQ(files(settled()), Paths{"x/y3/z/b.c"});
}

TEST_F(WatchTest, a_folder_that_moves_takes_all_with_it) {
  put("a/b/c.c");
  put("a/d.c");
  open();
  std::filesystem::rename(path("a"), path("e"));
  TreeChanges changes = settled();
  EXPECT_EQ(changes.gone, Paths{"a"});
  EXPECT_EQ(files(changes), (Paths{"e/b/c.c", "e/d.c"}));
  put("e/b/c.c", "changed");
  EXPECT_EQ(files(settled()), Paths{"e/b/c.c"});  // By its new name.
  std::filesystem::remove_all(path("e"));
  changes = settled();
  EXPECT_TRUE(changes.files.empty());
  EXPECT_EQ(changes.gone.at(0), "e");
}

TEST_F(WatchTest, a_folder_that_moves_into_another_is_watched_there) {
  put("x/a/deep/c.c");
  put("b/d.c");
  open();
  std::filesystem::rename(path("x/a"), path("b/a"));
  TreeChanges changes = settled();
  EXPECT_EQ(files(changes), Paths{"b/a/deep/c.c"});
  EXPECT_EQ(changes.gone, Paths{"x/a"});
  put("b/a/deep/c.c", "changed");
  put("b/a/e.c");
  EXPECT_EQ(files(settled()), (Paths{"b/a/deep/c.c", "b/a/e.c"}));
}

TEST_F(WatchTest, a_folder_in_the_place_of_another_is_told_as_both) {
  put("a/old.c");
  put("other/new.c");
  open();
  std::filesystem::rename(path("a"), path("b"));
  std::filesystem::rename(path("other"), path("a"));
  const TreeChanges changes = settled();
  EXPECT_EQ(files(changes), (Paths{"a/new.c", "b/old.c"}));
  EXPECT_EQ(changes.gone, (Paths{"a", "other"}));
}

TEST_F(WatchTest, a_file_in_the_place_of_a_folder_is_told_as_both_and_so_is_the_reverse) {
  put("a/b.c");
  put("c");
  open();
  std::filesystem::remove_all(path("a"));
  put("a");
  std::filesystem::remove(path("c"));
  put("c/d.c");
  const TreeChanges changes = settled();
  EXPECT_EQ(files(changes), (Paths{"a", "c/d.c"}));
  EXPECT_NE(std::count(changes.gone.begin(), changes.gone.end(), "a"), 0);
  EXPECT_NE(std::count(changes.gone.begin(), changes.gone.end(), "c"), 0);
}

TEST_F(WatchTest, what_rules_hide_is_not_told) {
  put(".gitignore", "*.log\nout/\n");
  put("out/a.c");
  open();
  put("a.log");
  put("out/b.c");
  put("node_modules/m.js");
  put("new/c.log");
  EXPECT_FALSE(watch_->next(milliseconds(80)));
  put("new/d.c");
  EXPECT_EQ(files(settled()), Paths{"new/d.c"});
}

TEST_F(WatchTest, a_file_that_is_no_longer_one_of_the_tree_is_gone) {
  put("a.c");
  put("b.c");
  open({.walk = {.max_file_bytes = 100}, .collect = milliseconds(20)});
  put("a.c", std::string(101, 'x'));
  std::filesystem::remove(path("b.c"));
  std::filesystem::create_symlink("a.c", path("b.c"));
  const TreeChanges changes = settled();
  EXPECT_TRUE(changes.files.empty());
  EXPECT_EQ(changes.gone, (Paths{"a.c", "b.c"}));
}

TEST_F(WatchTest, other_rules_are_a_rescan_after_which_they_hold) {
  put("a.log");
  put("d/b.log");
  open();
  put("d/.gitignore", "*.log\n");
  TreeChanges changes = settled();
  EXPECT_TRUE(changes.is_rescan);
  EXPECT_EQ(changes.note, "'d/.gitignore' changed");
  put("d/b.log", "1");
  put("a.log", "1");
  changes = settled();
  EXPECT_FALSE(changes.is_rescan);
  EXPECT_EQ(files(changes), Paths{"a.log"});
}

TEST_F(WatchTest, an_index_with_other_paths_is_a_rescan_and_the_same_paths_are_none) {
  put_repository({"a.c"});
  put(".gitignore", "*.log\n");
  put("a.c");
  put("a.log");
  open();
  const auto replace_index = [&](const Paths& tracked) {
    put(".git/index.lock", index_bytes(tracked));
    std::filesystem::rename(path(".git/index.lock"), path(".git/index"));
  };
  replace_index({"a.c"});
  EXPECT_FALSE(watch_->next(milliseconds(80)));
  replace_index({"a.c", "a.log"});
  EXPECT_TRUE(settled().is_rescan);
  put("a.log", "tracked now");
  EXPECT_EQ(files(settled()), Paths{"a.log"});
  put(".git/info/exclude", "*.c\n");
  put(".git/info/exclude", "*.h\n");
  settled();
  put("b.h");
  EXPECT_FALSE(watch_->next(milliseconds(80)));
}

TEST_F(WatchTest, a_repository_that_appears_is_a_rescan) {
  put("n/a.c");
  open();
  put_repository({}, "n");
  EXPECT_TRUE(settled().is_rescan);
}

TEST_F(WatchTest, lost_events_are_a_rescan_and_it_goes_on) {
  put("a.c");
  open();
  // More than the system keeps, which merges equal ones only; four a round.
  int n_kept = 16'384;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> n_kept;
  for (int i = 0; i < n_kept / 4 + 1000; ++i) {
    std::filesystem::rename(path("a.c"), path("b.c"));
    std::filesystem::rename(path("b.c"), path("a.c"));
  }
  const TreeChanges changes = settled();
  EXPECT_TRUE(changes.is_rescan);
  EXPECT_NE(changes.note.find("faster than they could be told"), std::string::npos);
  put("c.c");
  EXPECT_EQ(files(settled()), Paths{"c.c"});
}

TEST_F(WatchTest, where_folders_cannot_be_watched_the_tree_is_walked) {
  put("a/b/c.c");
  put("d.c");
  open({.period = milliseconds(30), .max_folders = 2});
  EXPECT_FALSE(watch_->is_watching());
  auto changes = watch_->next(milliseconds(0));
  ASSERT_TRUE(changes);
  EXPECT_TRUE(changes->is_rescan);
  EXPECT_EQ(changes->note, "more than 2 folders; the tree is walked every 0.03 s instead");
  put("a/b/c.c", "changed");
  put("e.c");
  std::filesystem::remove(path("d.c"));
  const TreeChanges all = settled();
  EXPECT_EQ(files(all), (Paths{"a/b/c.c", "e.c"}));
  EXPECT_EQ(all.gone, Paths{"d.c"});
}

TEST_F(WatchTest, one_folder_too_many_turns_watching_into_walking) {
  put("a/b.c");
  open({.collect = milliseconds(20), .period = milliseconds(30), .max_folders = 2});
  EXPECT_TRUE(watch_->is_watching());
  put("c/d.c");
  TreeChanges changes = settled();
  EXPECT_TRUE(changes.is_rescan);
  EXPECT_NE(changes.note.find("more than 2 folders"), std::string::npos) << changes.note;
  EXPECT_FALSE(watch_->is_watching());
  put("c/e.c");
  EXPECT_EQ(files(settled()), Paths{"c/e.c"});
}

TEST_F(WatchTest, a_root_that_goes_and_comes_back_is_watched_again) {
  put("r/a.c");
  auto watch =
      TreeWatch::open(path("r"), {.collect = milliseconds(20), .period = milliseconds(30)});
  ASSERT_TRUE(watch.ok());
  watch_ = std::move(*watch);
  std::filesystem::rename(path("r"), path("s"));
  EXPECT_TRUE(settled().is_rescan);
  std::filesystem::rename(path("s"), path("r"));
  const TreeChanges changes = settled();
  EXPECT_TRUE(changes.is_rescan);
  EXPECT_EQ(changes.note, "the indexed folder is back");
  put("r/b.c");
  EXPECT_EQ(files(settled()), Paths{"b.c"});
}

TEST_F(WatchTest, it_ends_at_once_when_stopped) {
  open();
  const auto begin = std::chrono::steady_clock::now();
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(50));
    watch_->stop();
  });
  EXPECT_FALSE(watch_->next(seconds(100)));
  other.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(10));
  EXPECT_TRUE(watch_->is_stopped());
  put("a.c");
  EXPECT_FALSE(watch_->next(seconds(100)));
}

TEST_F(WatchTest, watching_a_tree_calls_back_until_it_is_told_to_stop) {
  put("a.c");
  std::atomic<int> n_rescans = 0, n_files = 0;
  std::atomic<bool> is_stopped = false;
  std::thread thread([&] {
    const Status status = watch_tree(
        folder_, {},
        [&](const TreeChanges& changes) {
          n_rescans += changes.is_rescan ? 1 : 0;
          n_files += static_cast<int>(changes.files.size());
        },
        [&] { return is_stopped.load(); });
    EXPECT_TRUE(status.ok());
  });
  const auto wait_for = [](const auto& is_so) {
    for (int i = 0; i < 500 && !is_so(); ++i) std::this_thread::sleep_for(milliseconds(10));
  };
  wait_for([&] { return n_rescans > 0; });
  put("b.c");
  wait_for([&] { return n_files > 0; });
  is_stopped = true;
  thread.join();
  EXPECT_EQ(n_rescans, 1);
  EXPECT_GE(n_files, 1);
  EXPECT_EQ(watch_tree(
                path("nothing"), {}, [](const TreeChanges&) {}, [] { return true; })
                .code(),
            Code::kNotFound);
}

// Whatever happens, what was told leads from the files that were there to those that are.
TEST_F(WatchTest, random_changes_add_up_to_what_a_walk_finds) {
  put(".gitignore", "*.o\n");
  std::set<std::string> known;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const Paths names = {"a", "b", "c", "a.o", "d"};
  const auto some_path = [&] {
    std::string out = path(names[random() % names.size()]);
    while (random() % 2 == 0) out += "/" + names[random() % names.size()];
    return out;
  };
  open();
  int n_rescans = 0;
  for (int round = 0; round < 15; ++round) {
    for (int i = 0; i < 12; ++i) {
      std::error_code ignored;
      const std::string one = some_path();
      switch (random() % 5) {
        case 0:
          std::filesystem::remove_all(one, ignored);
          break;
        case 1:
          std::filesystem::rename(one, some_path(), ignored);
          break;
        case 2:
          std::filesystem::create_directories(one, ignored);
          break;
        default:
          write(one, std::to_string(random()));
      }
      if (random() % 4 == 0) {
        if (const auto changes = watch_->next(milliseconds(0))) {
          n_rescans += changes->is_rescan ? 1 : 0;
          apply(*changes, known);
        }
      }
    }
    while (const auto changes = watch_->next(milliseconds(60))) {
      n_rescans += changes->is_rescan ? 1 : 0;
      apply(*changes, known);
    }
    std::set<std::string> expected;
    for (const std::string& file : paths(walk())) expected.insert(file);
    ASSERT_EQ(known, expected) << "round " << round;
  }
  EXPECT_EQ(n_rescans, 0);
}

}  // namespace quern::apps
