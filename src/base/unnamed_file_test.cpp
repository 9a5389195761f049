#include "base/unnamed_file.h"

#include <csignal>
#include <filesystem>
#include <utility>

#include <sys/resource.h>

#include "base/test_folder.h"

namespace quern {
namespace {

class unnamed_file : public FolderTest {
 protected:
  static std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
  }
  static std::string read(const UnnamedFile& file, std::uint64_t offset, std::size_t n) {
    std::string out(n, '\0');
    const Status status = file.read(offset, std::as_writable_bytes(std::span(out)));
    return status.ok() ? out : status.message();
  }
};

}  // namespace

TEST_F(unnamed_file, gives_back_what_is_on_the_disk_and_what_waits_for_it) {
  Result<UnnamedFile> file = UnnamedFile::create(folder_);
  ASSERT_TRUE(file.ok()) << file.status().message();
  std::string all;
  for (int i = 0; i < 300'000; ++i) {
    const std::string part = std::to_string(i) + ",";
    ASSERT_TRUE(file->append(bytes_of(part)).ok());
    all += part;
  }
  EXPECT_EQ(file->n_bytes(), all.size());
  EXPECT_EQ(read(*file, 0, all.size()), all);
  const std::size_t edge = std::size_t{1} << 20;  // About where the first part went to the disk.
  EXPECT_EQ(read(*file, edge - 50, 100), all.substr(edge - 50, 100));

  for (const std::size_t at : {std::size_t{10}, edge - 2, edge, all.size() - 5}) {
    ASSERT_TRUE(file->write(at, bytes_of("abcde")).ok());
    all.replace(at, 5, "abcde");
  }
  const UnnamedFile moved = std::move(*file);
  EXPECT_EQ(read(moved, 0, all.size()), all);
}

TEST_F(unnamed_file, is_seen_by_nobody) {
  const Result<UnnamedFile> file = UnnamedFile::create(folder_);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(unnamed_file, what_is_not_there_is_neither_read_nor_written) {
  Result<UnnamedFile> file = UnnamedFile::create(folder_);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->append(bytes_of("1234")).ok());
  std::byte two[2];
  EXPECT_EQ(file->read(3, two).code(), Code::kBadInput);
  EXPECT_EQ(file->read(~std::uint64_t{0}, two).code(), Code::kBadInput);
  EXPECT_EQ(file->write(3, two).code(), Code::kBadInput);
  EXPECT_EQ(read(*file, 2, 2), "34");
  EXPECT_EQ(UnnamedFile::create(path("nowhere")).status().code(), Code::kNotFound);
}

TEST_F(unnamed_file, a_full_disk_is_an_error) {
  Result<UnnamedFile> file = UnnamedFile::create(folder_);
  ASSERT_TRUE(file.ok());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {.rlim_cur = 1000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = file->append(bytes_of(std::string(2 << 20, 'x')));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(status.code(), Code::kIo);
  EXPECT_NE(status.message().find(folder_), std::string::npos) << status.message();
}

}  // namespace quern
