#include "hub/pull/partial_file.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "formats/test_folder.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;

TEST(partial_file, remembers_whole_pieces_across_openings) {
  const formats::TestFolder folder;
  const std::string path = folder.path("a/b");
  {
    Result<PartialFile> file = PartialFile::open(path, 25, 10, "d1");
    ASSERT_TRUE(file.ok()) << file.status().message();
    ASSERT_EQ(file->n_pieces(), 3u);
    EXPECT_EQ(file->piece_end(2), 25u);
    EXPECT_EQ(file->n_missing_bytes(), 25u);
    ASSERT_TRUE(file->write(20, "vwxyz").ok());
    ASSERT_TRUE(file->mark_whole(2).ok());
    ASSERT_TRUE(file->write(0, "half").ok());  // Never marked.
  }
  Result<PartialFile> file = PartialFile::open(path, 25, 10, "d1");
  EXPECT_TRUE(file->is_whole(2));
  EXPECT_FALSE(file->is_whole(0));
  EXPECT_EQ(file->n_missing_bytes(), 20u);
  ASSERT_TRUE(file->write(0, std::string(20, '.')).ok());
  ASSERT_TRUE(file->mark_whole(0).ok());
  ASSERT_TRUE(file->mark_whole(1).ok());
  ASSERT_TRUE(file->publish(folder.path("c/d")).ok());
  EXPECT_EQ(formats::slurp(folder.path("c/d")), std::string(20, '.') + "vwxyz");
  EXPECT_TRUE(fs::is_empty(folder.path("a")));
}

TEST(partial_file, another_file_or_a_damaged_record_begins_anew) {
  const formats::TestFolder folder;
  const std::string path = folder.path("f");
  const auto fill = [&] {
    Result<PartialFile> file = PartialFile::open(path, 25, 10, "d1");
    ASSERT_TRUE(file.ok());
    for (std::size_t i = 0; i < 3; ++i) ASSERT_TRUE(file->mark_whole(i).ok());
  };
  fill();
  EXPECT_EQ(PartialFile::open(path, 25, 10, "d1")->n_missing_bytes(), 0u);
  EXPECT_EQ(PartialFile::open(path, 25, 10, "d2")->n_missing_bytes(), 25u);
  fill();
  EXPECT_EQ(PartialFile::open(path, 26, 10, "d1")->n_missing_bytes(), 26u);
  fill();
  EXPECT_EQ(PartialFile::open(path, 25, 5, "d1")->n_missing_bytes(), 25u);
  fill();
  fs::resize_file(path, 24);
  EXPECT_EQ(PartialFile::open(path, 25, 10, "d1")->n_missing_bytes(), 25u);
  fill();
  folder.write("f.pieces", "quern pieces 1 25 10 d1\n11");
  EXPECT_EQ(PartialFile::open(path, 25, 10, "d1")->n_missing_bytes(), 25u);
}

TEST(partial_file, an_empty_file_is_whole_at_once) {
  const formats::TestFolder folder;
  Result<PartialFile> file = PartialFile::open(folder.path("f"), 0, 10, "");
  EXPECT_EQ(file->n_missing_bytes(), 0u);
  ASSERT_TRUE(file->publish(folder.path("g")).ok());
  EXPECT_EQ(formats::slurp(folder.path("g")), "");
}

}  // namespace
}  // namespace quern::hub
