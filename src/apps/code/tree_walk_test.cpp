#include "apps/code/tree_walk.h"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace quern::apps {
namespace {

class TreeWalkTest : public FolderTest {
 protected:
  // Makes the folders that lead to it, too.
  void put(const std::string& name, const std::string& bytes = "text\n") {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    write(path(name), bytes);
  }
  TreeWalk walk(const WalkOptions& options = {}) {
    auto found = walk_tree(folder_, options);
    EXPECT_TRUE(found.ok()) << found.status().message();
    return found.ok() ? std::move(*found) : TreeWalk{};
  }
  static std::vector<std::string> paths(const TreeWalk& walk) {
    std::vector<std::string> out;
    for (const WalkedFile& file : walk.files) out.push_back(file.path);
    return out;
  }
};

using Paths = std::vector<std::string>;

}  // namespace

TEST_F(TreeWalkTest, files_of_nested_folders_come_by_path_with_what_identifies_them) {
  put("b.c", "int b;\n");
  put("a/z.c");
  put("a/b/c/d.c");
  put("a-b.c");
  const TreeWalk found = walk();
  EXPECT_EQ(paths(found), (Paths{"a-b.c", "a/b/c/d.c", "a/z.c", "b.c"}));
  EXPECT_EQ(found.files[3].n_bytes, 7u);
  EXPECT_NE(found.files[3].inode, 0u);
  EXPECT_GT(found.files[3].mtime_ns, 1'000'000'000);
  EXPECT_GT(found.files[3].ctime_ns, 1'000'000'000);
  EXPECT_EQ(found.n_folders, 4u);
}

}  // namespace quern::apps
