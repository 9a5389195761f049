// Trees for tests: files, folders, and repositories without git.

#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "apps/code/tree_walk.h"
#include "base/test_folder.h"

namespace quern::apps {

inline void append_big_endian(std::string& out, std::uint64_t value, int n_bytes) {
  for (int i = n_bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

/// An index of version 2. Paths in order; one that ends in '@' is a submodule.
inline std::string index_bytes(const std::vector<std::string>& paths,
                               const std::string& extensions = "") {
  std::string out = "DIRC";
  append_big_endian(out, 2, 4);
  append_big_endian(out, paths.size(), 4);
  for (std::string path : paths) {
    const bool is_submodule = !path.empty() && path.back() == '@';
    if (is_submodule) path.pop_back();
    std::string entry(24, '\0');
    append_big_endian(entry, is_submodule ? 0160000 : 0100644, 4);
    entry += std::string(12 + 20, '\0');
    append_big_endian(entry, path.size(), 2);
    entry += path;
    entry += std::string(8 - entry.size() % 8, '\0');
    out += entry;
  }
  return out + extensions + std::string(20, '\0');
}

/// No settings of the machine or its user reach the walk.
class TreeTest : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    home_ = folder_ + "-home";
    std::filesystem::create_directories(home_);
    ::setenv("HOME", home_.c_str(), 1);
    ::unsetenv("XDG_CONFIG_HOME");
    ::unsetenv("GIT_CONFIG_GLOBAL");
    ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
  }
  void TearDown() override {
    std::filesystem::remove_all(home_);
    FolderTest::TearDown();
  }

  /// Makes the folders that lead to it, too.
  void put(const std::string& name, const std::string& bytes = "text\n") {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    write(path(name), bytes);
  }

  /// A git folder of a repository that tracks these paths.
  void put_git_folder(const std::string& name, const std::vector<std::string>& tracked) {
    std::filesystem::create_directories(path(name + "/objects"));
    std::filesystem::create_directories(path(name + "/refs"));
    put(name + "/HEAD", "ref: refs/heads/main\n");
    put(name + "/index", index_bytes(tracked));
  }
  void put_repository(const std::vector<std::string>& tracked, const std::string& top = "") {
    put_git_folder(top.empty() ? ".git" : top + "/.git", tracked);
  }

  TreeWalk walk(const WalkOptions& options = {}, const std::string& root = "") {
    auto found = walk_tree(root.empty() ? folder_ : path(root), options);
    EXPECT_TRUE(found.ok()) << found.status().message();
    return found.ok() ? std::move(*found) : TreeWalk{};
  }

  /// The paths of files; those of ignore files are left out.
  static std::vector<std::string> paths(const TreeWalk& walk) {
    std::vector<std::string> out;
    for (const WalkedFile& file : walk.files) {
      const std::string name = file.path.substr(file.path.rfind('/') + 1);
      if (name != ".gitignore" && name != ".ignore" && name != ".quernignore") {
        out.push_back(file.path);
      }
    }
    return out;
  }

  static const SkippedPath* skipped(const TreeWalk& walk, const std::string& path) {
    for (const SkippedPath& one : walk.skipped) {
      if (one.path == path) return &one;
    }
    return nullptr;
  }

  std::string home_;
};

using Paths = std::vector<std::string>;

}  // namespace quern::apps
