#include "base/mapped_file.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace quern {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class mapped_file : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "quern_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::size_t n_files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  std::string folder_;
};

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

}  // namespace

TEST_F(mapped_file, maps_the_bytes_of_a_file) {
  const std::string content = std::string("hello\0quern", 11);
  Result<MappedFile> file = MappedFile::open(write("a", content));
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(text_of(*file), content);
  EXPECT_EQ(file->path(), path("a"));
  file->drop_pages();
  EXPECT_EQ(text_of(*file), content);
}

TEST_F(mapped_file, parts_stay_readable_whatever_is_said_of_them) {
  const std::string content = std::string(10'000, 'a') + std::string(10'000, 'b');
  const Result<MappedFile> file = MappedFile::open(write("a", content));
  ASSERT_TRUE(file.ok()) << file.status().message();
  const std::span<const std::byte> all = file->bytes();
  for (const auto& part : {all.first(1), all.subspan(4095, 2), all.subspan(5000, 12'000),
                           all.last(1), all.first(0), all}) {
    file->drop_pages(part);
    file->read_pages(part);
    EXPECT_EQ(text_of(*file), content);
  }
}

TEST_F(mapped_file, moves_leave_one_owner) {
  Result<MappedFile> a = MappedFile::open(write("a", "first"));
  Result<MappedFile> b = MappedFile::open(write("b", "second"));
  ASSERT_TRUE(a.ok() && b.ok());
  MappedFile moved = std::move(*a);
  EXPECT_EQ(text_of(moved), "first");
  moved = std::move(*b);
  EXPECT_EQ(text_of(moved), "second");
}

TEST_F(mapped_file, an_empty_file_maps_to_no_bytes) {
  const Result<MappedFile> file = MappedFile::open(write("empty", ""));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->bytes().empty());
  file->drop_pages();
}

TEST_F(mapped_file, says_what_is_missing_or_not_a_file) {
  const Status missing = MappedFile::open(path("nothing")).status();
  EXPECT_EQ(missing.code(), Code::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("nothing': No such file or directory"));

  EXPECT_EQ(MappedFile::open(write("a", "x") + "/below").status().code(), Code::kNotFound);

  const Status folder = MappedFile::open(folder_).status();
  EXPECT_EQ(folder.code(), Code::kBadInput);
  EXPECT_THAT(folder.message(), HasSubstr("is not a file"));
}

TEST_F(mapped_file, a_pipe_is_refused_at_once_rather_than_waited_for) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(MappedFile::open(path("pipe")).status().code(), Code::kBadInput);
}

TEST_F(mapped_file, read_file_returns_all_of_it_up_to_the_limit) {
  const std::string large(200000, 'q');
  const std::string at = write("large", large);
  Result<std::string> whole = read_file(at, large.size());
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(*whole, large);

  const Status over = read_file(at, large.size() - 1).status();
  EXPECT_EQ(over.code(), Code::kBadInput);
  EXPECT_THAT(over.message(), HasSubstr("larger than 199999 bytes"));

  Result<std::string> empty = read_file(write("empty", ""), 0);
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->empty());
}

TEST_F(mapped_file, read_file_says_what_is_wrong) {
  EXPECT_EQ(read_file(path("nothing"), 10).status().code(), Code::kNotFound);
  const Status folder = read_file(folder_, 10).status();
  EXPECT_EQ(folder.code(), Code::kIo);
  EXPECT_THAT(folder.message(), HasSubstr("Is a directory"));
}

TEST_F(mapped_file, write_replaces_whole_and_leaves_nothing_beside) {
  ASSERT_TRUE(write_file_atomically(path("out"), "first").ok());
  EXPECT_EQ(*read_file(path("out"), 100), "first");
  ASSERT_TRUE(write_file_atomically(path("out"), std::string("second\0!", 8)).ok());
  EXPECT_EQ(*read_file(path("out"), 100), std::string("second\0!", 8));
  ASSERT_TRUE(write_file_atomically(path("out"), "").ok());
  EXPECT_EQ(*read_file(path("out"), 100), "");
  EXPECT_EQ(n_files(), 1u);
}

TEST_F(mapped_file, parts_are_written_one_after_another) {
  ASSERT_TRUE(write_file_atomically(path("out"), {"one, ", "", "two"}).ok());
  EXPECT_EQ(*read_file(path("out"), 100), "one, two");
}

TEST_F(mapped_file, a_changed_file_has_another_identity) {
  const Result<MappedFile> a = MappedFile::open(write("a", "text"));
  const Result<MappedFile> again = MappedFile::open(path("a"));
  ASSERT_TRUE(a.ok() && again.ok());
  EXPECT_EQ(a->identity(), again->identity());
  EXPECT_EQ(a->identity().n_bytes, 4u);
  ASSERT_TRUE(write_file_atomically(path("a"), "txet").ok());
  const Result<MappedFile> changed = MappedFile::open(path("a"));
  ASSERT_TRUE(changed.ok());
  EXPECT_NE(changed->identity(), a->identity());
}

TEST_F(mapped_file, a_reader_keeps_the_old_bytes_over_a_replace) {
  const Result<MappedFile> old = MappedFile::open(write("out", "old"));
  ASSERT_TRUE(old.ok());
  ASSERT_TRUE(write_file_atomically(path("out"), "new").ok());
  EXPECT_EQ(text_of(*old), "old");
}

TEST_F(mapped_file, a_failed_write_says_why_and_cleans_up) {
  const Status no_folder = write_file_atomically(path("no/such/folder"), "x");
  EXPECT_FALSE(no_folder.ok());
  EXPECT_THAT(no_folder.message(), HasSubstr("cannot write"));

  fs::create_directory(path("taken"));  // A file cannot be renamed over a folder.
  const Status taken = write_file_atomically(path("taken"), "x");
  EXPECT_EQ(taken.code(), Code::kIo);
  EXPECT_EQ(n_files(), 1u);

  // Even root cannot create files in /proc.
  EXPECT_FALSE(write_file_atomically("/proc/quern_test", "x").ok());
}

}  // namespace quern
