#include "apps/code/git_index.h"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "apps/code/test_tree.h"

namespace quern::apps {
namespace {

// Written by git 2.39.5: the six files of one tree, each in another form.
std::string fixture(const std::string& name) {
  std::ifstream in(QUERN_SOURCE_DIR "/tests/data/git_index/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Result<std::string> read_fixture(const std::string& name) {
  std::string bytes = fixture(name);
  if (bytes.empty()) return Status{Code::kNotFound, name};
  return bytes;
}

Result<std::string> nothing_beside(const std::string& name) {
  return Status{Code::kNotFound, name};
}

Paths paths_of(const GitIndex& index) {
  Paths out;
  for (std::size_t i = 0; i < index.n_paths(); ++i) out.emplace_back(index.path(i));
  return out;
}

const Paths kTree = {"a.c", "docs/é.md", "lib-b.c", "lib/a.c", "lib/b.c", "lib/deep/x.c"};

}  // namespace

TEST(git_index, every_version_and_hash_has_the_same_paths) {
  for (const char* name : {"version_2", "version_4"}) {
    auto index = GitIndex::from_bytes(fixture(name), 20, nothing_beside);
    ASSERT_TRUE(index.ok()) << name << ": " << index.status().message();
    EXPECT_EQ(paths_of(*index), kTree) << name;
  }
  auto sha256 = GitIndex::from_bytes(fixture("sha256"), 32, nothing_beside);
  ASSERT_TRUE(sha256.ok()) << sha256.status().message();
  EXPECT_EQ(paths_of(*sha256), kTree);
  // One was added with the intent to add it: that has longer flags.
  auto extended = GitIndex::from_bytes(fixture("version_3"), 20, nothing_beside);
  ASSERT_TRUE(extended.ok()) << extended.status().message();
  Paths with_new = kTree;
  with_new.push_back("new.c");
  EXPECT_EQ(paths_of(*extended), with_new);
}

TEST(git_index, a_split_index_is_read_with_its_base) {
  auto index = GitIndex::from_bytes(fixture("split"), 20, read_fixture);
  ASSERT_TRUE(index.ok()) << index.status().message();
  EXPECT_EQ(paths_of(*index),
            (Paths{"a.c", "docs/é.md", "lib-b.c", "lib/a.c", "lib/deep/x.c", "new.c"}));
  EXPECT_EQ(GitIndex::from_bytes(fixture("split"), 20, nothing_beside).status().code(),
            Code::kNotFound);
}

TEST(git_index, folders_that_are_not_checked_out_are_left_out) {
  auto index = GitIndex::from_bytes(fixture("sparse"), 20, nothing_beside);
  ASSERT_TRUE(index.ok()) << index.status().message();
  EXPECT_EQ(paths_of(*index), (Paths{"a.c", "docs/é.md", "lib-b.c"}));
}

TEST(git_index, submodules_are_known_and_sides_of_a_conflict_are_one_path) {
  auto index =
      GitIndex::from_bytes(index_bytes({"a", "b", "b", "b", "sub@", "z"}), 20, nothing_beside);
  ASSERT_TRUE(index.ok()) << index.status().message();
  EXPECT_EQ(paths_of(*index), (Paths{"a", "b", "sub", "z"}));
  EXPECT_TRUE(index->is_submodule(2));
  EXPECT_FALSE(index->is_submodule(1));
}

TEST(git_index, folders_are_found_by_their_ends) {
  Paths paths;
  for (char c = 'a'; c < 'z'; ++c) {
    for (int i = 10; i < 10 + c - 'a'; ++i)
      paths.push_back(std::string(1, c) + "/" + std::to_string(i));
  }
  auto index = GitIndex::from_bytes(index_bytes(paths), 20, nothing_beside);
  ASSERT_TRUE(index.ok());
  std::size_t first = 0;
  for (char c = 'b'; c < 'z'; ++c) {
    const std::string folder = std::string(1, c) + "/";
    EXPECT_EQ(index->first_from(folder), first);
    const std::size_t end = index->end_of_folder(folder, first, index->n_paths());
    EXPECT_EQ(end - first, static_cast<std::size_t>(c - 'a')) << c;
    first = end;
  }
  EXPECT_EQ(index->end_of_folder("y/", first, index->n_paths()), first);
}

TEST(git_index, what_is_none_says_why) {
  const auto message = [](const std::string& bytes) {
    return GitIndex::from_bytes(bytes, 20, nothing_beside).status().message();
  };
  EXPECT_NE(message("").find("does not begin as one"), std::string::npos);
  std::string version_9 = index_bytes({"a"});
  version_9[7] = 9;
  EXPECT_NE(message(version_9).find("version 9"), std::string::npos);
  EXPECT_NE(message(index_bytes({"b", "a"})).find("not in order"), std::string::npos);
  std::string many = index_bytes({"a"});
  many[8] = 0x7F;
  EXPECT_NE(message(many).find("too short for its entries"), std::string::npos);
  std::string extension = "abcd";
  append_big_endian(extension, 0, 4);
  EXPECT_NE(message(index_bytes({"a"}, extension)).find("extension 'abcd'"), std::string::npos);
  std::string optional = "ABCD";
  append_big_endian(optional, 0, 4);
  EXPECT_EQ(message(index_bytes({"a"}, optional)), "");
}

TEST(git_index, every_truncation_is_an_error_or_ends_before_an_extension) {
  for (const char* name : {"version_2", "version_3", "version_4", "split", "sparse"}) {
    const std::string whole = fixture(name);
    int n_errors = 0;
    for (std::size_t n = 0; n < whole.size(); ++n) {
      n_errors += GitIndex::from_bytes(whole.substr(0, n), 20, read_fixture).ok() ? 0 : 1;
    }
    // What is cut by a checksum's length where an extension begins looks whole.
    EXPECT_GE(n_errors + 2, static_cast<int>(whole.size())) << name;
  }
}

}  // namespace quern::apps
