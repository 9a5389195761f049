#include "base/file_identity.h"

#include <filesystem>
#include <fstream>

#include "base/test_folder.h"

namespace quern {
namespace {

class file_identity_of_paths : public FolderTest {};

}  // namespace

TEST_F(file_identity_of_paths, is_that_of_an_open_file_and_another_after_a_rename) {
  std::ofstream(path("a")) << "one";
  std::ofstream(path("b")) << "one";
  const auto first = file_identity(path("a"));
  ASSERT_TRUE(first.ok()) << first.status().message();
  EXPECT_EQ(*first, MappedFile::open(path("a"))->identity());
  EXPECT_EQ(*first, *file_identity(path("a")));
  std::filesystem::rename(path("b"), path("a"));
  EXPECT_NE(file_identity(path("a"))->inode, first->inode);
  EXPECT_TRUE(file_identity(folder_).ok());
  EXPECT_EQ(file_identity(path("b")).status().code(), Code::kNotFound);
  EXPECT_EQ(file_identity(path("a/b")).status().code(), Code::kNotFound);
}

}  // namespace quern
