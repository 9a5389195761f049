#include "base/part_file.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

namespace quern {
namespace {

namespace fs = std::filesystem;

class part_file : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "quern-part-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  int n_files() const {
    return static_cast<int>(std::distance(fs::directory_iterator(folder_), {}));
  }

  std::string folder_;
};

}  // namespace

TEST_F(part_file, two_writers_of_one_path_do_not_meet_and_the_last_wins_whole) {
  Result<PartFile> a = PartFile::create(path("out"), 0644);
  Result<PartFile> b = PartFile::create(path("out"), 0644);
  ASSERT_TRUE(a.ok() && b.ok());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(a->write("aaaa").ok());
    ASSERT_TRUE(b->write("b").ok());
  }
  ASSERT_TRUE(a->publish().ok());
  EXPECT_EQ(read("out").size(), 400u);
  ASSERT_TRUE(b->publish().ok());
  EXPECT_EQ(read("out"), std::string(100, 'b'));
  EXPECT_EQ(n_files(), 1);
}

TEST_F(part_file, files_of_others_are_not_touched) {
  // The names that this process would take next, left by a killed one with its id.
  for (int i = 0; i < 50; ++i) {
    const std::string name =
        "out." + std::to_string(::getpid()) + "-" + std::to_string(i) + ".part";
    std::ofstream(path(name)) << "theirs";
  }
  std::ofstream(path("out.part")) << "theirs";
  Result<PartFile> file = PartFile::create(path("out"), 0644);
  ASSERT_TRUE(file.ok()) << file.status().message();
  ASSERT_TRUE(file->write("ours").ok());
  ASSERT_TRUE(file->publish().ok());
  EXPECT_EQ(read("out"), "ours");
  EXPECT_EQ(read("out.part"), "theirs");
  EXPECT_EQ(n_files(), 52);
}

TEST_F(part_file, the_longest_name_a_file_may_have) {
  const std::string name(255, 'n');
  Result<PartFile> file = PartFile::create(path(name), 0644);
  ASSERT_TRUE(file.ok()) << file.status().message();
  ASSERT_TRUE(file->publish().ok());
  EXPECT_TRUE(fs::exists(path(name)));
}

TEST_F(part_file, unpublished_ones_go_with_their_owner_or_by_a_signal) {
  {
    const Result<PartFile> file = PartFile::create(path("out"), 0644);
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(n_files(), 1);
  }
  EXPECT_EQ(n_files(), 0);
  const Result<PartFile> file = PartFile::create(path("out"), 0644);
  ASSERT_TRUE(file.ok());
  remove_part_files();
  EXPECT_EQ(n_files(), 0);
}

TEST_F(part_file, published_ones_stay) {
  Result<PartFile> file = PartFile::create(path("out"), 0644);
  ASSERT_TRUE(file.ok() && file->publish().ok());
  remove_part_files();
  EXPECT_EQ(n_files(), 1);
}

TEST_F(part_file, the_front_can_be_written_last) {
  Result<PartFile> file = PartFile::create(path("out"), 0644);
  ASSERT_TRUE(file.ok() && file->write("....").ok() && file->write("body").ok());
  ASSERT_TRUE(file->write_front("head").ok());
  ASSERT_TRUE(file->write("!").ok() && file->publish().ok());
  EXPECT_EQ(read("out"), "headbody!");
}

TEST_F(part_file, a_file_size_limit_is_an_error_with_its_reason) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  Result<PartFile> file = PartFile::create(path("out"), 0644);
  const Status status = file.ok() ? file->write(std::string(5000, 'x')) : file.status();
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(status.code(), Code::kIo);
  EXPECT_EQ(status.message(), "cannot write '" + path("out") + "': File too large");
}

TEST_F(part_file, a_resumed_part_goes_on_where_it_is_cut) {
  {
    Result<PartFile> first = PartFile::resume(path("out"), path("out.part"), 0644);
    ASSERT_TRUE(first.ok() && first->cut(0).ok() && first->write("kept lost").ok());
    first->keep();
    remove_part_files();
  }
  Result<PartFile> second = PartFile::resume(path("out"), path("out.part"), 0644);
  ASSERT_TRUE(second.ok() && second->cut(4).ok() && second->write(" more").ok());
  ASSERT_TRUE(second->publish().ok());
  EXPECT_EQ(read("out"), "kept more");
  EXPECT_EQ(n_files(), 1);
}

TEST_F(part_file, a_part_that_is_not_kept_goes_and_is_for_one_run_alone) {
  {
    const Result<PartFile> first = PartFile::resume(path("out"), path("out.part"), 0644);
    ASSERT_TRUE(first.ok());
    const Result<PartFile> other = PartFile::resume(path("out"), path("out.part"), 0644);
    EXPECT_EQ(other.status().code(), Code::kUnavailable);
    EXPECT_EQ(n_files(), 1);
  }
  EXPECT_EQ(n_files(), 0);
}

}  // namespace quern
