#include "apps/code/tree_walk.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "apps/code/test_tree.h"

namespace quern::apps {
namespace {

class TreeWalkTest : public TreeTest {};

bool has_git() { return std::system("git --version > /dev/null 2>&1") == 0; }

}  // namespace

TEST_F(TreeWalkTest, files_of_nested_folders_come_by_path_with_what_identifies_them) {
  put("b.c", "int b;\n");
  put("a/z.c");
  put("a/b/c/d.c");
  put("a-b.c");
  put("a.c");
  put("a0/c");
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), (Paths{"a-b.c", "a.c", "a/b/c/d.c", "a/z.c", "a0/c", "b.c"}));
  EXPECT_EQ(found.files[5].n_bytes, 7u);
  EXPECT_NE(found.files[5].inode, 0u);
  EXPECT_GT(found.files[5].mtime_ns, 1'000'000'000);
  EXPECT_GT(found.files[5].ctime_ns, 1'000'000'000);
  EXPECT_EQ(found.n_folders, 5u);
  EXPECT_TRUE(found.notes.empty());
}

TEST_F(TreeWalkTest, without_a_repository_gitignore_files_count_all_the_same) {
  put(".gitignore", "*.o\n/out/\n!keep.o\n");
  put("src/.gitignore", "!b.o\ngen/\n");
  for (const char* name : {"a.o", "keep.o", "out/x.c", "src/a.o", "src/b.o", "src/out/y.c",
                           "src/gen/z.c", "src/a.c"}) {
    put(name);
  }
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), (Paths{"keep.o", "src/a.c", "src/b.o", "src/out/y.c"}));
  const SkippedPath* out = skipped(found, "out");
  ASSERT_NE(out, nullptr);
  EXPECT_TRUE(out->is_folder);
  EXPECT_EQ(out->reason, SkipReason::kIgnored);
  EXPECT_EQ(out->rule_file, ".gitignore");
  EXPECT_EQ(out->rule_line, 2);
  EXPECT_EQ(out->rule, "/out/");
  ASSERT_NE(skipped(found, "src/gen"), nullptr);
  EXPECT_EQ(skipped(found, "src/gen")->rule_file, "src/.gitignore");
  EXPECT_EQ(found.skipped.size(), 4u);  // A folder once.
}

TEST_F(TreeWalkTest, tracked_files_are_in_whatever_gitignore_says) {
  put_repository({"a.log", "logs/kept/b.log", "src/main.c"});
  put(".gitignore", "*.log\nlogs/\n");
  for (const char* name : {"a.log", "b.log", "logs/kept/b.log", "logs/kept/c.txt", "logs/d/e.txt",
                           "src/main.c", "src/new.c"}) {
    put(name);
  }
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), (Paths{"a.log", "logs/kept/b.log", "src/main.c", "src/new.c"}));
  for (const char* name : {"b.log", "logs/kept/c.txt", "logs/d"}) {
    ASSERT_NE(skipped(found, name), nullptr) << name;
    EXPECT_EQ(skipped(found, name)->reason, SkipReason::kIgnored);
  }
  EXPECT_EQ(skipped(found, "logs/d")->rule, "logs/");
}

TEST_F(TreeWalkTest, a_tracked_file_does_not_bring_back_a_folder_of_its_name) {
  put_repository({"build", "x/y"});
  put(".gitignore", "build\nx\n");
  put("build/a.c");
  put("x");
  EXPECT_EQ(paths(walk()), Paths{});
}

TEST_F(TreeWalkTest, quernignore_is_stronger_than_ignore_and_both_than_gitignore_and_the_index) {
  put_repository({"tracked.c", "lib/tracked.c"});
  put(".gitignore", "*.md\n*.txt\n");
  put(".ignore", "!*.md\nlib/\n");
  put("docs/.gitignore", "*.md\n");
  put(".quernignore", "secret.md\ntracked.c\n!lib\n");
  for (const char* name :
       {"tracked.c", "lib/tracked.c", "lib/new.c", "a.md", "a.txt", "secret.md", "docs/b.md"}) {
    put(name);
  }
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), (Paths{"a.md", "docs/b.md", "lib/new.c"}));
  ASSERT_NE(skipped(found, "tracked.c"), nullptr);
  EXPECT_EQ(skipped(found, "tracked.c")->rule_file, ".quernignore");
}

TEST_F(TreeWalkTest, ignore_brings_back_one_file_of_a_folder_that_gitignore_hides) {
  put(".gitignore", "secret/\n");
  put(".ignore", "!secret/notes/a.md\n");
  put("secret/notes/a.md");
  put("secret/notes/b.md");
  put("secret/other/c.md");
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), Paths{"secret/notes/a.md"});
  EXPECT_NE(skipped(found, "secret/notes/b.md"), nullptr);
  EXPECT_NE(skipped(found, "secret/other"), nullptr);
}

TEST_F(TreeWalkTest, no_other_ignore_file_is_read) {
  for (const char* name :
       {".dockerignore", ".npmignore", ".rgignore", ".eslintignore", ".hgignore"}) {
    put(name, "*\n");
  }
  put("a.c");
  EXPECT_EQ(walk().files.size(), 6u);
}

TEST_F(TreeWalkTest, rules_beside_a_repository_are_the_weakest) {
  put_repository({});
  put(".git/info/exclude", "*.log\n!c.log\n");
  put(".git/config", "[core]\n\texcludesFile = ~/excludes # mine\n");
  write(home_ + "/excludes", "c.log\n*.tmp\n");
  put(".gitignore", "!a.log\n");
  for (const char* name : {"a.log", "b.log", "c.log", "d.tmp", "e.c"}) put(name);
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), (Paths{"a.log", "c.log", "e.c"}));
  EXPECT_EQ(skipped(found, "b.log")->rule_file,
            std::filesystem::canonical(folder_).string() + "/.git/info/exclude");
  EXPECT_EQ(skipped(found, "d.tmp")->rule_file, home_ + "/excludes");
}

TEST_F(TreeWalkTest, the_users_own_ignore_file_is_found_where_git_looks) {
  put_repository({});
  std::filesystem::create_directories(home_ + "/.config/git");
  write(home_ + "/.config/git/ignore", "*.swp\n");
  put("a.swp");
  put("a.c");
  EXPECT_EQ(paths(walk()), Paths{"a.c"});
  std::filesystem::create_directories(home_ + "/other/git");
  write(home_ + "/other/git/ignore", "*.c\n");
  ::setenv("XDG_CONFIG_HOME", (home_ + "/other").c_str(), 1);
  EXPECT_EQ(paths(walk()), Paths{"a.swp"});
}

TEST_F(TreeWalkTest, case_is_ignored_where_the_repository_says_so) {
  put_repository({});
  put(".gitignore", "Build\n*.Tmp\n");
  put("build/x.c");
  put("a.tmp");
  EXPECT_EQ(paths(walk()), (Paths{"a.tmp", "build/x.c"}));
  put(".git/config", "[Core]\n ignoreCase\n");
  EXPECT_EQ(paths(walk()), Paths{});
}

TEST_F(TreeWalkTest, a_folder_of_a_repository_obeys_the_rules_above_it) {
  put_repository({"sub/deep/tracked.log"});
  put(".gitignore", "*.log\n/sub/deep/gen/\n/gen2/\n");
  put("sub/.gitignore", "*.tmp\n/deep/x.c\n");
  put("sub/.ignore", "*.min.js\n");
  for (const char* name :
       {"tracked.log", "a.log", "a.tmp", "a.min.js", "gen/b.c", "gen2/b.c", "x.c", "y.c"}) {
    put(std::string("sub/deep/") + name);
  }
  const TreeWalk found = walk({}, "sub/deep");
  EXPECT_EQ(paths(found), (Paths{"gen2/b.c", "tracked.log", "y.c"}));
  EXPECT_EQ(skipped(found, "x.c")->rule_file,
            std::filesystem::canonical(folder_).string() + "/sub/.gitignore");
  EXPECT_TRUE(found.notes.empty());
}

TEST_F(TreeWalkTest, a_root_that_is_ignored_itself_is_walked_and_that_is_said) {
  put_repository({});
  put(".gitignore", "build/\n");
  put("build/a.c");
  const TreeWalk found = walk({}, "build");
  EXPECT_EQ(paths(found), Paths{"a.c"});
  ASSERT_EQ(found.notes.size(), 1u);
  EXPECT_NE(found.notes[0].find("is ignored, by line 1 of"), std::string::npos) << found.notes[0];
}

TEST_F(TreeWalkTest, a_submodule_has_its_own_index_and_rules) {
  put_repository({"a.c", "sub@"});
  put(".gitignore", "*.log\n");
  put(".quernignore", "*.big\n");
  put_git_folder(".git/modules/sub", {"tracked.tmp"});
  put("sub/.git", "gitdir: ../.git/modules/sub\n");
  put(".git/modules/sub/info/exclude", "*.tmp\n");
  for (const char* name : {"a.c", "sub/a.log", "sub/a.tmp", "sub/tracked.tmp", "sub/a.big"})
    put(name);
  EXPECT_EQ(paths(walk()), (Paths{"a.c", "sub/a.log", "sub/tracked.tmp"}));
}

TEST_F(TreeWalkTest, a_nested_repository_that_is_not_tracked_is_skipped_and_said) {
  put_repository({"a.c"});
  put_repository({"b.c"}, "nested");
  put("a.c");
  put("nested/b.c");
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), Paths{"a.c"});
  ASSERT_NE(skipped(found, "nested"), nullptr);
  EXPECT_EQ(skipped(found, "nested")->reason, SkipReason::kNestedRepository);
  put(".quernignore", "!nested\n");
  EXPECT_EQ(paths(walk()), (Paths{"a.c", "nested/b.c"}));
}

TEST_F(TreeWalkTest, a_folder_of_repositories_has_all_of_them_each_by_its_own_rules) {
  put_repository({"t.log"}, "one");
  put_repository({}, "two");
  put("one/.gitignore", "*.log\n");
  for (const char* name : {"one/t.log", "one/u.log", "two/u.log"}) put(name);
  EXPECT_EQ(paths(walk()), (Paths{"one/t.log", "two/u.log"}));
}

TEST_F(TreeWalkTest, a_linked_worktree_has_the_main_repositorys_excludes_and_its_own_index) {
  put_repository({}, "main");
  put("main/.git/info/exclude", "*.tmp\n");
  put("main/.git/worktrees/w/HEAD", "ref: refs/heads/w\n");
  put("main/.git/worktrees/w/commondir", "../..\n");
  put("main/.git/worktrees/w/index", index_bytes({"kept.tmp"}));
  put("w/.git", "gitdir: " + path("main/.git/worktrees/w") + "\n");
  put("w/kept.tmp");
  put("w/other.tmp");
  put("w/a.c");
  put("main/a.c");
  EXPECT_EQ(paths(walk({}, "w")), (Paths{"a.c", "kept.tmp"}));
  // From above, its files would be there twice.
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), Paths{"main/a.c"});
  ASSERT_NE(skipped(found, "w"), nullptr);
  EXPECT_EQ(skipped(found, "w")->reason, SkipReason::kNestedRepository);
}

TEST_F(TreeWalkTest, what_tools_put_there_is_skipped_unless_it_is_tracked_or_kept) {
  put_repository({"node_modules/own/t.js", "vendor/v.go"});
  put(".gitignore", "!__pycache__/\n");
  for (const char* name :
       {"node_modules/own/t.js", "node_modules/own/u.js", "node_modules/other/o.js", "vendor/v.go",
        "env/pyvenv.cfg", "env/lib/x.py", "venv/notes.py", ".tox/y.py", "x.egg-info/z.py",
        "__pycache__/a.py", ".hg/store", "src/.svn/entries", "cache/CACHEDIR.TAG"}) {
    put(name);
  }
  put("tagged/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
  put("tagged/x.o");
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), (Paths{"__pycache__/a.py", "cache/CACHEDIR.TAG", "node_modules/own/t.js",
                                 "vendor/v.go", "venv/notes.py"}));
  for (const char* name : {".git", ".hg", "src/.svn", "env", ".tox", "x.egg-info", "tagged",
                           "node_modules/other", "node_modules/own/u.js"}) {
    ASSERT_NE(skipped(found, name), nullptr) << name;
    EXPECT_EQ(skipped(found, name)->reason, SkipReason::kVendoredFolder) << name;
  }
}

TEST_F(TreeWalkTest, without_rules_all_is_in_but_version_control) {
  put_repository({"a.c"});
  put(".gitignore", "*.log\n");
  for (const char* name : {"a.c", "a.log", "node_modules/m.js", "env/pyvenv.cfg"}) put(name);
  EXPECT_EQ(paths(walk({.obey_ignore_rules = false})),
            (Paths{"a.c", "a.log", "env/pyvenv.cfg", "node_modules/m.js"}));
}

TEST_F(TreeWalkTest, globs_of_the_caller_are_stronger_than_everything) {
  put_repository({"a.min.js", "sub/b.c"});
  put(".quernignore", "!*.min.js\n");
  for (const char* name : {"a.min.js", "sub/b.c", "sub/c.c"}) put(name);
  const TreeWalk found = walk({.exclude = {"*.min.js", "/b.c"}}, "sub");
  EXPECT_EQ(paths(found), Paths{"c.c"});  // From the root, which is not the repository's.
  const TreeWalk whole = walk({.exclude = {"*.min.js"}});
  EXPECT_EQ(paths(whole), (Paths{"sub/b.c", "sub/c.c"}));
  EXPECT_EQ(skipped(whole, "a.min.js")->reason, SkipReason::kExcluded);
  EXPECT_EQ(skipped(whole, "a.min.js")->rule, "*.min.js");
}

TEST_F(TreeWalkTest, links_are_never_followed_and_loops_do_no_harm) {
  put("a/b.c");
  put("elsewhere/gitignore", "*\n");
  std::filesystem::create_symlink("..", path("a/up"));
  std::filesystem::create_symlink("/etc", path("out"));
  std::filesystem::create_symlink("a/b.c", path("b.c"));
  std::filesystem::create_symlink("self", path("self"));
  std::filesystem::create_symlink("elsewhere/gitignore", path(".gitignore"));
  put(".ignore", "a/\n");  // A link to a folder is none: `a/` does not match it.
  std::filesystem::create_symlink("elsewhere", path("sub"));
  put("elsewhere/.ignore", "sub/\n");
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), Paths{"elsewhere/gitignore"});
  for (const char* name : {"out", "b.c", "self", "sub", ".gitignore"}) {
    ASSERT_NE(skipped(found, name), nullptr) << name;
    EXPECT_EQ(skipped(found, name)->reason, SkipReason::kLink) << name;
  }
  ASSERT_EQ(found.notes.size(), 1u);
  EXPECT_NE(found.notes[0].find("'.gitignore'"), std::string::npos);
}

TEST_F(TreeWalkTest, pipes_and_sockets_are_said_and_never_opened) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo(path(".gitignore").c_str(), 0600), 0);  // Nobody will ever write to it.
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path("socket").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const TreeWalk found = walk();
  ::close(fd);
  EXPECT_TRUE(found.files.empty());
  EXPECT_EQ(skipped(found, "pipe")->reason, SkipReason::kNotAFile);
  EXPECT_EQ(skipped(found, "socket")->problem, "a socket");
  EXPECT_EQ(found.notes.size(), 1u);
}

TEST_F(TreeWalkTest, large_files_are_said_with_both_numbers) {
  put("small.c", std::string(100, 'x'));
  put("large.c", std::string(101, 'x'));
  const TreeWalk found = walk({.max_file_bytes = 100});
  EXPECT_EQ(paths(found), Paths{"small.c"});
  ASSERT_NE(skipped(found, "large.c"), nullptr);
  EXPECT_EQ(skipped(found, "large.c")->reason, SkipReason::kHuge);
  EXPECT_EQ(skipped(found, "large.c")->problem, "101 bytes, at most 100 are read");
}

TEST_F(TreeWalkTest, a_folder_that_cannot_be_read_is_said_and_the_rest_is_there) {
  put("closed/a.c");
  put("b.c");
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  std::filesystem::permissions(path("closed"), std::filesystem::perms::none);
  // Root may read everything: be nobody meanwhile.
  const bool is_root = ::geteuid() == 0;
  ASSERT_TRUE(!is_root || ::seteuid(65534) == 0);
  const TreeWalk found = walk();
  ASSERT_TRUE(!is_root || ::seteuid(0) == 0);
  std::filesystem::permissions(path("closed"), std::filesystem::perms::all);
  EXPECT_EQ(paths(found), Paths{"b.c"});
  ASSERT_NE(skipped(found, "closed"), nullptr);
  EXPECT_EQ(skipped(found, "closed")->reason, SkipReason::kUnreadable);
  EXPECT_EQ(skipped(found, "closed")->problem, "Permission denied");
}

TEST_F(TreeWalkTest, names_are_any_bytes) {
  const Paths names = {"a\nb.c", "caf\xe9.c", "d\xff/e\\f.c", "tab\t.c", " "};
  for (const std::string& name : names) put(name);
  put(".gitignore", "x\\\\\n[\xff]\n");
  put("\xff");
  Paths expected = names;
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(paths(walk()), expected);
}

TEST_F(TreeWalkTest, a_tree_deeper_than_a_path_may_be_long_is_walked_to_its_end) {
  int fd = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY);
  const std::string name(50, 'd');
  constexpr int kDepth = 200;
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_EQ(::mkdirat(fd, name.c_str(), 0700), 0);
    const int next = ::openat(fd, name.c_str(), O_RDONLY | O_DIRECTORY);
    ::close(fd);
    ASSERT_GE(next, 0);
    fd = next;
  }
  ::close(::openat(fd, "bottom.c", O_CREAT | O_WRONLY, 0600));
  ::close(fd);
  const TreeWalk found = walk();
  ASSERT_EQ(found.files.size(), 1u);
  EXPECT_EQ(found.files[0].path.size(), kDepth * 51 + 8u);
  EXPECT_EQ(found.n_folders, kDepth + 1u);
  EXPECT_EQ(std::system(("rm -rf '" + folder_ + "'").c_str()), 0);
}

TEST_F(TreeWalkTest, a_damaged_index_is_said_and_rules_decide) {
  put_repository({"a.log"});
  put(".gitignore", "*.log\n");
  put("a.log");
  put("a.c");
  const std::string whole = read(path(".git/index"));
  put(".git/index", whole.substr(0, whole.size() / 2));
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), Paths{"a.c"});
  ASSERT_EQ(found.notes.size(), 1u);
  EXPECT_NE(found.notes[0].find("the git index is damaged"), std::string::npos) << found.notes[0];
  put(".git/index", whole);
  put(".git/config", "[core]\nrepositoryformatversion = 1\n[extensions]\nfuture = yes\n");
  const TreeWalk unknown = walk();
  EXPECT_EQ(paths(unknown), Paths{"a.c"});
  EXPECT_NE(unknown.notes.at(0).find("extensions.future"), std::string::npos);
}

TEST_F(TreeWalkTest, what_is_no_folder_is_an_error) {
  put("file");
  EXPECT_EQ(walk_tree(path("nothing"), {}).status().code(), Code::kNotFound);
  EXPECT_EQ(walk_tree(path("file"), {}).status().code(), Code::kBadInput);
}

TEST_F(TreeWalkTest, it_stops_when_told_to) {
  for (int i = 0; i < 100; ++i) put(fmt::format("d{}/a.c", i));
  std::atomic<int> n_asked = 0;
  const auto found = walk_tree(folder_, {}, [&] { return ++n_asked > 10; });
  EXPECT_EQ(found.status().code(), Code::kCancelled);
  EXPECT_LT(n_asked, 20);
}

TEST_F(TreeWalkTest, folders_that_come_and_go_meanwhile_end_nothing) {
  for (int i = 0; i < 60; ++i) put(fmt::format("d{}/e/a.c", i));
  int n_asked = 0;
  const auto found = walk_tree(folder_, {}, [&] {
    std::filesystem::remove_all(path(fmt::format("d{}", n_asked++ % 60)));
    if (n_asked == 20) {
      std::filesystem::remove_all(path("d45"));
      std::filesystem::create_symlink("/", path("d45"));
    }
    return false;
  });
  ASSERT_TRUE(found.ok()) << found.status().message();
  for (const WalkedFile& file : found->files) EXPECT_EQ(file.path[0], 'd');
}

// Random trees of folders, rules and tracked files: what is in is what git lists.
TEST_F(TreeWalkTest, random_work_trees_hold_what_git_lists) {
  if (!has_git()) GTEST_SKIP() << "git is not installed";
  const unsigned seed = std::random_device()();
  std::mt19937 random(seed);
  const auto one_of = [&](const Paths& from) { return from[random() % from.size()]; };
  const Paths names = {"a", "b", "c", "a.o", "b.o", "a b", "A", "d", "a-b", "ab"};
  const Paths rules = {"a",    "/a", "*.o",  "!*.o", "b/",  "!b/",  "/a/*", "!/a/b", "**/c",
                       "a/**", "d",  "!a.o", "*",    "!*/", "/*/c", "[ab]", "a\\ b"};
  int n_files = 0, n_untracked = 0;
  for (int round = 0; round < 12; ++round) {
    const std::string top = fmt::format("r{}", round);
    const auto git = [&](const std::string& arguments) {
      const std::string command =
          fmt::format("cd '{}' && git {} > '{}' 2>/dev/null", path(top), arguments, path("answer"));
      EXPECT_EQ(std::system(command.c_str()), 0) << command;
      return read(path("answer"));
    };
    std::filesystem::create_directories(path(top));
    git("init -q");
    Paths folders = {""};
    for (int i = 0; i < 12; ++i) {
      const std::string folder = one_of(folders) + one_of(names) + "/";
      if (std::filesystem::exists(path(top + "/" + folder.substr(0, folder.size() - 1)))) continue;
      std::filesystem::create_directories(path(top + "/" + folder));
      folders.push_back(folder);
    }
    for (int i = 0; i < 40; ++i) {
      const std::string file = top + "/" + one_of(folders) + one_of(names);
      if (!std::filesystem::exists(path(file))) put(file);
    }
    for (int i = 0; i < 4; ++i) {
      std::string text;
      for (std::size_t n = 1 + random() % 3; n > 0; --n) text += one_of(rules) + "\n";
      put(top + "/" + one_of(folders) + ".gitignore", text);
    }
    if (round % 2 == 0) put(top + "/.git/info/exclude", one_of(rules) + "\n");
    if (round % 3 == 0) git("update-index --index-version 4");
    for (int i = 0; i < 8; ++i) {
      const std::string file = one_of(folders) + one_of(names);
      if (std::filesystem::is_regular_file(path(top + "/" + file))) git("add -f '" + file + "'");
    }
    if (round % 4 == 1) {
      git("update-index --split-index");
      git("add .");
    }
    std::set<std::string> expected;
    const std::string listed = git("ls-files -z -c -o --exclude-standard");
    for (std::size_t begin = 0; begin < listed.size();) {
      const std::size_t end = listed.find('\0', begin);
      expected.insert(listed.substr(begin, end - begin));
      begin = end + 1;
    }
    std::set<std::string> got;
    const TreeWalk found = walk({}, top);
    for (const WalkedFile& file : found.files) got.insert(file.path);
    EXPECT_EQ(got, expected) << "seed " << seed << " round " << round;
    EXPECT_TRUE(found.notes.empty()) << found.notes[0];
    n_files += static_cast<int>(got.size());
    n_untracked += static_cast<int>(found.skipped.size());
  }
  EXPECT_GT(n_files, 50);
  EXPECT_GT(n_untracked, 20);
}

}  // namespace quern::apps
