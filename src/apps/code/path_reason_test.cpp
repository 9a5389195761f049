#include "apps/code/path_reason.h"

#include <filesystem>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "apps/code/test_tree.h"

namespace quern::apps {
namespace {

class PathReasonTest : public TreeTest {
 protected:
  PathReason why(const std::string& name, const WalkOptions& options = {}) {
    auto reason = reason_of_path(folder_, name, options);
    EXPECT_TRUE(reason.ok()) << reason.status().message();
    return reason.ok() ? std::move(*reason) : PathReason{};
  }
  std::string sentence(const std::string& name, const WalkOptions& options = {}) {
    return why(name, options).sentence;
  }
};

}  // namespace

TEST_F(PathReasonTest, each_reason_has_its_sentence) {
  put(".gitignore", "# mine\n*.log\n/out/\n");
  put("sub/.gitignore", "x.c\n");
  put("src/a.py");
  put("tests/test_a.py");
  put("a.log");
  put("out/deep/b.c");
  put("sub/x.c");
  put("node_modules/m/index.js");
  put("logo.png", "x");
  put("a.min.js");
  put("large.c", std::string(200, 'x') + "\n");
  std::filesystem::create_symlink("src/a.py", path("link.py"));
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const WalkOptions options{.max_file_bytes = 100, .exclude = {"*.md"}};
  put("a.md");
  const std::pair<const char*, const char*> expected[] = {
      {"src/a.py", "'src/a.py' is indexed, as code in python"},
      {"tests/test_a.py", "'tests/test_a.py' is indexed, as test in python"},
      {"a.log", "'a.log' is ignored by line 2 of .gitignore: *.log"},
      {"out/deep/b.c",
       "'out/deep/b.c' is in 'out', which is ignored by line 3 of .gitignore: /out/"},
      {"out", "'out' is ignored by line 3 of .gitignore: /out/"},
      {"sub/x.c", "'sub/x.c' is ignored by line 1 of sub/.gitignore: x.c"},
      {"node_modules/m/index.js",
       "'node_modules/m/index.js' is in 'node_modules', which is not looked into: what a tool puts "
       "there"},
      {"logo.png", "'logo.png' is not indexed: binary: a picture"},
      {"a.min.js", "'a.min.js' is not indexed: minified: so its name says"},
      {"large.c", "'large.c' is too large: 201 bytes, at most 100 are read"},
      {"link.py", "'link.py' is a link, and links are not followed"},
      {"pipe", "'pipe' is no regular file but a pipe"},
      {"a.md", "'a.md' is excluded by the pattern *.md"},
      {"src", "'src' is a folder, and what is in it is looked at"},
  };
  for (const auto& [name, wanted] : expected) EXPECT_EQ(sentence(name, options), wanted);
}

TEST_F(PathReasonTest, what_is_not_there_and_what_is_elsewhere_are_told_apart) {
  put("a.c");
  const std::string root = std::filesystem::canonical(folder_).string();
  EXPECT_EQ(why("b.c").state, PathState::kMissing);
  EXPECT_EQ(why("a.c/b").state, PathState::kMissing);
  EXPECT_EQ(sentence("d/b.c"), "'d/b.c' does not exist in '" + root + "'");
  EXPECT_EQ(why("../x").state, PathState::kOutside);
  EXPECT_EQ(sentence("/etc/passwd"),
            "'/etc/passwd' is outside of the indexed folder '" + root + "'");
  EXPECT_EQ(why(root + "x/a.c").state, PathState::kOutside);
  EXPECT_EQ(why("").state, PathState::kFolder);
  EXPECT_EQ(why(root).state, PathState::kFolder);
  EXPECT_EQ(reason_of_path(path("nothing"), "a", {}).status().code(), Code::kNotFound);
}

TEST_F(PathReasonTest, paths_are_understood_in_every_way_they_are_written) {
  put("d/a.c");
  std::filesystem::create_directory_symlink(path("d"), path("e"));
  for (const std::string& name :
       Paths{"d/a.c", "./d//a.c", "x/../d/a.c", path("d/a.c"), path("d/./a.c"), path("e/a.c")}) {
    const PathReason reason = why(name);
    if (name == path("e/a.c")) {
      // Below the root it is in what the link is, which is not followed.
      EXPECT_EQ(reason.state, PathState::kSkipped);
      EXPECT_EQ(reason.skipped.path, "e");
      continue;
    }
    EXPECT_EQ(reason.state, PathState::kIndexed) << name;
    EXPECT_EQ(reason.path, "d/a.c") << name;
  }
  // From outside, through a link.
  std::filesystem::create_directory_symlink(folder_, home_ + "/link");
  EXPECT_EQ(why(home_ + "/link/d/a.c").path, "d/a.c");
}

TEST_F(PathReasonTest, tracked_files_and_their_ignored_folders) {
  put_repository({"logs/kept.log"});
  put(".gitignore", "logs/\n");
  put("logs/kept.log");
  put("logs/other.log");
  EXPECT_EQ(why("logs/kept.log").state, PathState::kIndexed);
  EXPECT_EQ(sentence("logs/other.log"),
            "'logs/other.log' is ignored by line 1 of .gitignore: logs/");
  EXPECT_NE(sentence("logs").find("only a part is indexed"), std::string::npos);
  EXPECT_EQ(why(".git/HEAD").state, PathState::kSkipped);
  put_repository({}, "nested");
  put("nested/a.c");
  EXPECT_EQ(sentence("nested/a.c"),
            "'nested/a.c' is in 'nested', which is not looked into: a git repository that this one "
            "does not track; index it by itself");
  EXPECT_EQ(why("nested").skipped.reason, SkipReason::kNestedRepository);
}

TEST_F(PathReasonTest, odd_names_stay_on_one_line) {
  put("a\nb\xff.c");
  EXPECT_EQ(sentence("a\nb\xff.c"), "'a\\nb\uFFFD.c' is indexed, as code in c");
  EXPECT_EQ(why("a\nb\xff.c").path, "a\nb\xff.c");
}

// The walk and `why` may not disagree about any path.
TEST_F(PathReasonTest, it_says_of_every_path_what_the_walk_does) {
  put_repository({"a/tracked.log", "b/c/t.c", "node_modules/t.js"});
  put(".gitignore", "*.log\nb/\n!keep.log\n");
  put(".ignore", "!b/d/x.c\n");
  put("a/.quernignore", "*.tmp\n");
  put_repository({}, "n");
  for (const char* name : {"a/tracked.log", "a/u.log", "a/keep.log", "a/v.tmp", "b/c/t.c",
                           "b/c/u.c", "b/d/x.c", "b/d/y.c", "b/e/z.c", "node_modules/t.js",
                           "node_modules/u.js", "n/m.c", "env/pyvenv.cfg", "env/a.py"}) {
    put(name);
  }
  const TreeWalk all = walk();
  std::set<std::string> files;
  for (const WalkedFile& file : all.files) files.insert(file.path);
  int n_files = 0, n_skipped = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    if (entry.is_directory()) continue;
    const std::string name = entry.path().string().substr(folder_.size() + 1);
    const PathReason reason = why(name);
    EXPECT_EQ(reason.state == PathState::kIndexed, files.count(name) == 1) << reason.sentence;
    if (reason.state == PathState::kSkipped) {
      n_skipped += 1;
      EXPECT_NE(skipped(all, reason.skipped.path), nullptr) << reason.sentence;
    } else {
      n_files += 1;
    }
  }
  EXPECT_EQ(n_files, static_cast<int>(files.size()));
  EXPECT_GT(n_skipped, 10);
}

}  // namespace quern::apps
