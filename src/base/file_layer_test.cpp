#include "base/file_layer.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/input_file.h"

namespace quern {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

class file_layer : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "quern-layer-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string folder_;
  FileLayer& files_ = real_files();
};

}  // namespace

TEST_F(file_layer, a_file_is_written_synced_and_renamed) {
  {
    auto file = files_.create(path("tmp-1"));
    ASSERT_TRUE(file.ok()) << file.status().message();
    ASSERT_TRUE(files_.append(*file, bytes_of("front ")).ok());
    ASSERT_TRUE(files_.append(*file, bytes_of("back")).ok());
    EXPECT_EQ(file->n_bytes(), 10u);
    ASSERT_TRUE(files_.sync(*file).ok());
  }
  ASSERT_TRUE(files_.rename(path("tmp-1"), path("1")).ok());
  ASSERT_TRUE(files_.sync_folder(folder_).ok());
  EXPECT_EQ(read("1"), "front back");
  EXPECT_THAT(*list_folder(folder_), ElementsAre("1"));
  ASSERT_TRUE(files_.remove(path("1")).ok());
  EXPECT_THAT(*list_folder(folder_), ElementsAre());
}

TEST_F(file_layer, what_is_there_is_not_written_over) {
  std::ofstream(path("there")) << "theirs";
  EXPECT_EQ(files_.create(path("there")).status().code(), Code::kUnavailable);
  EXPECT_EQ(files_.make_folder(path("there")).code(), Code::kUnavailable);
  EXPECT_EQ(read("there"), "theirs");
}

TEST_F(file_layer, what_is_not_there_is_named) {
  EXPECT_EQ(files_.create(path("no/file")).status().code(), Code::kNotFound);
  EXPECT_EQ(files_.remove(path("no")).code(), Code::kNotFound);
  EXPECT_EQ(files_.rename(path("no"), path("other")).code(), Code::kNotFound);
  EXPECT_EQ(files_.sync_folder(path("no")).code(), Code::kNotFound);
  EXPECT_EQ(list_folder(path("no")).status().code(), Code::kNotFound);
  EXPECT_EQ(free_disk_bytes(path("no")).status().code(), Code::kNotFound);
  EXPECT_THAT(files_.remove(path("no")).message(), HasSubstr(path("no")));
}

TEST_F(file_layer, a_write_that_failed_is_final) {
  std::signal(SIGXFSZ, SIG_IGN);
  auto file = files_.create(path("big"));
  ASSERT_TRUE(file.ok());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status full = files_.append(*file, bytes_of(std::string(5000, 'x')));
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(full.code(), Code::kIo);
  EXPECT_THAT(full.message(), HasSubstr("File too large"));
  EXPECT_EQ(files_.append(*file, bytes_of("x")).code(), Code::kIo);
  EXPECT_EQ(files_.sync(*file).code(), Code::kIo);
}

TEST_F(file_layer, free_space_is_known) {
  const auto n = free_disk_bytes(folder_);
  ASSERT_TRUE(n.ok());
  EXPECT_GT(*n, 0u);
}

TEST_F(file_layer, an_input_file_reads_where_it_is_asked_to) {
  std::ofstream(path("in")) << "0123456789";
  const auto file = InputFile::open(path("in"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->n_bytes(), 10u);
  std::vector<std::byte> out(3);
  ASSERT_TRUE(file->read(4, out).ok());
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(out.data()), 3), "456");
  EXPECT_TRUE(file->read(10, std::span<std::byte>()).ok());
  EXPECT_EQ(file->read(8, out).code(), Code::kBadInput);
  EXPECT_EQ(file->read(~std::uint64_t{0}, out).code(), Code::kBadInput);
  fs::resize_file(path("in"), 5);
  EXPECT_EQ(file->read(4, out).code(), Code::kBadInput);
  EXPECT_EQ(InputFile::open(path("none")).status().code(), Code::kNotFound);
  EXPECT_EQ(InputFile::open(folder_).status().code(), Code::kBadInput);
}

}  // namespace quern
